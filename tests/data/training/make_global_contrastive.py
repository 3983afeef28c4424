#!/usr/bin/env python3
"""Writes global_contrastive.json: FastCLIP's loss and its gradients on three batches of random features, two of which share pairs.

python make_global_contrastive.py LOSS.PY, which is src/fast_clip/loss.py of github.com/Optimization-AI/fast_clip (FastCLIPLoss, as
version 3: one learnt temperature, gradients multiplied by it). Needs torch.
"""
import importlib.util
import json
import math
import pathlib
import sys

import torch

spec = importlib.util.spec_from_file_location("loss", sys.argv[1])
reference = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reference)

SAMPLES, WIDTH, GAMMA, RHO, DECAY_EPOCHS = 12, 4, 0.2, 6.5, 4
BATCHES = [{"epoch": 0, "samples": [0, 3, 4, 7, 9]}, {"epoch": 1, "samples": [3, 1, 9, 11]}, {"epoch": 5, "samples": [7, 3, 0, 2, 5]}]

torch.manual_seed(1)
loss_function = reference.FastCLIPLoss(data_size=SAMPLES, gamma=GAMMA, gamma_schedule="cosine", gamma_decay_epochs=DECAY_EPOCHS,
                                       rho=RHO, device=torch.device("cpu"))
log_scale = torch.tensor(math.log(1 / 0.07))
result = {"samples": SAMPLES, "gamma": GAMMA, "rho": RHO, "decay_epochs": DECAY_EPOCHS, "log_scale": log_scale.item(), "batches": []}
for batch in BATCHES:
    loss_function.adjust_hyperparams(batch["epoch"])
    ids = torch.tensor(batch["samples"])
    images = torch.randn(len(ids), WIDTH, requires_grad=True)
    texts = torch.randn(len(ids), WIDTH, requires_grad=True)
    scale_leaf = log_scale.clone().requires_grad_()
    scale = scale_leaf.exp()
    features = (torch.nn.functional.normalize(images, dim=-1), torch.nn.functional.normalize(texts, dim=-1))
    # One process, so that what it gathers are its own features.
    first_im, first_tt, sim_im, sim_tt, estimates = loss_function.local(features, (ids, ids), features, scale, 0)
    loss_function.set_params(ids, ids, *estimates)
    loss = loss_function(features, features, estimates, (first_im, first_tt), estimates, (sim_tt.T, sim_im.T), scale, 0)
    loss.backward()
    result["batches"].append({
        **batch, "gamma": loss_function.gamma, "images": images.flatten().tolist(), "texts": texts.flatten().tolist(),
        "loss": loss.item(), "image_gradient": images.grad.flatten().tolist(), "text_gradient": texts.grad.flatten().tolist(),
        "scale_gradient": scale_leaf.grad.item()})
result["image_estimates"] = loss_function.u_im.flatten().tolist()
result["text_estimates"] = loss_function.u_tt.flatten().tolist()
pathlib.Path(__file__).with_name("global_contrastive.json").write_text(json.dumps(result, indent=1) + "\n")
