#!/usr/bin/env python3
"""Runs a stage of `diptych curate` over many inputs on a Ray cluster.

    diptych_ray.py [options] --each DIR STAGE INPUT... [-- OPTIONS OF THE STAGE]

A task is one input: `diptych curate STAGE INPUT --each DIR`. What is in DIR is not done again, so that a driver that was
killed goes on when it is started again. Tasks whose machine, worker or program is killed, or that cannot read or write,
are tried again on whichever node has room. README.md says the rest.
"""

import argparse
import ctypes
import json
import os
import signal
import subprocess
import sys
import time

import ray

# The option that names an input; None: it stands by itself.
STAGES = {
    "extract": None,
    "match": "--texts",
    "balance": "--matches",
    "fingerprint": None,
    "dedup": None,
    "score": None,
}
# Workers need not have this file.
if __name__ != "__main__":
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])

DONE = (0, 1)  # 1: records were dropped, which the report counts
MAY_PASS = (4, 5)  # cannot read or write; out of memory
LAUNCHERS = ("RANK", "WORLD_SIZE", "SLURM_", "OMPI_COMM_WORLD_", "PMI_")
FILES_A_MERGE = 32
_PR_SET_PDEATHSIG = 1


class Passing(Exception):
    """What may pass: the task is tried again."""


def environment(place=None, count=None):
    """Returns this process's environment without the ranks of other launchers, with this one's where it is given."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(LAUNCHERS)}
    if count is not None:
        variables.update(RANK=str(place), WORLD_SIZE=str(count))
    return variables


def die_with_worker():
    """Has the program killed when its worker is: two programs would do the task that is tried again."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def command_of(stage, inputs, folder, options, program, threads):
    """Returns the command line of a task."""
    named = STAGES[stage]
    arguments = [part for name in inputs for part in ([named, name] if named else [name])]
    return [program, "curate", stage, *arguments, "--each", folder, *options, "--json", "--threads", str(threads)]


def run_command(command, variables):
    """Returns (exit status, report or None, messages). Raises Passing for what may pass."""
    ran = subprocess.run(command, env=variables, preexec_fn=die_with_worker, stdin=subprocess.DEVNULL,
                         capture_output=True, text=True, errors="replace")
    if ran.returncode < 0 or ran.returncode in MAY_PASS:
        raise Passing(f"exit status {ran.returncode}: {ran.stderr.strip()}")
    # Nothing is printed for an input that was done before.
    report = json.loads(ran.stdout) if ran.returncode in DONE and ran.stdout.strip() else None
    return ran.returncode, report, ran.stderr.strip()


def sum_of(first, second):
    """Returns the sum of two reports: records read, written, left out and dropped, in every part of a report."""
    if isinstance(first, dict) and isinstance(second, dict):
        return {key: sum_of(first[key], second[key]) if key in first and key in second else first.get(key, second.get(key))
                for key in {**first, **second}}
    return first + second


def counts_in(report):
    """Returns what of a report can be added up."""
    kept = {}
    for key, value in report.items():
        if key in ("read", "written", "left_out", "dropped"):
            kept[key] = value
        elif isinstance(value, dict) and counts_in(value):
            kept[key] = counts_in(value)
    return kept


def added(first, second):
    """Returns the sum of counts: of lists, or of objects of lists by language."""
    if isinstance(first, dict):
        if set(first) != set(second):
            raise ValueError("counts: got those of different languages, expected the same lists of queries")
        return {language: added(first[language], second[language]) for language in first}
    if len(first) != len(second):
        raise ValueError(f"counts: got {len(first)} and {len(second)} queries, expected the same list")
    return [a + b for a, b in zip(first, second)]


def merged(parts):
    """Returns the sum of counts, or of files of counts."""
    total = None
    for part in parts:
        if isinstance(part, str):
            with open(part, encoding="utf-8") as file:
                part = json.load(file)
        total = part if total is None else added(total, part)
    return total


def merge_counts(files, out, retries=3):
    """Adds up the counts of all inputs of `match`, in a tree of tasks, into the file `out`, which appears whole."""
    remote = ray.remote(max_retries=retries)(lambda *parts: merged(parts))
    parts = list(files)
    while len(parts) > 1 or isinstance(parts[0], str):
        parts = [remote.remote(*parts[i:i + FILES_A_MERGE]) for i in range(0, len(parts), FILES_A_MERGE)]
    text = json.dumps(ray.get(parts[0]), separators=(",", ":"), sort_keys=True, ensure_ascii=False) + "\n"
    partial = f"{out}.{os.getpid()}"
    with open(partial, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, out)


class Progress:
    """Says on standard error how far a stage has come, every few seconds and at its end."""

    def __init__(self, stage, tasks, seconds=10.0):
        self.stage, self.tasks, self.seconds = stage, tasks, seconds
        self.start = self.said = time.monotonic()

    def say(self, done, failed):
        now = time.monotonic()
        if now - self.said < self.seconds and done + failed < self.tasks:
            return
        self.said = now
        rate = (done + failed) / max(now - self.start, 1e-9)
        left = (self.tasks - done - failed) / rate if rate else float("inf")
        print(f"{self.stage}: {done} of {self.tasks} done, {failed} failed, {left:.0f} s left", file=sys.stderr, flush=True)


