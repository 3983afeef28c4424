#!/usr/bin/env python3
"""Measures `diptych curate extract` on a WAT and a WARC archive, and FastWARC on the WARC, one after the other, round by round.

Usage: compare.py DIPTYCH FOLDER [--rounds N] [--language-model FILE]. FOLDER is of make_archives.py. FastWARC (PyPI fastwarc) walks
the records and nothing else; then, of the first 10,000, Resiliparse (PyPI resiliparse) parses the pages, and lists the pictures
with their texts. diptych also joins and filters the pictures' addresses, names the texts' languages, and writes it all. Rates are
per second of CPU time, the best of all rounds.
"""

import argparse
import json
import pathlib
import resource
import subprocess
import sys
import tempfile

PEER_IMPORTS = """
import sys
from itertools import islice
from fastwarc.warc import ArchiveIterator, WarcRecordType
from resiliparse.parse.html import HTMLTree
"""
WALK = PEER_IMPORTS + """
print(sum(1 for _ in ArchiveIterator(open(sys.argv[1], 'rb'), parse_http=False)))
"""
PARSE = PEER_IMPORTS + """
count = 0
for record in islice(ArchiveIterator(open(sys.argv[1], 'rb')), 10000):
    count += 1
    if record.record_type == WarcRecordType.response:
        page = HTMLTree.parse_from_bytes(record.reader.read(), 'utf-8')
        LOOK
print(count)
"""
PEERS = {
    "FastWARC, records walked": WALK,
    "and Resiliparse, parsed": PARSE.replace("LOOK", ""),
    "and pictures listed": PARSE.replace(
        "LOOK", "pictures = [(image.getattr('src'), image.getattr('alt')) for image in page.document.query_selector_all('img')]"),
}


def timed(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, output


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("diptych")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--language-model")
    arguments = parser.parse_args()
    best = {}

    def note(name, rate, unit):
        best[name] = (max(rate, best.get(name, (0,))[0]), unit)

    with tempfile.TemporaryDirectory() as scratch:
        for _ in range(arguments.rounds):
            for kind in ("wat", "warc"):
                command = [arguments.diptych, "curate", "extract", str(arguments.folder / f"pages.{kind}.gz"), "--out", f"{scratch}/o.jsonl",
                           "--threads", "1", "--overwrite", "--json"]
                if arguments.language_model:
                    command += ["--language-model", arguments.language_model]
                seconds, output = timed(command)
                report = json.loads(output)
                note(f"diptych {kind}", report["unpacked_bytes"] / seconds / 1e6, "MB/s unpacked")
                note(f"diptych {kind} records", report["archive"]["read"] / seconds, "records/s")
            start, _ = timed([sys.executable, "-c", PEER_IMPORTS])
            for name, program in PEERS.items():
                seconds, output = timed([sys.executable, "-c", program, str(arguments.folder / "pages.warc.gz")])
                note(name, int(output) / (seconds - start), "records/s")
    for name, (rate, unit) in best.items():
        print(f"{name:24} {rate:12.0f} {unit}")


if __name__ == "__main__":
    main()
