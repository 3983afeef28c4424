#!/usr/bin/env python3
"""ViT-B/32 with random weights, float32, beside ONNX Runtime: the two take turns in one run.

Usage: compare.py TOWERS [--threads N] [--rounds N] [--no-spinning] [--folder DIR]

TOWERS is the program onnxruntime_comparison_towers. Needs the packages numpy, onnx and onnxruntime. Prints a
Markdown table of medians, after checking that both compute the same features.
"""

import argparse
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy as np
import onnxruntime

import vit_b_32

CASES = [("images", 16), ("images", 1), ("texts", 64), ("texts", 16), ("texts", 1)]
TEXT_TOKENS = 12
# ONNX Runtime's idle threads go on spinning for a while after a run: without a pause they take a core from the
# system whose turn comes next.
PAUSE_SECONDS = 0.1


def make_inputs(seed):
    random = np.random.default_rng(seed)
    pixels = random.standard_normal((16, 3, vit_b_32.IMAGE_SIZE, vit_b_32.IMAGE_SIZE), dtype=np.float32)
    tokens = np.zeros((64, vit_b_32.CONTEXT), dtype=np.int32)
    tokens[:, 1:TEXT_TOKENS - 1] = random.integers(1, vit_b_32.VOCABULARY - 2, (64, TEXT_TOKENS - 2))
    tokens[:, 0] = vit_b_32.VOCABULARY - 2
    tokens[:, TEXT_TOKENS - 1] = vit_b_32.VOCABULARY - 1
    return {"pixels": pixels, "tokens": tokens}


def make_session(model, path, threads, spinning):
    vit_b_32.save(model, path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spinning)))
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


class OnnxRuntime:
    def __init__(self, weights, inputs, folder, threads, spinning):
        towers = {"images": vit_b_32.image_tower(weights), "texts": vit_b_32.text_tower(weights)}
        self.sessions = {name: make_session(model, folder / f"{name}.onnx", threads, spinning)
                         for name, model in towers.items()}
        self.inputs = {"images": inputs["pixels"], "texts": inputs["tokens"]}

    def features(self, tower, count):
        return self.sessions[tower].run(None, {"input": self.inputs[tower][:count]})[0]

    def time(self, tower, count):
        wall, cpu = time.perf_counter(), time.process_time()
        self.features(tower, count)
        return time.perf_counter() - wall, time.process_time() - cpu


class Diptych:
    def __init__(self, program, folder, threads):
        self.process = subprocess.Popen([program, folder / "model.safetensors", folder / "inputs.safetensors",
                                         str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        word, self.start, self.isa = self.process.stdout.readline().split()
        assert word == "ready"

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().split()

    def time(self, tower, count):
        return tuple(map(float, self.ask(f"{tower} {count}")))


def check_features(diptych, onnx, inputs, folder):
    diptych.ask(f"save {folder / 'features'}")
    got = np.fromfile(folder / "features", dtype=np.float32).reshape(-1, vit_b_32.EMBEDDING)
    expected = np.concatenate([onnx.features("images", len(inputs["pixels"])),
                               onnx.features("texts", len(inputs["tokens"]))])
    error = np.linalg.norm(got - expected, axis=1) / np.linalg.norm(expected, axis=1)
    assert error.max() < 1e-5, error
    return error.max()


def processor():
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("towers")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--no-spinning", action="store_true",
                        help="ONNX Runtime's idle threads sleep: its CPU time is work alone, for a busy machine")
    parser.add_argument("--folder", type=pathlib.Path, help="where models and inputs are written")
    options = parser.parse_args()
    folder = options.folder or pathlib.Path(tempfile.mkdtemp())
    weights, inputs = vit_b_32.random_weights(1), make_inputs(2)
    vit_b_32.write_safetensors(folder / "model.safetensors", weights)
    vit_b_32.write_safetensors(folder / "inputs.safetensors", inputs)
    onnx = OnnxRuntime(weights, inputs, folder, options.threads, not options.no_spinning)
    diptych = Diptych(options.towers, folder, options.threads)
    error = check_features(diptych, onnx, inputs, folder)

    print(f"{processor()}, {options.threads} threads; diptych with {diptych.isa}, ONNX Runtime {onnxruntime.__version__}; "
          f"medians of {options.rounds} rounds; largest relative difference of features {error:.1e}; "
          f"start to packed weights {diptych.start} s\n")
    print("| input | diptych, per s | ONNX Runtime, per s | ratio | diptych, CPU ms each | ONNX Runtime, CPU ms each | ratio |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for tower, count in CASES:
        times = {diptych: [], onnx: []}
        for _ in range(options.rounds):
            for system, taken in times.items():
                time.sleep(PAUSE_SECONDS)
                taken.append(system.time(tower, count))
        (ours, our_cpu), (theirs, their_cpu) = (
            [statistics.median(column) for column in zip(*taken)] for taken in times.values())
        name = f"{TEXT_TOKENS}-token texts" if tower == "texts" else tower
        print(f"| {name}, batch {count} | {count / ours:.1f} | {count / theirs:.1f} | {theirs / ours:.2f} "
              f"| {1e3 * our_cpu / count:.1f} | {1e3 * their_cpu / count:.1f} | {their_cpu / our_cpu:.2f} |", flush=True)


if __name__ == "__main__":
    main()
