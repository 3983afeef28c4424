"""Tiny models of open_clip's, made and run by it: see fixture.py.

Needs timm and transformers too, for the towers that they make.
"""
import json
import pathlib
import sys

import open_clip
import timm
import torch
import transformers

import fixture

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parity"))
import references


def ids_of(text, pairs):
    described = text.get("hf_config")
    if described:
        return fixture.framed_ids(pairs, text["context_length"], described["vocab_size"], described["bos_token_id"],
                                  described["eos_token_id"], described["pad_token_id"])
    length = text["context_length"] - (1 if text.get("embed_cls") else 0)  # its appended class token takes one place
    return fixture.clip_ids(pairs, length, text["vocab_size"])


def make(make_file, model_cfg, preprocess_cfg, seed, pairs=4, fuse=None):
    """Writes the checkpoint, its config, and what fixture.write does; returns the model and the folder. `timm_model_kwargs` and `hf_config` in the config, which
    open_clip's has not, state what published ones leave to the model that they name."""
    torch.manual_seed(seed)
    model = references.open_clip_model(model_cfg)
    with torch.no_grad():
        fixture.randomise(model)
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    side = model_cfg["vision_cfg"]["image_size"]
    folder = fixture.write(make_file, model, torch.randn(pairs, 3, side, side), ids_of(model_cfg["text_cfg"], pairs), "open_clip",
                           "safetensors", f"open_clip {open_clip.__version__}, timm {timm.__version__}, "
                           f"transformers {transformers.__version__}", seed, fuse)
    fixture.save_tensors(weights, folder / "open_clip_model.safetensors")
    config = {"model_cfg": model_cfg, "preprocess_cfg": preprocess_cfg}
    (folder / "open_clip_config.json").write_text(json.dumps(config, indent=1) + "\n")
    return model, folder
