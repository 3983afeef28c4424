"""Diptych and its peers behind one interface: `prepare(tower, count)`, then `features(tower, count)` and `time(tower, count)`."""

import copy
import subprocess
import time

import numpy as np
import torch
from safetensors.numpy import save_file

CALIBRATION_BATCHES, CALIBRATION_BATCH = 8, 4


class Peer:
    """A peer in this process; `run(tower, inputs)` computes features."""

    def __init__(self, inputs):
        self.inputs = inputs

    def features(self, tower, count):
        return self.run(tower, self.inputs[tower][:count])

    def time(self, tower, count):
        start = time.perf_counter()
        self.features(tower, count)
        return time.perf_counter() - start


class Torch(Peer):
    """The model's own modules; as bfloat16 modules, never autocast, which is slower than float32 on CPUs."""

    def __init__(self, model, inputs, precision, compiled):
        super().__init__(inputs)
        self.type = torch.bfloat16 if precision == "bf16" else torch.float32
        self.towers = {name: copy.deepcopy(tower).to(self.type) for name, tower in model.towers.items()}
        if compiled:
            self.towers = {name: torch.compile(tower, mode="max-autotune", dynamic=False)
                           for name, tower in self.towers.items()}

    def run(self, tower, inputs):
        inputs = torch.from_numpy(inputs)
        with torch.inference_mode():
            return self.towers[tower](inputs.to(self.type) if tower == "images" else inputs).float().numpy()


class TorchInBatches(Torch):
    """The same, so many inputs at a time."""

    def __init__(self, model, inputs, precision, batch):
        super().__init__(model, inputs, precision, compiled=False)
        self.batch = batch

    def run(self, tower, inputs):
        return np.concatenate([Torch.run(self, tower, inputs[first:first + self.batch]) for first in range(0, len(inputs), self.batch)])


class OnnxRuntime(Peer):
    """The exported graphs; int8 as its own quantiser makes it, weights by channel, activations as they come."""

    def __init__(self, graphs, inputs, precision, threads):
        import onnxruntime
        super().__init__(inputs)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        paths = {tower: self.quantised(path) if precision == "int8" else path for tower, path in graphs.items()}
        self.sessions = {tower: onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
                         for tower, path in paths.items()}

    @staticmethod
    def quantised(path):
        from onnxruntime.quantization import QuantType, quantize_dynamic
        target = path.with_suffix(".int8.onnx")
        quantize_dynamic(path, target, per_channel=True, weight_type=QuantType.QInt8)
        return target

    def run(self, tower, inputs):
        return self.sessions[tower].run(None, {"input": inputs})[0]


class OpenVino(Peer):
    """The exported graphs; int8 by NNCF, calibrated on inputs like those that are timed."""

    def __init__(self, graphs, inputs, precision, threads):
        import openvino
        super().__init__(inputs)
        core = openvino.Core()
        settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY",
                    "INFERENCE_PRECISION_HINT": "bf16" if precision == "bf16" else "f32"}
        self.towers = {}
        for tower, path in graphs.items():
            model = core.read_model(path)
            if precision == "int8":
                model = self.quantised(model, inputs[tower])
            self.towers[tower] = core.compile_model(model, "CPU", settings)

    @staticmethod
    def quantised(model, inputs):
        import nncf
        size = CALIBRATION_BATCH
        batches = [inputs[i * size:(i + 1) * size] for i in range(CALIBRATION_BATCHES) if len(inputs) >= (i + 1) * size]
        return nncf.quantize(model, nncf.Dataset(batches), model_type=nncf.ModelType.TRANSFORMER)

    def run(self, tower, inputs):
        return self.towers[tower](inputs)[0]


class Diptych:
    """The program peers_towers, one a precision, driven over a pipe."""

    def __init__(self, program, model_folder, inputs, precision, threads, folder):
        saved = folder / "inputs.safetensors"
        save_file({"pixels": inputs["images"], "tokens": inputs["texts"].astype(np.int32)}, saved)
        self.features_path = folder / f"features-{precision}"
        self.process = subprocess.Popen([program, model_folder, saved, str(threads), precision],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        word, self.start, self.unit = self.process.stdout.readline().rstrip().split(" ", 2)
        assert word == "ready"

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def features(self, tower, count):
        self.ask(f"save {tower} {count} {self.features_path}")
        return np.fromfile(self.features_path, dtype=np.float32).reshape(count, -1)

    def time(self, tower, count):
        return float(self.ask(f"{tower} {count}"))


def export(model, inputs, folder):
    """The model's towers as ONNX graphs over batches of any size."""
    graphs = {}
    for tower, module in model.towers.items():
        graphs[tower] = folder / f"{tower}.onnx"
        example = torch.from_numpy(inputs[tower][:2])
        torch.onnx.export(module, (example,), graphs[tower], input_names=["input"], output_names=["features"],
                          dynamic_shapes={"inputs": {0: torch.export.Dim("batch")}}, dynamo=True, verbose=False)
    return graphs
