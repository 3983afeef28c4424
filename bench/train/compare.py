#!/usr/bin/env python3
"""Pairs a second of `diptych train` beside open_clip's training step: the two take turns in one run.

Usage: compare.py DIPTYCH [--device cpu|cuda] [--model ViT-B-32] [--batch N] [--precision fp32|amp_bf16]
                  [--patch-dropout X] [--steps N] [--rounds N] [--threads N] [--workers N] [--compile] [--folder DIR]

DIPTYCH is the program. Both train the same architecture from random weights with AdamW and CLIP's loss, on batches of the
same size; each is measured without and with patch dropout. diptych reads, decodes and augments JPEGs from tar shards and
has captions of about 12 tokens, which it does not pad; open_clip is given batches that are ready in memory, as its loader
would hand them over (texts padded to the context), so that its loader costs it nothing. Needs the packages torch,
open_clip_torch, numpy and pillow. Prints a Markdown table of the medians over all steps but the first ones of each turn.
"""

import argparse
import contextlib
import io
import json
import pathlib
import shutil
import statistics
import subprocess
import tarfile
import tempfile
import time

import numpy as np
import open_clip
import PIL.Image
import torch

WARM_STEPS = 3  # at the start of a turn: allocations, kernels chosen, the loader's first batches
DIFFERENT_PICTURES = 512
WORDS = "a photo of two small red green blue dogs cats on the beach near old house with tall trees".split()


def picture(random, side):
    """JPEG bytes of soft random colours: as large and as hard to decode as a photograph."""
    coarse = random.integers(0, 256, (12, 12, 3), dtype=np.uint8)
    image = PIL.Image.fromarray(coarse).resize((side, side), PIL.Image.BICUBIC)
    noisy = np.asarray(image, dtype=np.int16) + random.integers(-12, 13, (side, side, 3))
    data = io.BytesIO()
    PIL.Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(data, "JPEG", quality=85)
    return data.getvalue()


def write_shard(path, pairs, side):
    random = np.random.default_rng(0)
    pictures = [picture(random, side) for _ in range(min(pairs, DIFFERENT_PICTURES))]
    with tarfile.open(path, "w") as tar:
        for i in range(pairs):
            caption = " ".join(random.choice(WORDS, 10))
            for ending, data in (("jpg", pictures[i % len(pictures)]), ("txt", caption.encode())):
                entry = tarfile.TarInfo(f"{i:08d}.{ending}")
                entry.size = len(data)
                tar.addfile(entry, io.BytesIO(data))


class Diptych:
    def __init__(self, args, folder, side):
        self.args, self.folder = args, folder
        write_shard(folder / "pairs.tar", args.batch * (args.steps + WARM_STEPS), side + side // 4)

    def seconds(self, patch_dropout):
        """Seconds of every step of one short run."""
        logs = self.folder / "logs"
        shutil.rmtree(logs, ignore_errors=True)
        command = [self.args.program, "train", "--train-data", self.folder / "pairs.tar", "--model", self.args.model,
                   "--batch-size", self.args.batch, "--epochs", 1, "--warmup", 1, "--save-frequency", 0,
                   "--precision", self.args.precision, "--device", self.args.device, "--threads", self.args.threads,
                   "--workers", self.args.workers, "--force-patch-dropout", patch_dropout, "--log-every-n-steps", 1,
                   "--logs", logs, "--json"]
        done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, check=True, text=True)
        reports = [line for line in map(json.loads, done.stdout.splitlines()) if "step_seconds" in line]
        return [report["step_seconds"] for report in reports[WARM_STEPS:]]


class OpenClip:
    def __init__(self, args):
        self.args, self.device = args, torch.device(args.device)
        if args.threads:
            torch.set_num_threads(args.threads)

    def make(self, patch_dropout):
        model = open_clip.create_model(self.args.model, force_patch_dropout=patch_dropout or None, device=self.device)
        model.train()
        decayed = [p for p in model.parameters() if p.ndim >= 2]
        others = [p for p in model.parameters() if p.ndim < 2]
        optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.2}, {"params": others, "weight_decay": 0.0}],
                                      lr=5e-4, betas=(0.9, 0.98), eps=1e-6, fused=True)
        return model, optimiser

    def batch(self, model):
        side = open_clip.get_model_config(self.args.model)["vision_cfg"]["image_size"]
        pixels = torch.randn(self.args.batch, 3, side, side)
        tokens = torch.zeros(self.args.batch, model.context_length, dtype=torch.long)
        tokens[:, 0], tokens[:, 1:11], tokens[:, 11] = 49406, torch.randint(300, 40000, (self.args.batch, 10)), 49407
        pinned = self.device.type == "cuda"
        return (pixels.pin_memory(), tokens.pin_memory()) if pinned else (pixels, tokens)

    def seconds(self, patch_dropout):
        model, optimiser = self.make(patch_dropout)
        pixels, tokens = self.batch(model)
        loss = open_clip.ClipLoss()
        forward = torch.compile(model) if self.args.compile else model
        mixed = self.args.precision == "amp_bf16"
        context = torch.autocast(self.device.type, torch.bfloat16) if mixed else contextlib.nullcontext()
        times = []
        for _ in range(self.args.steps + WARM_STEPS):
            start = time.perf_counter()
            on_device = [x.to(self.device, non_blocking=True) for x in (pixels, tokens)]
            optimiser.zero_grad()
            with context:
                images, texts, scale = forward(*on_device)[:3]
                value = loss(images, texts, scale)
            value.backward()
            optimiser.step()
            with torch.no_grad():
                model.logit_scale.clamp_(0, np.log(100))
            value.item()  # waits for the device, as the report of a loss does
            times.append(time.perf_counter() - start)
        return times[WARM_STEPS:]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--model", default="ViT-B-32")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--precision", default="amp_bf16", choices=["fp32", "amp_bf16"])
    parser.add_argument("--patch-dropout", type=float, default=0.5)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0, help="that compute; 0: one a CPU")
    parser.add_argument("--workers", type=int, default=0, help="that read for diptych; 0: one a CPU")
    parser.add_argument("--compile", action="store_true", help="torch.compile open_clip's model")
    parser.add_argument("--folder", help="where shards and runs go; otherwise one that is removed")
    return parser.parse_args()


def main():
    args = parse_arguments()
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        side = open_clip.get_model_config(args.model)["vision_cfg"]["image_size"]
        systems = {"diptych": Diptych(args, pathlib.Path(folder), side), "open_clip": OpenClip(args)}
        dropouts = [0.0, args.patch_dropout]
        times = {(name, dropout): [] for name in systems for dropout in dropouts}
        for _ in range(args.rounds):
            for name, dropout in times:
                times[name, dropout] += systems[name].seconds(dropout)
    rates = {case: args.batch / statistics.median(seconds) for case, seconds in times.items()}
    where = torch.cuda.get_device_name() if args.device.startswith("cuda") else "CPU"
    print(f"{args.model}, batch {args.batch}, {args.precision}, {where}, torch {torch.__version__}, "
          f"open_clip {open_clip.__version__}{', compiled' if args.compile else ''}\n")
    print("| patches dropped | diptych, pairs/s | open_clip, pairs/s | ratio | diptych to open_clip without dropout |")
    print("|---|---:|---:|---:|---:|")
    for dropout in dropouts:
        ours, theirs = rates["diptych", dropout], rates["open_clip", dropout]
        print(f"| {dropout:.0%} | {ours:.1f} | {theirs:.1f} | {ours / theirs:.2f} | "
              f"{ours / rates['open_clip', 0.0]:.2f} |")


if __name__ == "__main__":
    main()
