"""Loads checkpoints with the programs they are meant for.

Needs open_clip, cn_clip and transformers as packages, and for OpenAI's and EVA-CLIP's loaders the folder of their sources in
the environment variable DIPTYCH_REFERENCES: CLIP (openai/CLIP) and EVA (baaivision/EVA). See docs/parity.md.
"""
import functools
import json
import os
import sys
import tempfile
import warnings
from pathlib import Path

import torch

warnings.filterwarnings("ignore")
os.environ.setdefault("HF_HUB_OFFLINE", "1")


class Reference:
    """A model in its own program: features from preprocessed pictures and padded ids."""

    def __init__(self, program, model, image, text):
        self.program = program
        self.model = model.float().eval()
        self.image_features = image
        self.text_features = text

    @torch.no_grad()
    def features(self, pixels, tokens):
        return self.image_features(pixels).float(), self.text_features(tokens.long()).float()


def sources(*parts):
    root = os.environ.get("DIPTYCH_REFERENCES")
    if not root:
        raise SystemExit("DIPTYCH_REFERENCES: expected the folder with CLIP and EVA")
    return str(Path(root).joinpath(*parts))


def vitamin_sizes(conv_depths, conv_dims, embed_dim, **others):
    """The convolutions' sizes are no arguments of timm's: they become the part of its config that they are."""
    from timm.models import vitamin

    sizes = vitamin.VitCfg(embed_dim=(*conv_dims, embed_dim), depths=(*conv_depths, 1), stem_width=conv_dims[0],
                           conv_cfg=vitamin.VitConvCfg(norm_layer="layernorm2d", norm_eps=1e-6), head_type="1d")
    return {**others, "embed_dim": embed_dim, "embed_cfg": sizes}


def mobileclip_b_sizes(embed_dim, **others):
    """The stem is as wide as the tower."""
    from timm.layers import HybridEmbed
    from timm.models.vision_transformer_hybrid import ConvStem

    stem = ConvStem(channels=(embed_dim // 4, embed_dim // 4, embed_dim), stride=(4, 2, 2), kernel_size=(4, 2, 2), padding=0,
                    act_layer=torch.nn.GELU)
    return {**others, "embed_dim": embed_dim, "embed_layer": functools.partial(HybridEmbed, backbone=stem, proj=False)}


@functools.cache
def describe_tiny_towers():
    """Tiny fixtures state what a published config leaves to timm's and transformers' definitions of a named model; this hands
    it on to them (`timm_model_kwargs`, `hf_config`), which open_clip does not do."""
    import open_clip.hf_model
    import timm
    import transformers

    create_timm = timm.create_model
    auto_config = transformers.AutoConfig.from_pretrained
    described = {}

    def create_described_timm(name, **options):
        return create_timm(name, **{**options, **described.get("timm", {})})

    def described_config(name, **options):
        if "hf" not in described:
            return auto_config(name, **options)
        return transformers.AutoConfig.for_model(**described["hf"])

    def prepare(config):
        described.clear()
        kwargs = config["vision_cfg"].pop("timm_model_kwargs", None)
        if kwargs:
            # Published towers with inner norms keep q, k and v apart; the tiny ones leave it unsaid.
            described["timm"] = {**kwargs}
            if "dims" in kwargs:  # the models that open_clip names have linear MLPs
                described["timm"]["conv_mlp"] = False
            if "conv_depths" in kwargs:
                described["timm"] = vitamin_sizes(**kwargs)
            if config["vision_cfg"]["timm_model_name"] == "vit_base_mci_224":
                described["timm"] = mobileclip_b_sizes(**kwargs)
            if "scale_attn_inner" in kwargs:
                described["timm"].setdefault("qkv_fused", not kwargs["scale_attn_inner"])
            if kwargs.get("act_layer") == "gelu_tanh":
                from timm.layers import GELUTanh

                described["timm"]["act_layer"] = GELUTanh
            elif kwargs.get("act_layer") == "gelu":
                described["timm"]["act_layer"] = torch.nn.GELU
            if "ref_feat_shape" in kwargs:
                described["timm"]["ref_feat_shape"] = tuple(kwargs["ref_feat_shape"])
        hf = config["text_cfg"].pop("hf_config", None)
        if hf:
            described["hf"] = hf
            config["text_cfg"]["hf_model_pretrained"] = False

    timm.create_model = create_described_timm
    transformers.AutoConfig.from_pretrained = described_config
    open_clip.hf_model.AutoConfig.from_pretrained = described_config
    return prepare


def open_clip_model(config, device="cpu"):
    """An open_clip model from a model_cfg, tiny or not, with random weights."""
    import open_clip
    from open_clip.factory import _MODEL_CONFIGS

    config = json.loads(json.dumps(config))
    describe_tiny_towers()(config)
    _MODEL_CONFIGS["parity"] = config
    options = {"pretrained_text": False} if "hf_model_name" in config["text_cfg"] else {}
    return open_clip.create_model("parity", device=device, output_dict=False, **options)


def wrap_open_clip(model):
    return Reference("open_clip", model, model.encode_image, model.encode_text)


def load_open_clip(folder, weights):
    import open_clip

    config = json.loads((folder / "open_clip_config.json").read_text())
    model = open_clip_model(config["model_cfg"])
    found = open_clip.load_checkpoint(model, str(weights), strict=False)
    # Files from before transformers let a tower do without its pooler have one, which is no part of any feature.
    unexpected = [key for key in found.unexpected_keys if not key.startswith("text.transformer.pooler.")]
    if found.missing_keys or unexpected:
        raise RuntimeError(f"{weights}: missing {found.missing_keys}, unexpected {unexpected}")
    return wrap_open_clip(model)


def load_openai(weights):
    sys.path.insert(0, sources("CLIP"))
    import clip

    model, _ = clip.load(str(weights), device="cpu")
    return Reference("openai/CLIP", model, model.encode_image, model.encode_text)


def chinese_clip_model(image, text, checkpoint=None):
    """By cn_clip's own create_model, which takes the towers' configs from its folder: here another one."""
    from cn_clip.clip import utils

    with tempfile.TemporaryDirectory() as folder:
        configs = Path(folder) / "model_configs"
        configs.mkdir()
        (configs / "image.json").write_text(json.dumps(image))
        (configs / "text.json").write_text(json.dumps(text))
        own, utils.__file__ = utils.__file__, str(Path(folder) / "utils.py")
        try:
            return utils.create_model("image@text", checkpoint)
        finally:
            utils.__file__ = own


def load_chinese_clip(folder, weights):
    config = json.loads((folder / "model_config.json").read_text())
    checkpoint = torch.load(weights, map_location="cpu", weights_only=True)
    model = chinese_clip_model(config["vision"], config["text"], checkpoint)
    return Reference("cn_clip", model, model.encode_image, model.encode_text)


def eva_clip_config(name):
    """The published one, without its libraries for GPUs, which compute the same."""
    folder = sources("EVA", "EVA-CLIP-18B", "shinji", "eva_clip", "model_configs")
    config = json.loads(Path(folder, f"{name}.json").read_text())
    for tower in ("vision_cfg", "text_cfg"):
        config[tower] |= {"xattn": False, "fusedLN": False}
    return config


def eva_clip_model(config, device="cpu"):
    """Of the code for EVA-CLIP-18B: that of EVA-CLIP with RMS normalisation added."""
    sys.path.insert(0, sources("EVA", "EVA-CLIP-18B", "shinji"))
    from eva_clip import factory

    factory._MODEL_CONFIGS["parity"] = config
    return factory.create_model("parity", device=device, force_custom_clip=True)


def load_eva_clip(folder, weights):
    config = json.loads((folder / "model_config.json").read_text())
    model = eva_clip_model(config)
    from eva_clip import factory

    keys = factory.load_checkpoint(model, str(weights), strict=False)
    # Its loader throws rotary tables away and makes its own, so that its strict loading always misses them.
    missing = [key for key in keys.missing_keys if "rope.freqs" not in key]
    if missing or keys.unexpected_keys:
        raise RuntimeError(f"EVA-CLIP: missing {missing}, unexpected {keys.unexpected_keys}")
    return Reference("EVA-CLIP", model, model.encode_image, model.encode_text)


def first_eva_clip_model(config):
    """The first release, EVA-01/clip, whose modules import each other by bare names."""
    sys.path.insert(0, sources("EVA", "EVA-01", "clip"))
    from eva_model import EVA_CLIP

    return EVA_CLIP(**config)


def load_first_eva_clip(folder, weights):
    model = first_eva_clip_model(json.loads((folder / "model_config.json").read_text()))
    model.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True)["module"], strict=True)
    return Reference("EVA-01/clip", model, model.encode_image, model.encode_text)


