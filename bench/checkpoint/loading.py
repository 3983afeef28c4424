#!/usr/bin/env python3
"""Measures what loading and converting a checkpoint of ViT-L/14's size takes: memory and time.

Usage: loading.py DIPTYCH [--folder FOLDER] [--rounds N]        needs Linux and 8 GB of disk; no packages

Writes ViT-L/14 with random weights as open_clip's safetensors (1.7 GB of float32), converts it to the
other forms, and answers one text with each, its file in the page cache. "Peak" is the largest resident
memory, the pages of mapped files included, also as a multiple of the float32 weights' size; times are
from the start of the process to its end, the fastest round.
"""

import argparse
import json
import pathlib
import shutil
import tempfile

from processes import fastest, print_heading, print_row, run
from random_checkpoints import VIT_L_14_CONFIG, vit_l_14, write_safetensors

FORMS = (("openai", "fp32"), ("openai", "fp16"), ("huggingface", "fp32"), ("diptych", "fp16"))


def read_through(folder):
    """Into the page cache."""
    for path in folder.iterdir():
        with open(path, "rb") as file:
            while file.read(1 << 24):
                pass


def measure(diptych, root, rounds):
    source = root / "open_clip"
    source.mkdir()
    (source / "open_clip_config.json").write_text(json.dumps(VIT_L_14_CONFIG))
    weights = write_safetensors(source / "open_clip_model.safetensors", vit_l_14(), "F32")
    print(f"float32 weights: {weights / 1e9:.3f} GB")
    print_heading()
    for form, dtype in FORMS:
        command = [diptych, "convert", str(source), str(root / f"{form}-{dtype}"), "--to", form, "--dtype", dtype]
        print_row(f"convert to {form}, {dtype}", run(command), weights)
    text = root / "text.txt"
    text.write_text("a cat\n")
    for folder in [source] + [root / f"{form}-{dtype}" for form, dtype in FORMS]:
        read_through(folder)
        command = [diptych, "embed", "--overwrite", "--model", str(folder), "--texts-from", str(text), "--out", str(root / "out.npy")]
        print_row(f"embed a text, {folder.name}", fastest(command, rounds), weights)
    print_row("inspect", fastest([diptych, "inspect", str(source)], rounds), weights)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("diptych")
    parser.add_argument("--folder", help="where the checkpoints go; removed at the end (default: a temporary folder)")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    root = pathlib.Path(tempfile.mkdtemp(dir=options.folder))
    try:
        measure(options.diptych, root, options.rounds)
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
