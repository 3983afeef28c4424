"""Runs a command and tells what it took. Needs Linux."""

import dataclasses
import os
import pathlib
import subprocess
import time


@dataclasses.dataclass
class Taken:
    wall: float  #: seconds from the start of the process to its end
    cpu: float  #: seconds
    peak: int  #: largest resident memory in bytes, the pages of mapped files included
    anonymous: int  #: the part of it that cannot be read from a file again, sampled every 5 ms


def anonymous_bytes(pid):
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def run(command, while_running=lambda: None):
    """Calls `while_running` all the time."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    anonymous = 0
    while True:
        done, status, usage = os.wait4(process.pid, os.WNOHANG)
        if done:
            break
        anonymous = max(anonymous, anonymous_bytes(process.pid))
        while_running()
        time.sleep(0.005)
    wall = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}")
    return Taken(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, anonymous)


def fastest(command, rounds):
    """The least time and the most memory of several runs."""
    runs = [run(command) for _ in range(rounds)]
    return Taken(
        min(taken.wall for taken in runs),
        min(taken.cpu for taken in runs),
        max(taken.peak for taken in runs),
        max(taken.anonymous for taken in runs),
    )


def print_heading():
    print("| run | wall, s | CPU, s | peak, GB | of the weights | anonymous, GB |")
    print("|---|---:|---:|---:|---:|---:|")


def print_row(name, taken, weights):
    """`weights` in bytes."""
    print(
        f"| {name} | {taken.wall:.2f} | {taken.cpu:.2f} | {taken.peak / 1e9:.2f} | {taken.peak / weights:.3f} "
        f"| {taken.anonymous / 1e9:.2f} |",
        flush=True,
    )
