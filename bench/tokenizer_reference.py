#!/usr/bin/env python3
"""Compares the tokenizers with the Python references in one interleaved run, and prints a table of medians.

Usage: tokenizer_reference.py BUILD/bin/tokenizer_benchmark OPEN_CLIP/tokenizer.py CN_CLIP/bert_tokenizer.py [ROUNDS]
Needs ftfy and regex; tests/data/tokenizers/reference_tokenizers.py says where the two files come from.
Both sides run on one thread and count processor time, so that a busy machine does not matter much.
"""

import json
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOKENIZER_DATA = ROOT / "tests" / "data" / "tokenizers"
sys.path.insert(0, str(TOKENIZER_DATA))
import reference_tokenizers  # noqa: E402

MINIMUM_SECONDS = 0.5


def corpora():
    captions = (ROOT / "bench" / "data" / "captions.txt").read_text().splitlines()
    web_texts = [case["text"] for case in json.loads((TOKENIZER_DATA / "repair.json").read_text())["cases"]]
    return {"captions": captions, "web_texts": web_texts}


def texts_per_second(encode, texts):
    done = 0
    start = time.process_time()
    while (seconds := time.process_time() - start) < MINIMUM_SECONDS:
        for text in texts:
            encode(text)
        done += len(texts)
    return done / seconds


def ours(program):
    out = subprocess.run([program, "--benchmark_format=json", "--benchmark_filter=captions|web_texts"],
                         check=True, capture_output=True, text=True).stdout
    return {entry["name"]: entry["items_per_second"] for entry in json.loads(out)["benchmarks"]}


def processor():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), "unknown processor")


def main():
    program, open_clip, cn_clip = sys.argv[1:4]
    rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 7
    references = {"clip": reference_tokenizers.open_clip(open_clip), "chinese": reference_tokenizers.chinese_clip(cn_clip)}
    measured = {}
    for _ in range(rounds):
        for name, value in ours(program).items():
            measured.setdefault(name, ([], []))[0].append(value)
        for family, encode in references.items():
            for corpus, texts in corpora().items():
                measured[f"{family}_{corpus}"][1].append(texts_per_second(encode, texts))
    print(f"{processor()}, Python {sys.version.split()[0]}, medians of {rounds} interleaved rounds, texts/s on one thread\n")
    print("| | diptych | Python reference | ratio |\n|---|---:|---:|---:|")
    for name, (own, reference) in measured.items():
        a, b = statistics.median(own), statistics.median(reference)
        print(f"| {name} | {a:,.0f} | {b:,.0f} | {a / b:.1f} |")


if __name__ == "__main__":
    main()
