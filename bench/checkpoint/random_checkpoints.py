"""Checkpoints of published models' shapes, as safetensors."""

import array
import json
import random
import struct

BYTES = {"F32": 4, "F16": 2}

VIT_L_14_CONFIG = {
    "model_cfg": {
        "embed_dim": 768,
        "quick_gelu": True,
        "vision_cfg": {"image_size": 224, "layers": 24, "width": 1024, "patch_size": 14},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 768, "heads": 12, "layers": 12},
    },
    "preprocess_cfg": {"size": 224},
}

EVA_18B_CONFIG = {
    "embed_dim": 1536,
    "vision_cfg": {
        "image_size": 224,
        "layers": 48,
        "width": 5120,
        "head_width": 128,
        "mlp_ratio": 5,
        "patch_size": 14,
        "qkv_bias": False,
        "use_rms_norm": True,
        "postnorm": True,
    },
    "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 1280, "heads": 20, "layers": 32},
}


def transformer_block(prefix, width):
    return {
        f"{prefix}ln_1.weight": [width],
        f"{prefix}ln_1.bias": [width],
        f"{prefix}attn.in_proj_weight": [3 * width, width],
        f"{prefix}attn.in_proj_bias": [3 * width],
        f"{prefix}attn.out_proj.weight": [width, width],
        f"{prefix}attn.out_proj.bias": [width],
        f"{prefix}ln_2.weight": [width],
        f"{prefix}ln_2.bias": [width],
        f"{prefix}mlp.c_fc.weight": [4 * width, width],
        f"{prefix}mlp.c_fc.bias": [4 * width],
        f"{prefix}mlp.c_proj.weight": [width, 4 * width],
        f"{prefix}mlp.c_proj.bias": [width],
    }


def text_tower(prefix, width, layers, embedding):
    result = {
        f"{prefix}text_projection": [width, embedding],
        f"{prefix}positional_embedding": [77, width],
        f"{prefix}token_embedding.weight": [49408, width],
        f"{prefix}ln_final.weight": [width],
        f"{prefix}ln_final.bias": [width],
    }
    for i in range(layers):
        result |= transformer_block(f"{prefix}transformer.resblocks.{i}.", width)
    return result


def vit_l_14():
    """By open_clip's names."""
    result = {
        "logit_scale": [],
        "visual.proj": [1024, 768],
        "visual.class_embedding": [1024],
        "visual.positional_embedding": [257, 1024],
        "visual.conv1.weight": [1024, 3, 14, 14],
    } | text_tower("", 768, 12, 768)
    for norm in ("ln_pre", "ln_post"):
        result |= {f"visual.{norm}.weight": [1024], f"visual.{norm}.bias": [1024]}
    for i in range(24):
        result |= transformer_block(f"visual.transformer.resblocks.{i}.", 1024)
    return result


def eva_18b():
    """EVA-CLIP-18B by its own names."""
    width = 5120
    result = {
        "logit_scale": [],
        "visual.cls_token": [1, 1, width],
        "visual.pos_embed": [1, 257, width],
        "visual.patch_embed.proj.weight": [width, 3, 14, 14],
        "visual.patch_embed.proj.bias": [width],
        "visual.norm.weight": [width],
        "visual.head.weight": [1536, width],
    } | text_tower("text.", 1280, 32, 1536)
    for i in range(48):
        block = f"visual.blocks.{i}."
        result |= {
            f"{block}norm1.weight": [width],
            f"{block}norm2.weight": [width],
            f"{block}attn.qkv.weight": [3 * width, width],
            f"{block}attn.proj.weight": [width, width],
            f"{block}attn.proj.bias": [width],
            f"{block}mlp.fc1.weight": [5 * width, width],
            f"{block}mlp.fc1.bias": [5 * width],
            f"{block}mlp.fc2.weight": [width, 5 * width],
            f"{block}mlp.fc2.bias": [width],
        }
    return result


def count(shape):
    product = 1
    for size in shape:
        product *= size
    return product


def write_safetensors(path, shapes, dtype, sparse=False):
    """Small random numbers, a million of them again and again; or zeros that take no room on the disk.

    Returns the size of the weights in bytes."""
    header, offset = {}, 0
    for name, shape in shapes.items():
        end = offset + BYTES[dtype] * count(shape)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-(8 + len(text)) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        if sparse:
            file.truncate(file.tell() + offset)
            return offset
        chance = random.Random(1)
        numbers = [chance.gauss(0, 0.02) for _ in range(1 << 20)]
        if dtype == "F16":
            part = struct.pack(f"<{len(numbers)}e", *numbers)
        else:
            part = array.array("f", numbers).tobytes()
        for first in range(0, offset, len(part)):
            file.write(part[: offset - first])
    return offset
