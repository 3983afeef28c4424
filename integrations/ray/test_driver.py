#!/usr/bin/env python3
"""Runs the driver on a cluster of two nodes on this machine, kills a worker in the middle, and compares every file with
what one process of the program writes.

    test_driver.py PROGRAM
"""

import filecmp
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import ray  # noqa: E402
from ray.cluster_utils import Cluster  # noqa: E402

import diptych_ray  # noqa: E402

PROGRAM = os.path.abspath(sys.argv.pop(1))
INPUTS = 8


def worker_of(folder):
    """Returns the process whose child writes into a folder; None: there is none now."""
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{process}/cmdline", "rb") as file:
                arguments = file.read().split(b"\0")
            with open(f"/proc/{process}/stat", encoding="utf-8") as file:
                parent = int(file.read().rsplit(")", 1)[1].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        if b"curate" in arguments and folder.encode() in arguments and parent != os.getpid():
            return parent
    return None


class Killer(threading.Thread):
    """Kills a worker that is at work in a folder, once an output is there."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.folder, self.killed = folder, None

    def run(self):
        deadline = time.monotonic() + 120
        while self.killed is None and time.monotonic() < deadline:
            if os.path.isdir(self.folder) and len(os.listdir(self.folder)) > 1:
                worker = worker_of(self.folder)
                if worker:
                    os.kill(worker, signal.SIGKILL)
                    self.killed = worker
            time.sleep(0.01)


class Driver(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        cls.cluster.add_node(num_cpus=1)
        cls.cluster.wait_for_nodes()
        ray.init(address=cls.cluster.address, log_to_driver=False)

    @classmethod
    def tearDownClass(cls):
        ray.shutdown()
        cls.cluster.shutdown()

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name
        # A task takes a moment, in which its worker can be killed.
        self.slow = self.write("slow", f"#!/bin/sh\nsleep 0.5\nexec '{PROGRAM}' \"$@\"\n")
        os.chmod(self.slow, 0o755)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return self.path(name)

    def alone(self, *arguments):
        subprocess.run([PROGRAM, "curate", *arguments], check=True, capture_output=True)

    def expect_same(self, one, other):
        names = sorted(os.listdir(self.path(one)))
        self.assertEqual(names, sorted(os.listdir(self.path(other))))
        _, differing, errors = filecmp.cmpfiles(self.path(one), self.path(other),
                                                [name for name in names if not name.endswith(".command")], shallow=False)
        self.assertEqual((differing, errors), ([], []))

    def texts(self):
        words = ["dog", "cat", "bird", "house"]
        return [self.write(f"t{i}.jsonl", "".join(
            f'{{"key":"{i}-{k}","text":"a {random.Random(i * 1000 + k).choice(words)} here"}}\n' for k in range(200)))
            for i in range(INPUTS)]

    def shards(self):
        names = []
        for i in range(INPUTS):
            pack = self.path(f"pictures{i}")
            os.mkdir(pack)
            for k in range(6):
                field = random.Random(k if k % 2 else i * 100 + k).randbytes(64)
                rows = b"".join(bytes([field[y // 8 * 8 + x // 8]]) * 3 for y in range(64) for x in range(64))
                header = b"BM" + b"".join(number.to_bytes(size, "little") for number, size in (
                    (54 + len(rows), 4), (0, 4), (54, 4), (40, 4), (64, 4), (64, 4), (1, 2), (24, 2)))
                self.write(f"pictures{i}/{i}-{k}.bmp", header + bytes(24) + rows)
                self.write(f"pictures{i}/{i}-{k}.txt", f"picture {k}")
            subprocess.run([PROGRAM, "shards", "merge", pack, "--out", self.path(f"s{i}.tar")], check=True,
                           capture_output=True)
            names.append(self.path(f"s{i}.tar"))
        return names

    def test_two_nodes_and_a_killed_worker_write_what_one_process_does(self):
        texts = self.texts()
        queries = self.write("queries.txt", "dog\ncat\nhouse\n")
        killer = Killer(self.path("ray-matches"))
        killer.start()
        report = diptych_ray.run_stage("match", texts, self.path("ray-matches"), ["--entries", queries],
                                       self.path("ray-counts.json"), self.slow)
        killer.join()
        self.assertIsNotNone(killer.killed)
        self.assertEqual(report["failed"], {})
        # The worker may have been killed when its input was done already.
        self.assertEqual(report["done"] + report["before"], INPUTS)
        self.assertEqual(report["counts"]["read"], 200 * report["done"])
        named = [part for name in texts for part in ("--texts", name)]
        self.alone("match", *named, "--entries", queries, "--each", self.path("matches"))
        self.alone("match", *named, "--entries", queries, "--out", self.path("all.jsonl"), "--counts",
                   self.path("counts.json"))
        self.expect_same("ray-matches", "matches")
        self.assertTrue(filecmp.cmp(self.path("ray-counts.json"), self.path("counts.json"), shallow=False))

        matches = [os.path.join(self.path("matches"), os.path.basename(name) + ".matches.jsonl") for name in texts]
        options = ["--counts", self.path("counts.json"), "--t", "100"]
        report = diptych_ray.run_stage("balance", matches, self.path("ray-kept"), options, program=PROGRAM)
        self.assertEqual((report["done"], report["before"]), (INPUTS, 0))
        self.assertEqual(report["counts"]["read"], 200 * INPUTS)
        self.alone("balance", *[part for name in matches for part in ("--matches", name)], *options, "--each",
                   self.path("kept"))
        self.expect_same("ray-kept", "kept")

        again = diptych_ray.run_stage("balance", matches, self.path("ray-kept"), options, program=PROGRAM)
        self.assertEqual((again["done"], again["before"]), (0, INPUTS))

    def test_copies_are_found_among_the_shards_of_all_tasks(self):
        shards = self.shards()
        diptych_ray.run_stage("fingerprint", shards, self.path("ray-prints"), program=PROGRAM)
        self.alone("fingerprint", *shards, "--each", self.path("prints"))
        self.expect_same("ray-prints", "prints")
        options = ["--fingerprints", self.path("prints")]
        killer = Killer(self.path("ray-once"))
        killer.start()
        report = diptych_ray.run_stage("dedup", shards, self.path("ray-once"), options, program=self.slow)
        killer.join()
        self.assertIsNotNone(killer.killed)
        self.assertEqual(report["failed"], {})
        self.assertGreater(report["counts"]["samples"]["left_out"]["same bytes as an earlier picture"], 0)
        self.alone("dedup", *shards, *options, "--each", self.path("once"))
        self.expect_same("ray-once", "once")

    def test_an_input_that_fails_is_named_and_the_others_are_done(self):
        texts = self.texts()[:2] + [self.path("none.jsonl")]
        queries = self.write("queries.txt", "dog\n")
        report = diptych_ray.run_stage("match", texts, self.path("m"), ["--entries", queries], program=PROGRAM)
        self.assertEqual(report["done"], 2)
        self.assertEqual(list(report["failed"]), [texts[2]])
        self.assertIn("none.jsonl", report["failed"][texts[2]])

    def test_the_command_line_goes_on_and_says_what_failed(self):
        texts = self.texts()[:2]
        queries = self.write("queries.txt", "dog\n")

        def run(*inputs):
            return subprocess.run([sys.executable, os.path.join(HERE, "diptych_ray.py"), "match", *inputs, "--each",
                                   self.path("m"), "--diptych", PROGRAM, "--address", self.cluster.address, "--retries",
                                   "1", "--counts", self.path("c.json"), "--", "--entries", queries],
                                  capture_output=True, text=True, check=False)

        first = run(texts[0])
        self.assertEqual(first.returncode, 0, first.stderr)
        both = run(*texts)
        self.assertEqual(both.returncode, 0, both.stderr)
        report = json.loads(both.stdout)
        self.assertEqual((report["done"], report["before"]), (1, 1))
        bad = run(texts[0], self.path("none.jsonl"))
        self.assertEqual(bad.returncode, 1)
        self.assertIn("none.jsonl: exit status 4", bad.stderr)

    def test_counts_of_languages_and_of_other_lists(self):
        self.assertEqual(diptych_ray.added({"en": [1, 2], "zh": [3]}, {"en": [4, 5], "zh": [6]}), {"en": [5, 7], "zh": [9]})
        with self.assertRaisesRegex(ValueError, "2 and 1 queries"):
            diptych_ray.added([1, 2], [3])
        with self.assertRaisesRegex(ValueError, "different languages"):
            diptych_ray.added({"en": [1]}, {"zh": [1]})


if __name__ == "__main__":
    unittest.main()
