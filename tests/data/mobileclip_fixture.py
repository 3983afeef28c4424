"""Tiny MobileCLIPs: open_clip_fixture.py's, and the fused form in which diptych trains them."""
import re

import timm.utils
import torch
from torch.nn.utils.fusion import fuse_conv_bn_eval

import open_clip_fixture

# timm's names, of the parts that are left in the fused form, to diptych's.
NAMES = [(r"^text\.", ""),
         (r"^visual\.trunk\.head\.(fc\.)?", "visual.proj."),
         (r"^visual\.trunk\.cls_token$", "visual.class_embedding"),
         (r"^visual\.trunk\.pos_embed$", "visual.positional_embedding"),
         (r"^visual\.trunk\.patch_embed\.backbone\.(\d)\.conv\.", r"visual.stem.\1."),
         (r"^visual\.trunk\.blocks\.", "visual.transformer.resblocks."),
         (r"^visual\.trunk\.norm\.", "visual.ln_post."),
         (r"^(visual\.transformer.*)\.norm(\d)\.", r"\1.ln_\2."),
         (r"^(visual\.transformer.*)\.qkv\.", r"\1.in_proj_"),
         (r"^(visual\.transformer.*)\.attn\.proj\.", r"\1.attn.out_proj."),
         (r"^(visual\.transformer.*)\.fc1\.", r"\1.c_fc."),
         (r"^(visual\.transformer.*)\.fc2\.", r"\1.c_proj."),
         (r"^visual\.trunk\.final_conv\.reparam_conv\.", "visual.head.depthwise."),
         (r"^visual\.trunk\.final_conv\.", "visual.head."),
         (r"^visual\.trunk\.", "visual."),
         (r"\.downsample\.proj\.0\.reparam_conv\.", ".downsample.depthwise."),
         (r"\.downsample\.proj\.0\.se\.", ".downsample.se."),
         (r"\.downsample\.proj\.1\.reparam_conv\.", ".downsample.pointwise."),
         (r"\.pos_emb\.reparam_conv\.", ".position."),
         (r"\.token_mixer\.reparam_conv\.", ".mixer."),
         (r"\.token_mixer\.qkv\.", ".attn.in_proj_"),
         (r"\.token_mixer\.proj\.", ".attn.out_proj."),
         (r"(blocks\.\d+)\.norm\.", r"\1.attn.norm."),
         (r"\.mlp\.conv\.", ".mlp.depthwise."),
         (r"\.reparam_conv\.", ".")]


def renamed(name):
    for pattern, to in NAMES:
        name = re.sub(pattern, to, name)
    return name


def scale_outputs(layer, factors):
    layer.weight.data *= factors.reshape(-1, *[1] * (layer.weight.dim() - 1))
    layer.bias.data *= factors.flatten()


def fuse_norm(attention_block):
    """Batch normalisation into the layer after it."""
    norm, qkv = attention_block.norm, attention_block.token_mixer.qkv
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    fused = torch.nn.Linear(qkv.in_features, qkv.out_features).double()
    fused.weight.data = qkv.weight * scale
    fused.bias.data = qkv.weight @ (norm.bias - norm.running_mean * scale)
    attention_block.token_mixer.qkv = fused
    attention_block.norm = torch.nn.Identity()


@torch.no_grad()
def fuse_stem(model):
    """Of MobileCLIP-B."""
    model.visual.trunk.eval().double()
    for layer in list(model.visual.trunk.patch_embed.backbone)[:2]:
        layer.conv, norm = fuse_conv_bn_eval(layer.conv, layer.bn), layer.bn
        layer.bn = norm.act  # timm keeps the activation in the normalisation
    model.visual.trunk.float()
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    return renamed


@torch.no_grad()
def fuse(model):
    """By timm, and what it leaves apart."""
    trunk = timm.utils.reparameterize_model(model.visual.trunk.eval().double(), inplace=True)
    for block in [block for stage in trunk.stages for block in stage.blocks]:
        block.mlp.conv = fuse_conv_bn_eval(block.mlp.conv.conv, block.mlp.conv.bn)
        scale = "layer_scale_2" if hasattr(block, "norm") else "layer_scale"
        scale_outputs(block.mlp.fc2, getattr(block, scale).gamma)
        setattr(block, scale, torch.nn.Identity())
        if hasattr(block, "norm"):
            scale_outputs(block.token_mixer.proj, block.layer_scale_1.gamma)
            block.layer_scale_1 = torch.nn.Identity()
        if isinstance(getattr(block, "norm", None), torch.nn.BatchNorm2d):
            fuse_norm(block)
    model.visual.trunk = trunk.float()
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    return renamed


def make(make_file, embed_dim, image_size, timm_name, layers, widths, preprocess_cfg, seed, pairs):
    config = {"embed_dim": embed_dim, "custom_text": True,
              "vision_cfg": {"image_size": image_size, "timm_model_name": timm_name, "timm_model_pretrained": False,
                             "timm_pool": "avg", "timm_proj": None, "timm_drop": 0.0, "timm_drop_path": 0.0,
                             "timm_model_kwargs": {"layers": layers, "embed_dims": widths}},
              "text_cfg": {"context_length": 8, "vocab_size": 64, "width": 32, "heads": 2, "layers": 1, "no_causal_mask": True}}
    open_clip_fixture.make(make_file, config, preprocess_cfg, seed, pairs, fuse)
