#!/usr/bin/env python3
"""How similar a model finds copies of a picture, and different pictures: what `duplicates` goes by.

usage: measure.py DIPTYCH FOLDER [MODEL]   (needs Pillow and NumPy)
"""
import collections
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
from PIL import Image, ImageEnhance


def cropped(picture, part):
    width, height = picture.size
    edge = int(min(width, height) * part)
    return picture.crop((edge, edge, width - edge, height - edge))


def scaled(picture, part):
    return picture.resize([max(1, int(side * part)) for side in picture.size], Image.BICUBIC)


def copies(picture):
    """Name, ending, picture and what it is saved with."""
    yield "original", "png", picture, {}
    yield "half", "png", scaled(picture, 0.5), {}
    yield "three quarters", "png", scaled(picture, 0.75), {}
    for quality in (90, 50, 20):
        yield f"JPEG {quality}", "jpg", picture, {"quality": quality}
    yield "WebP 50", "webp", picture, {"quality": 50}
    yield "3 % cut off", "png", cropped(picture, 0.03), {}
    yield "10 % cut off", "png", cropped(picture, 0.1), {}
    yield "10 % brighter", "png", ImageEnhance.Brightness(picture).enhance(1.1), {}
    yield "mirrored", "png", picture.transpose(Image.FLIP_LEFT_RIGHT), {}
    yield "grey", "png", picture.convert("L"), {}


def opaque(file):
    picture = Image.open(file).convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture)
    return white.convert("RGB")


def embed(diptych, folder, model):
    out = folder / "rows.npy"
    command = [diptych, "embed", "--images", folder, "--out", out, "--json"]
    report = json.loads(subprocess.check_output(command + (["--model", model] if model else [])))
    return [pathlib.Path(name).stem.split("@") for name in report["images"]], numpy.load(out)


def main(diptych, pictures, model=None):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for file in pathlib.Path(pictures).iterdir():
            if file.suffix == ".md":
                continue
            for kind, ending, picture, how in copies(opaque(file)):
                picture.save(folder / f"{file.name.replace('.', '_')}@{kind}.{ending}", **how)
        names, rows = embed(diptych, folder, model)
    cosines = rows @ rows.T
    original = {picture: i for i, (picture, kind) in enumerate(names) if kind == "original"}
    of_kind = collections.defaultdict(list)
    for i, (picture, kind) in enumerate(names):
        of_kind[kind].append(cosines[i, original[picture]])
    of_kind["different pictures"] = [
        cosines[i, j] for i in range(len(names)) for j in range(i) if names[i][0] != names[j][0]]
    for kind, values in sorted(of_kind.items(), key=lambda item: -numpy.median(item[1])):
        print(f"{kind:20} least {min(values):.4f}  median {numpy.median(values):.4f}  most {max(values):.4f}")


main(*sys.argv[1:])