def run_tasks(stage, commands, cpus, retries, progress):
    """Runs commands, each a (name, command line, environment); returns the report: counts and failures."""
    task = ray.remote(num_cpus=cpus, max_retries=retries, retry_exceptions=[Passing])(run_command)
    waiting = {task.remote(command, variables): name for name, command, variables in commands}
    report = {"done": 0, "before": 0, "failed": {}, "messages": {}, "counts": {}}
    while waiting:
        (ended,), _ = ray.wait(list(waiting), num_returns=1)
        name = waiting.pop(ended)
        try:
            status, stage_report, messages = ray.get(ended)
        except ray.exceptions.RayError as error:
            status, stage_report, messages = None, None, str(getattr(error, "cause", None) or error).strip()
        if status not in DONE:
            report["failed"][name] = messages
        elif stage_report is None and status == 0:
            report["before"] += 1
        else:
            report["done"] += 1
            if stage_report is not None:
                report["counts"] = sum_of(report["counts"], counts_in(stage_report))
        if status == 1:
            report["messages"][name] = messages
        progress.say(report["done"] + report["before"], len(report["failed"]))
    return report


def run_stage(stage, inputs, folder, options=(), counts=None, program="diptych", cpus=1, retries=3):
    """Runs a stage over inputs, in a cluster that ray.init has connected to.

    `inputs`, `folder`, `counts` and files among `options` are seen by all nodes under the same names. `counts`: a file for
    the sum of match's counts. `cpus`: of each task. `retries`: how often a task whose worker or program was killed, or that
    could not read or write, is tried again. Returns {"done", "before", "failed": {input: message}, "messages", "counts"}.
    """
    if stage not in STAGES:
        raise ValueError(f"stage: got {stage}, expected one of {', '.join(STAGES)}")
    if counts and stage != "match":
        raise ValueError(f"counts: got a file for {stage}, expected one for match alone")
    progress = Progress(stage, len(inputs))
    folder = os.path.abspath(folder)

    def command(names):
        return command_of(stage, names, folder, list(options), program, cpus)

    if stage == "dedup":
        # Which are copies is a question of all shards, which the first task answers for the others.
        every = [(name, command(inputs), environment(place, len(inputs))) for place, name in enumerate(inputs)]
        report = run_tasks(stage, every[:1], cpus, retries, progress)
        if not report["failed"]:
            rest = run_tasks(stage, every[1:], cpus, retries, progress)
            report = sum_of(report, rest)
    else:
        report = run_tasks(stage, [(name, command([name]), environment()) for name in inputs], cpus, retries, progress)
    if counts and not report["failed"]:
        merge_counts([os.path.join(folder, output_name(name) + ".counts.json") for name in inputs], counts, retries)
    return report


def output_name(name):
    """Returns what the outputs of an input begin with, as `--each` names them."""
    name = os.path.basename(name)
    for ending in (".gz", ".zst", ".tgz", ".tar"):
        name = name.removesuffix(ending)
    return name


def main():
    parser = argparse.ArgumentParser(description="Runs a stage of diptych curate over many inputs on a Ray cluster.")
    parser.add_argument("stage", metavar="STAGE", choices=STAGES, help=", ".join(STAGES))
    parser.add_argument("inputs", metavar="INPUT", nargs="+", help="archives, JSON Lines or shards, on a folder all nodes see")
    parser.add_argument("--each", required=True, metavar="DIR", help="where the outputs go, on a folder all nodes see")
    parser.add_argument("--counts", metavar="FILE", help="match: the sum of all counts")
    parser.add_argument("--address", help="of the cluster; default: RAY_ADDRESS, otherwise a cluster on this machine")
    parser.add_argument("--cpus", type=int, default=1, help="of each task; default: 1")
    parser.add_argument("--retries", type=int, default=3, help="further attempts of a task; default: 3")
    parser.add_argument("--diptych", default="diptych", metavar="PROGRAM", help="on all nodes; default: diptych")
    arguments = sys.argv[1:]
    options = []
    if "--" in arguments:
        place = arguments.index("--")
        arguments, options = arguments[:place], arguments[place + 1:]
    given = parser.parse_args(arguments)
    ray.init(address=given.address, log_to_driver=False)
    report = run_stage(given.stage, [os.path.abspath(name) for name in given.inputs], given.each, options, given.counts,
                       given.diptych, given.cpus, given.retries)
    print(json.dumps(report, indent=2))
    for name, message in report["failed"].items():
        print(f"{name}: {message}", file=sys.stderr)
    return 1 if report["failed"] or report["messages"] else 0


if __name__ == "__main__":
    sys.exit(main())
