#!/usr/bin/env python3
"""Measures from the start of a process to its answer: one picture, three labels.

Usage: starting.py DIPTYCH FOLDER PICTURE [--python PYTHON] [--rounds N]

FOLDER is a model in open_clip's form, its architecture's name in --architecture (default ViT-B-32). It is used as it is, and
as `convert --packed` writes it; with --python, an interpreter that has open_clip, also by open_clip. All take turns in one
run with 2 threads, their files in the page cache; medians are printed.
"""

import argparse
import pathlib
import statistics
import tempfile

from processes import run

LABELS = ("a cat", "a rocket", "a slice of pizza")
OPEN_CLIP = """
import sys, torch, open_clip
from PIL import Image
architecture, weights, picture, *labels = sys.argv[1:]
torch.set_num_threads(2)
model, _, preprocess = open_clip.create_model_and_transforms(architecture, pretrained=weights)
model.eval()
texts = open_clip.get_tokenizer(architecture)([f"a photo of {label}" for label in labels])
with torch.no_grad():
    image = torch.nn.functional.normalize(model.encode_image(preprocess(Image.open(picture))[None]))
    text = torch.nn.functional.normalize(model.encode_text(texts))
    print((100 * image @ text.T).softmax(-1))
"""


def commands(options, packed):
    classify = ["--labels", ",".join(LABELS), "--threads", "2", options.picture]
    yield "diptych, packed", [options.diptych, "classify", "--model", packed, *classify]
    yield "diptych, open_clip's form", [options.diptych, "classify", "--model", options.folder, *classify]
    if options.python:
        weights = str(pathlib.Path(options.folder) / "open_clip_model.safetensors")
        yield "open_clip", [options.python, "-c", OPEN_CLIP, options.architecture, weights, options.picture, *LABELS]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("diptych")
    parser.add_argument("folder")
    parser.add_argument("picture")
    parser.add_argument("--architecture", default="ViT-B-32")
    parser.add_argument("--python", help="an interpreter that has open_clip")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as root:
        packed = str(pathlib.Path(root) / "packed")
        run([options.diptych, "convert", options.folder, packed, "--packed"])
        systems = dict(commands(options, packed))
        rounds = [{name: run(command) for name, command in systems.items()} for _ in range(options.rounds)]
        print("| run | wall, s | CPU, s | peak, GB |\n|---|---:|---:|---:|")
        for name in systems:
            of_all = [one[name] for one in rounds]
            wall, cpu = (statistics.median(getattr(one, field) for one in of_all) for field in ("wall", "cpu"))
            print(f"| {name} | {wall:.3f} | {cpu:.2f} | {max(one.peak for one in of_all) / 1e9:.2f} |")


if __name__ == "__main__":
    main()
