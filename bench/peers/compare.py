#!/usr/bin/env python3
"""One model with random weights in diptych and in its peers, which take turns in one run.

Usage: compare.py TOWERS [--model NAME] [--systems LIST] [--threads N] [--rounds N] [--cases LIST] [--folder DIR]

TOWERS is the program peers_towers. Needs the packages of requirements.txt in an environment of its own. Prints a Markdown
table: the median rate of each system on each input, that rate over the one of the fastest peer of the same precision, and the
lowest cosine of its features to PyTorch's in float32. Random weights have no outliers: what a precision loses on a trained model is measured with
one (docs/performance.md).
"""

import argparse
import importlib.metadata
import os
import pathlib
import statistics
import tempfile
import time

import numpy as np

CASES = [("images", 16), ("images", 1), ("texts", 64), ("texts", 1)]
TEXT_TOKENS = 12
SYSTEMS = ("diptych-fp32", "diptych-bf16", "diptych-int8w", "diptych-int8", "torch-fp32", "torch-bf16", "compile-fp32", "onnx-fp32",
           "onnx-int8", "openvino-fp32", "openvino-bf16", "openvino-int8")
# Idle threads of other systems go on spinning for a while after a run: without a pause they take a core from the system whose
# turn comes next.
PAUSE_SECONDS = 0.1


def processor():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))


def versions():
    return ", ".join(f"{name} {importlib.metadata.version(name)}"
                     for name in ("torch", "open_clip_torch", "onnxruntime", "openvino", "nncf"))


def make_systems(names, program, model, inputs, threads, folder):
    import systems
    graphs = None
    made = {}
    model.save(folder)
    for name in names:
        kind, precision = name.split("-")
        if kind in ("onnx", "openvino"):
            graphs = graphs or systems.export(model, inputs, folder)
            peer = systems.OnnxRuntime if kind == "onnx" else systems.OpenVino
            made[name] = peer(graphs, inputs, precision, threads)
        elif kind == "diptych":
            made[name] = systems.Diptych(program, folder, inputs, precision, threads, folder)
        else:
            made[name] = systems.Torch(model, inputs, precision, kind == "compile")
    return made


def lowest_cosine(got, expected):
    products = (got * expected).sum(axis=1)
    return float((products / np.linalg.norm(got, axis=1) / np.linalg.norm(expected, axis=1)).min())


def measure(systems, tower, count, rounds):
    """The median seconds of each system, over rounds in which each has one turn."""
    times = {name: [] for name in systems}
    for round_number in range(rounds + 1):
        for name, system in systems.items():
            time.sleep(PAUSE_SECONDS)
            taken = system.time(tower, count)
            if round_number:  # the first turn warms up, and compiles where a system does
                times[name].append(taken)
    return {name: statistics.median(taken) for name, taken in times.items()}


def best_peer(seconds, name):
    """The fastest peer of a system's precision; int8w's are those of int8."""
    precision = name.split("-")[1].removesuffix("w")
    peers = [peer for peer in seconds if not peer.startswith("diptych") and peer.split("-")[1] == precision]
    return min(peers, key=seconds.get, default=None)


def print_case(tower, count, seconds, cosines):
    for name, taken in sorted(seconds.items(), key=lambda item: item[1]):
        peer = best_peer(seconds, name)
        ratio = f"{seconds[peer] / taken:.2f}" if peer else ""
        print(f"| {tower}, batch {count} | {name} | {count / taken:.1f} | {ratio} | {cosines[name]:.6f} |", flush=True)


def shared_options(rounds):
    """A parser of what every comparison takes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("towers")
    parser.add_argument("--model", default="ViT-B-32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=rounds)
    parser.add_argument("--folder", type=pathlib.Path, help="where models and inputs are written")
    return parser


def prepare(options):
    """The folder and the model. To be called before PyTorch is loaded, whose threads it sets."""
    folder = options.folder or pathlib.Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    import torch

    import models
    torch.set_num_threads(options.threads)
    return folder, models.make_model(options.model, 1)


def main():
    parser = shared_options(rounds=11)
    parser.add_argument("--systems", default=",".join(SYSTEMS), help="default: all")
    parser.add_argument("--cases", default=",".join(f"{tower}:{count}" for tower, count in CASES))
    options = parser.parse_args()
    folder, model = prepare(options)
    import torch

    random = np.random.default_rng(2)
    inputs = {"images": random.standard_normal((32, 3, model.image_size, model.image_size), dtype=np.float32),
              "texts": model.texts(64, TEXT_TOKENS, random)}
    systems = make_systems(options.systems.split(","), options.towers, model, inputs, options.threads, folder)
    with torch.inference_mode():
        expected = {tower: module(torch.from_numpy(inputs[tower])).numpy() for tower, module in model.towers.items()}

    print(f"{options.model}, random weights; {processor()}, {options.threads} threads; {versions()}; medians of {options.rounds} rounds; "
          f"texts of {TEXT_TOKENS} tokens\n")
    print("| input | system | per s | over the best peer of its precision | lowest cosine to float32 |\n|---|---|---:|---:|---:|")
    for case in options.cases.split(","):
        tower, count = case.split(":")[0], int(case.split(":")[1])
        seconds = measure(systems, tower, count, options.rounds)
        cosines = {name: lowest_cosine(system.features(tower, count), expected[tower][:count])
                   for name, system in systems.items()}
        print_case(tower, count, seconds, cosines)


if __name__ == "__main__":
    main()
