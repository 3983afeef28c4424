"""Tiny models over timm's image towers, made and run by open_clip: what the `make` scripts of the folders here share.

Needs torch, open_clip_torch and timm from the Python package index.
"""
import functools
import json
import pathlib

import open_clip
import safetensors.torch
import timm
import torch


def randomise(model):
    """Every number counts: no zero biases, unit scales or fresh batch statistics."""
    for name, tensor in model.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        if name == "logit_scale":
            tensor.fill_(2.0)
        elif name.endswith("running_var"):
            tensor.uniform_(0.5, 2.0)
        elif tensor.dim() < 2:
            centre = 1.0 if name.endswith("weight") else 0.3 if "gamma" in name else 0.0
            tensor.normal_(centre, 0.2)
        else:
            tensor.normal_(0.0, tensor[0].numel() ** -0.5)


def build(model_cfg, to_timm):
    """open_clip's model; `timm_model_kwargs`, which open_clip's config has not, go to timm as `to_timm` says it."""
    vision = dict(model_cfg["vision_cfg"])
    changes = {k: tuple(v) if isinstance(v, list) else v for k, v in vision.pop("timm_model_kwargs", {}).items()}
    create = timm.create_model
    timm.create_model = functools.partial(create, **to_timm(changes))
    try:
        cfg = {k: v for k, v in model_cfg.items() if k != "custom_text"}
        return open_clip.model.CustomTextCLIP(**{**cfg, "vision_cfg": vision}).eval()
    finally:
        timm.create_model = create


def make(folder, model_cfg, preprocess_cfg, seed, to_timm=lambda changes: changes):
    """Writes the checkpoint, its config, and inputs with what the reference makes of them."""
    folder = pathlib.Path(folder).resolve().parent
    torch.manual_seed(seed)
    model = build(model_cfg, to_timm)
    text = model_cfg["text_cfg"]
    side = model_cfg["vision_cfg"]["image_size"]
    with torch.no_grad():
        randomise(model)
        pixels = torch.randn(2, 3, side, side)
        tokens = torch.randint(1, text["vocab_size"] - 1, (2, text["context_length"]))
        for row, end in enumerate((text["context_length"] - 1, 3)):
            tokens[row, end] = text["vocab_size"] - 1
            tokens[row, end + 1:] = 0
        image = model.encode_image(pixels)
        words = model.encode_text(tokens)
        logits = model.logit_scale.exp() * (torch.nn.functional.normalize(image, dim=-1) @
                                            torch.nn.functional.normalize(words, dim=-1).T)
    weights = {name: tensor.clone().contiguous() for name, tensor in model.state_dict().items()}
    safetensors.torch.save_file(weights, folder / "open_clip_model.safetensors", {"format": "pt"})
    safetensors.torch.save_file({"pixels": pixels, "tokens": tokens.int(), "image_features": image, "text_features": words,
                                 "logits_per_image": logits}, folder / "io.safetensors")
    config = {"model_cfg": model_cfg, "preprocess_cfg": preprocess_cfg}
    (folder / "open_clip_config.json").write_text(json.dumps(config, indent=1) + "\n")
    for file in folder.glob("*.safetensors"):
        file.chmod(0o644)
    described = {"family": "open_clip", "container": "safetensors", "reference": f"open_clip {open_clip.__version__}, "
                 f"timm {timm.__version__}", "seed": seed, "torch": torch.__version__}
    (folder / "fixture.json").write_text(json.dumps(described, indent=1) + "\n")
