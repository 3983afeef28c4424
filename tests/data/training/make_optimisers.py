#!/usr/bin/env python3
"""Writes optimisers.json: what five steps of each optimiser make of a matrix and a vector.

The references: torch.optim.AdamW and Muon (adjusted to AdamW's size), timm's Lamb (without its own clipping) and Lion, and
optimi's StableAdamW. The matrix has weight decay, the vector has none; Muon leaves the vector to AdamW. Needs the packages
torch, timm and torch-optimi.
"""
import json
import pathlib

import optimi
import timm.optim
import torch

OPTIONS = {"lr": 0.01, "beta1": 0.9, "beta2": 0.98, "epsilon": 1e-6, "momentum": 0.95, "weight_decay": 0.2}


def groups(matrix, vector):
    return [{"params": [matrix], "weight_decay": OPTIONS["weight_decay"]}, {"params": [vector], "weight_decay": 0.0}]


def optimisers(name, matrix, vector):
    common = {"lr": OPTIONS["lr"], "betas": (OPTIONS["beta1"], OPTIONS["beta2"])}
    adam = {**common, "eps": OPTIONS["epsilon"]}
    if name == "adamw":
        return [torch.optim.AdamW(groups(matrix, vector), **adam)]
    if name == "stableadamw":
        return [optimi.StableAdamW(groups(matrix, vector), triton=False, **adam)]
    if name == "lamb":
        return [timm.optim.Lamb(groups(matrix, vector), max_grad_norm=None, **adam)]
    if name == "lion":
        return [timm.optim.Lion(groups(matrix, vector), **common)]
    return [torch.optim.Muon([matrix], lr=OPTIONS["lr"], weight_decay=OPTIONS["weight_decay"],
                             momentum=OPTIONS["momentum"], adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW([vector], weight_decay=0.0, **adam)]


def listed(tensor):
    return tensor.detach().flatten().tolist()


def main():
    torch.manual_seed(0)
    start = torch.randn(6, 4), torch.randn(6)
    gradients = [(torch.randn(6, 4), torch.randn(6)) for _ in range(5)]
    results = {}
    for name in ("adamw", "stableadamw", "lamb", "lion", "muon"):
        matrix, vector = (torch.nn.Parameter(tensor.clone()) for tensor in start)
        chosen = optimisers(name, matrix, vector)
        for of_matrix, of_vector in gradients:
            matrix.grad, vector.grad = of_matrix.clone(), of_vector.clone()
            for optimiser in chosen:
                optimiser.step()
        results[name] = {"matrix": listed(matrix), "vector": listed(vector)}
    golden = {**OPTIONS, "matrix": listed(start[0]), "vector": listed(start[1]),
              "gradients": [{"matrix": listed(a), "vector": listed(b)} for a, b in gradients], "results": results,
              "made_by": {"torch": torch.__version__, "timm": timm.__version__}}
    path = pathlib.Path(__file__).parent / "optimisers.json"
    path.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
