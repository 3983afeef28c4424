#!/usr/bin/env python3
"""Compares diptych's preprocessing with Pillow's, one thread each.

Usage: preprocess_reference.py BUILD/bin/preprocess_benchmark [ROUNDS]     (needs pillow and numpy)

Each round times every step once with diptych and once with Pillow, in turn, on the same picture; the table has
the medians in milliseconds of processor time, so that a busy machine does not count. Files are in memory before the clock starts. Pillow's "all" ends with the arithmetic
of ToTensor and Normalize in numpy.
"""

import io
import pathlib
import statistics
import subprocess
import sys
import time

import numpy as np
import PIL
from PIL import Image, features

IMAGES = pathlib.Path(__file__).parent.parent / "tests" / "data" / "images"
CASES = [(name, size) for name in ("landscape.jpg", "large.jpg", "rgb.png", "alpha.png", "lossy.webp") for size in (224,)]
CASES.append(("large.jpg", 64))
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
STD = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)


def processor():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")


def resize(image, size):
    width, height = image.size
    scaled = (size, size * height // width) if width <= height else (size * width // height, size)
    left, top = (int(round((side - size) / 2.0)) for side in scaled)
    return image.resize(scaled, Image.BICUBIC).crop((left, top, left + size, top + size))


def normalise(image):
    pixels = np.asarray(image.convert("RGB"), np.float32) / np.float32(255)
    return np.ascontiguousarray(((pixels - MEAN) / STD).transpose(2, 0, 1))


def pillow(step, data, size):
    image = Image.open(io.BytesIO(data)).convert("RGB") if step == "resize" else None
    begin = time.thread_time_ns()
    if step == "decode":
        Image.open(io.BytesIO(data)).convert("RGB")
    elif step == "resize":
        resize(image, size)
    else:
        normalise(resize(Image.open(io.BytesIO(data)), size))
    return time.thread_time_ns() - begin


def main():
    program = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def diptych(step, path, size):
        program.stdin.write(f"{step} {path} {size}\n")
        program.stdin.flush()
        return int(program.stdout.readline())

    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 30
    print(f"{processor()}; Pillow {PIL.__version__}, libjpeg-turbo {features.version('libjpeg_turbo')}; {rounds} rounds\n")
    print("| picture | size | step | diptych ms | Pillow ms | times |\n|---|---|---|---|---|---|")
    times = {}
    for _ in range(rounds):
        for name, size in CASES:
            data = (IMAGES / name).read_bytes()
            for step in ("decode", "resize", "all"):
                ours, theirs = times.setdefault((name, size, step), ([], []))
                ours.append(diptych(step, IMAGES / name, size))
                theirs.append(pillow(step, data, size))
    for (name, size, step), (ours, theirs) in times.items():
        a, b = statistics.median(ours) / 1e6, statistics.median(theirs) / 1e6
        print(f"| {name} | {size} | {step} | {a:.3f} | {b:.3f} | {b / a:.1f} |")
    views = statistics.median(diptych("augment", IMAGES / "gray_alpha.png", 64) for _ in range(20 * rounds)) / 1e6
    print(f"\nA random view of 64 pixels from 150 x 130: {views:.3f} ms")


if __name__ == "__main__":
    main()
