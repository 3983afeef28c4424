#!/usr/bin/env python3
"""Measures what inspecting and converting a file larger than memory takes.

Usage: streaming.py DIPTYCH [--folder FOLDER] [--dtype F16|F32] [--keep]   needs Linux, util-linux

Writes a file of EVA-CLIP-18B's shapes whose weights are all zero, so that it takes no room on the disk
(36 GB in F16, 73 GB in F32), inspects it, and converts it to the other forms it can have in fp16. What
is written is inspected again; while it is written, its zeros are given back to the disk
by fallocate (--keep leaves them, which takes 36 GB). All that reading and writing take but the
disk's own speed is in the times; "peak" includes the pages of mapped files.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from processes import print_heading, print_row, run
from random_checkpoints import EVA_18B_CONFIG, eva_18b, write_safetensors

FORMS = ("eva", "diptych")
#: What is being written is left alone.
MARGIN = 1 << 28


class Digger:
    """Gives the disk back the zeros of what was written into a folder's large files."""

    def __init__(self, folder):
        self.folder = folder
        self.done = {}

    def __call__(self):
        for path in self.folder.glob("*") if self.folder.exists() else []:
            status = path.stat()
            begin = self.done.get(status.st_ino, 0)
            length = status.st_size - MARGIN - begin
            if length < MARGIN:
                continue
            subprocess.run(
                ["fallocate", "--dig-holes", "--offset", str(begin), "--length", str(length), str(path)], check=True
            )
            self.done[status.st_ino] = begin + length


def measure(diptych, root, dtype, keep):
    source = root / "source"
    source.mkdir()
    (source / "model_config.json").write_text(json.dumps(EVA_18B_CONFIG))
    weights = write_safetensors(source / "model.safetensors", eva_18b(), dtype, sparse=True)
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    print(f"{dtype} weights: {weights / 1e9:.1f} GB, memory of the machine: {memory / 1e9:.1f} GB")
    print_heading()
    print_row("inspect", run([diptych, "inspect", str(source)]), weights)
    for form in FORMS:
        target = root / form
        command = [diptych, "convert", str(source), str(target), "--to", form, "--dtype", "fp16"]
        taken = run(command, (lambda: None) if keep else Digger(target))
        print_row(f"convert to {form}, fp16", taken, weights)
        print_row(f"inspect {form}", run([diptych, "inspect", str(target)]), weights)
        shutil.rmtree(target)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("diptych")
    parser.add_argument("--folder", help="where the files go; removed at the end (default: a temporary folder)")
    parser.add_argument("--dtype", choices=("F16", "F32"), default="F16", help="of the file that is converted")
    parser.add_argument("--keep", action="store_true", help="let what is converted fill the disk")
    options = parser.parse_args()
    root = pathlib.Path(tempfile.mkdtemp(dir=options.folder))
    try:
        measure(options.diptych, root, options.dtype, options.keep)
    finally:
        shutil.rmtree(root)


if __name__ == "__main__":
    main()
