#!/usr/bin/env python3
"""Runs the demo of curation on a tiny web, with pictures and names of its own: no package, and no network but localhost.

    web_demo_test.py PROGRAM
"""

import base64
import html.parser
import json
import os
import random
import re
import socket
import struct
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "examples", "web_demo"), os.path.join(ROOT, "models", "pictogram")]

import report  # noqa: E402
from concepts import HELD_OUT_VENDOR, LANGUAGES, RELEASE, VENDORS  # noqa: E402
from steps import packages  # noqa: E402

PROGRAM = os.path.abspath(sys.argv.pop(1))
SIDE = 64
# A name a language.
NAMES = (("apple", "Apfel", "pomme", "manzana", "苹果", "リンゴ"), ("cherry", "Kirsche", "cerise", "cereza", "樱桃", "さくらんぼ"),
         ("bread", "Brot", "pain", "pan de molde", "面包", "食パン"), ("cheese", "Käse", "fromage", "queso", "奶酪", "チーズ"),
         ("mushroom", "Pilz", "champignon", "champiñón", "蘑菇", "キノコ"), ("carrot", "Karotte", "carotte", "zanahoria", "胡萝卜", "ニンジン"))


def png(seed):
    """RGBA, 8 x 8 fields of random colours."""
    chance = random.Random(seed)
    fields = [[bytes(chance.randrange(256) for _ in range(3)) + b"\xff" for _ in range(8)] for _ in range(8)]
    rows = b"".join(b"\0" + b"".join(fields[y * 8 // SIDE][x * 8 // SIDE] for x in range(SIDE)) for y in range(SIDE))
    parts = ((b"IHDR", struct.pack(">IIBBBBB", SIDE, SIDE, 8, 6, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
                                           for kind, data in parts)


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())


def write_packages(folder):
    emoji = [{"unified": f"{0x1F34E + i:X}", "image": f"{0x1F34E + i:x}.png", "category": "Food & Drink"} for i in range(len(NAMES))]
    for vendor in (*VENDORS, HELD_OUT_VENDOR):
        place = packages.folder_of(f"emoji-datasource-{vendor}", RELEASE, folder)
        write(os.path.join(place, "emoji.json"), json.dumps(emoji))
        for entry in emoji:
            write(os.path.join(place, "img", vendor, "64", entry["image"]), png(f"{vendor} {entry['image']}"))


def write_annotations(folder):
    for place, language in enumerate(LANGUAGES):
        entries = "".join(f'<annotation cp="{chr(0x1F34E + i)}" type="tts">{names[place]}</annotation>' for i, names in enumerate(NAMES))
        write(os.path.join(folder, f"{language}.xml"), f"<ldml><annotations>{entries}</annotations></ldml>")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Rows(html.parser.HTMLParser):
    """The cells of every row of a page's tables; a line break is a new line, a picture its address."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.is_in_cell = [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self.is_in_cell = True
        elif tag == "br":
            self.handle_data("\n")
        elif tag == "img":
            self.handle_data(dict(attrs)["src"])

    def handle_endtag(self, tag):
        self.is_in_cell = self.is_in_cell and tag not in ("td", "th")

    def handle_data(self, data):
        if self.is_in_cell:
            self.rows[-1][-1] += data


class WebDemo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = os.path.join(temporary.name, "demo")
        write_packages(os.path.join(temporary.name, "packages"))
        write_annotations(os.path.join(temporary.name, "annotations"))
        command = [sys.executable, os.path.join(ROOT, "examples/web_demo/run"), "--diptych", PROGRAM, "--port", str(free_port()),
                   "--packages", os.path.join(temporary.name, "packages"), "--annotations", os.path.join(temporary.name, "annotations"),
                   "--concepts", str(len(NAMES)), "--head", "40", "--t", "6", "--seeds", "2", "--steps", "2", cls.folder]
        cls.run_ = subprocess.run(command, capture_output=True, text=True, check=False)
        if cls.run_.returncode != 0:
            raise AssertionError(cls.run_.stdout + cls.run_.stderr)
        with open(cls.path("report.html"), encoding="utf-8") as file:
            cls.rows = Rows(file.read()).rows
        cls.stages = {row[0]: cls.counts(row) for row in cls.rows if len(row) == 6 and row[0] != "stage"}

    @classmethod
    def path(cls, *names):
        return os.path.join(cls.folder, *names)

    @staticmethod
    def counts(row):
        reasons = [dict(reversed(line.split(" ", 1)) for line in cell.splitlines()) for cell in row[3:5]]
        left_out, dropped = ({reason: int(count) for reason, count in counted.items()} for counted in reasons)
        return {"read": int(row[1]), "written": int(row[2]), "left_out": left_out, "dropped": dropped}

    def samples(self, *names):
        return list(report.samples_of(self.path(*names)))

    def test_what_each_stage_counts_is_what_the_one_before_wrote(self):
        self.assertEqual(len(self.stages), 2 + 2 * 2 * 3)
        for counts in self.stages.values():
            gone = sum(counts["left_out"].values()) + sum(counts["dropped"].values())
            self.assertEqual(counts["read"], counts["written"] + gone)
        self.assertEqual(self.stages["match"]["read"], self.stages["extract"]["written"])
        for seed in (1, 2):
            balanced, every = f"balanced-{seed}", f"unbalanced-{seed}"
            for name in (balanced, every):
                stage = {kind: self.stages[f"{name}: {kind}"] for kind in ("balance", "download", "dedup")}
                self.assertEqual(stage["balance"]["read"], self.stages["match"]["written"])
                self.assertEqual(stage["dedup"]["read"], stage["download"]["written"])
                self.assertEqual(len(self.samples(name, "once")), stage["dedup"]["written"])
            kept = self.stages[f"{balanced}: balance"]["written"]
            self.assertLess(kept, self.stages[f"{every}: balance"]["written"])
            # Of all as many were drawn as balancing keeps.
            self.assertEqual(self.stages[f"{balanced}: download"]["read"], kept)
            self.assertEqual(self.stages[f"{every}: download"]["read"], kept)

    def test_every_picture_of_the_web_is_read_or_has_a_reason(self):
        with open(self.path("pictures.jsonl"), encoding="utf-8") as file:
            self.assertEqual(sum(1 for _ in file), self.stages["extract"]["written"])
        self.assertIn("no text", self.stages["extract"]["left_out"])
        self.assertIn("blocked domain of the page", self.stages["extract"]["left_out"])
        self.assertIn("no query in the text", self.stages["balanced-1: balance"]["left_out"])
        self.assertIn("not drawn", self.stages["balanced-1: balance"]["left_out"])
        self.assertNotIn("not drawn", self.stages["unbalanced-1: balance"]["left_out"])

    def test_the_page_follows_one_pair_that_came_through(self):
        steps = {row[0]: row[1] for row in self.rows if len(row) == 2}
        self.assertEqual(list(steps), ["extract", "match", "balance", "download", "dedup", "the pair"])
        sample = self.samples("balanced-1", "once")[0]
        fetched = json.loads(steps["download"])
        self.assertEqual(json.loads(steps["extract"])["url"], fetched["url"])
        self.assertEqual(json.loads(sample["json"])["url"], fetched["url"])
        self.assertEqual(fetched["status"], "success")
        caption = sample["txt"].decode()
        self.assertEqual(steps["balance"], caption)
        self.assertIn(caption, [text["text"] for text in json.loads(steps["extract"])["texts"]])
        matched = re.search(re.escape(caption) + r" \(\w+\): (.+)", steps["match"])
        self.assertTrue(all(query in caption for query in matched[1].split(", ")), matched[0])
        self.assertIn(sample["key"], steps["dedup"])
        address, _, shown = steps["the pair"].partition("\n")
        self.assertEqual(base64.b64decode(address.removeprefix("data:image/jpeg;base64,")), sample["jpg"])
        self.assertEqual(shown, caption)

    def test_both_sets_are_measured_on_as_many_pairs(self):
        with open(self.path("summary.json"), encoding="utf-8") as file:
            summary = json.load(file)
        self.assertEqual(len(summary["pairs"]), 2)
        for number, pairs in enumerate(summary["pairs"], 1):
            self.assertGreater(pairs, 0)
            for name in ("balanced", "unbalanced"):
                with tarfile.open(self.path(f"{name}-{number}", "train.tar")) as shard:
                    self.assertEqual(len({member.name.partition(".")[0] for member in shard}), pairs)
                self.assertTrue(0 <= summary[name]["top1"]["values"][number - 1] <= summary[name]["top5"]["values"][number - 1] <= 1)

    def test_what_does_not_add_up_is_marked(self):
        good = {"read": 3, "written": 1, "left_out": {"a": 1}, "dropped": {"b": 1}}
        self.assertTrue(report.adds_up(good))
        lost = {**good, "read": 4}
        self.assertFalse(report.adds_up(lost))
        self.assertEqual([row[-1] for row in Rows(report.stages_table([("x", good), ("y", lost)])).rows], ["adds up", "yes", "no"])


if __name__ == "__main__":
    unittest.main()