def wrap_huggingface(model):
    def tensor(output):  # newer releases give an object
        return output if torch.is_tensor(output) else output.pooler_output

    def text(tokens):
        if model.config.model_type == "chinese_clip":
            return tensor(model.get_text_features(input_ids=tokens, attention_mask=(tokens != 0).long()))
        return tensor(model.get_text_features(input_ids=tokens))

    return Reference("transformers", model, lambda pixels: tensor(model.get_image_features(pixel_values=pixels)), text)


def load_huggingface(folder):
    from transformers import AutoModel

    model, loading = AutoModel.from_pretrained(folder, output_loading_info=True, dtype=torch.float32)
    problems = {what: keys for what, keys in loading.items() if keys}
    if problems:
        raise RuntimeError(f"transformers: {problems}")
    return wrap_huggingface(model)


def load(folder):
    """The model of a folder, by the files that lie there; loading is strict."""
    folder = Path(folder)
    names = {path.name for path in folder.iterdir()}
    weights = next(path for path in sorted(folder.iterdir())
                   if path.suffix in (".pt", ".bin", ".safetensors") and path.name != "io.safetensors"
                   and not path.name.endswith("gradients.safetensors"))
    if "open_clip_config.json" in names:
        return load_open_clip(folder, weights)
    if "config.json" in names:
        return load_huggingface(folder)
    if "model_config.json" not in names:
        return load_openai(weights)
    if "vision" in json.loads((folder / "model_config.json").read_text()):
        return load_chinese_clip(folder, weights)
    if weights.name == "eva_clip_psz14.pt":
        return load_first_eva_clip(folder, weights)
    return load_eva_clip(folder, weights)


def relative_error(got, expected):
    """Largest over the rows: L2 of the difference over L2 of the reference."""
    return ((got - expected).norm(dim=-1) / expected.norm(dim=-1)).max().item()
