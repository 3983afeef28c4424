"""Tiny models of the other families, made and run by their own programs: see fixture.py.

Needs what tests/parity/references.py needs (docs/parity.md).
"""
import copy
import importlib.metadata
import json
import pathlib
import sys

import torch

import fixture

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "parity"))
import references


def published(model, seed):
    """Random weights, rounded to float16 as the families publish them; but EVA's loader makes rotary tables itself."""
    torch.manual_seed(seed)
    model.float().eval()
    with torch.no_grad():
        fixture.randomise(model)
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point() and "rope" not in name:
                tensor.copy_(tensor.half())
    return model


def half(state):
    return {name: tensor.half() if tensor.is_floating_point() else tensor.clone() for name, tensor in state.items()}


def write_config(folder, config):
    (folder / "model_config.json").write_text(json.dumps(config, indent=1) + "\n")


def make_openai(make_file, seed, embed_dim, side, vision, text):
    """`vision`: layers, width, patch size; `text`: context length, vocabulary, width, heads, layers. TorchScript, as published."""
    sys.path.insert(0, references.sources("CLIP"))
    from clip.model import CLIP

    model = CLIP(embed_dim, side, *vision, *text)
    for name, value in (("input_resolution", side), ("context_length", text[0]), ("vocab_size", text[1])):
        model.__dict__.pop(name, None)
        model.register_buffer(name, torch.tensor(value))
    published(model, seed)
    pixels, ids = torch.randn(4, 3, side, side), fixture.clip_ids(4, text[0], text[1])
    scripted = torch.jit.trace_module(copy.deepcopy(model), {"encode_image": pixels, "encode_text": ids}, check_trace=False).half()
    folder = fixture.write(make_file, model, pixels, ids, "openai", "TorchScript, fp16, its code compressed",
                           "openai/CLIP d05afc4", seed)
    scripted.save(str(folder / "model.pt"))


def make_chinese_clip(make_file, seed, image, text):
    model = published(references.chinese_clip_model(image, text), seed)
    side = image["image_resolution"]
    state = {f"module.{name}": tensor for name, tensor in half(model.state_dict()).items()}
    folder = fixture.write(make_file, model, torch.randn(4, 3, side, side), fixture.framed_ids(4, 12, text["vocab_size"], 101, 102, 0),
                           "chinese_clip", "torch zip, {epoch, step, name, state_dict} with module. before names, fp16",
                           f"cn_clip {importlib.metadata.version('cn_clip')}", seed)
    torch.save({"epoch": 1, "step": 1, "name": "tiny", "state_dict": state}, folder / "clip_cn.pt")
    write_config(folder, {"vision": image, "text": text})


def make_eva_clip(make_file, seed, config):
    model = published(references.eva_clip_model(config), seed)
    side, text = config["vision_cfg"]["image_size"], config["text_cfg"]
    state = half(model.state_dict())
    folder = fixture.write(make_file, model, torch.randn(4, 3, side, side),
                           fixture.clip_ids(4, text["context_length"], text["vocab_size"]), "eva_clip", "torch zip, fp16",
                           "baaivision/EVA 5623d08, EVA-CLIP-18B/shinji", seed)
    torch.save(state, folder / "EVA_CLIP.pt")
    write_config(folder, config)


def make_first_eva_clip(make_file, seed, config):
    model = published(references.first_eva_clip_model(config), seed)
    side, text = config["vision_cfg"]["image_size"], config["text_cfg"]
    state = half(model.state_dict())
    folder = fixture.write(make_file, model, torch.randn(4, 3, side, side),
                           fixture.clip_ids(4, text["context_length"], text["vocab_size"]), "eva_clip, first release",
                           "torch zip, under module, fp16", "baaivision/EVA 5623d08, EVA-01/clip", seed)
    torch.save({"module": state}, folder / "eva_clip_psz14.pt")
    write_config(folder, config)


def make_huggingface(make_file, seed, config, ids):
    """`config` of a CLIPModel or a ChineseCLIPModel; `ids` from fixture.py."""
    import transformers

    model_type = config["model_type"]
    torch.manual_seed(seed)
    model = transformers.AutoModel.from_config(transformers.AutoConfig.for_model(**config)).float()
    with torch.no_grad():
        fixture.randomise(model)
    saved = copy.deepcopy(model)
    reference = references.wrap_huggingface(model)
    model.encode_image, model.encode_text = reference.image_features, reference.text_features
    side = config["vision_config"]["image_size"]
    folder = fixture.write(make_file, model, torch.randn(4, 3, side, side), ids, f"huggingface {model_type}",
                           "safetensors", f"transformers {transformers.__version__}", seed)
    saved.save_pretrained(folder)
