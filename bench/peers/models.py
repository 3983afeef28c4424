"""The models that are compared: with random weights, as modules of PyTorch and as files that diptych reads."""

import json

import numpy as np
import open_clip
import torch
from safetensors.torch import save_file

MODELS = ("ViT-B-32", "ViT-B-16", "ViT-L-14", "RN50", "convnext_base", "EVA02-B-16", "ViT-B-16-SigLIP", "chinese-clip-vit-base-patch16")


class Tower(torch.nn.Module):
    """One function of a model as a module of its own, which is what exporters take."""

    def __init__(self, model, function):
        super().__init__()
        self.model, self.function = model, function

    def forward(self, inputs):
        return self.function(self.model, inputs)


class OpenClipModel:
    """A model that open_clip makes by its name."""

    def __init__(self, name, seed):
        torch.manual_seed(seed)
        self.name = name
        self.model = open_clip.create_model(name).eval()
        self.config = open_clip.get_model_config(name)
        size = self.model.visual.image_size
        self.image_size = size[0] if isinstance(size, tuple) else size
        self.context = self.model.context_length
        self.towers = {"images": Tower(self.model, lambda model, pixels: model.encode_image(pixels)),
                       "texts": Tower(self.model, lambda model, ids: model.encode_text(ids))}

    def texts(self, count, tokens, random):
        """Ids [count, context]: `tokens` of them a text, as the model's tokenizer begins, ends and pads."""
        vocabulary = self.model.vocab_size
        siglip = "SigLIP" in self.name
        ids = np.full((count, self.context), 1 if siglip else 0, dtype=np.int64)
        ids[:, :tokens] = random.integers(2, vocabulary - 2, (count, tokens))
        if not siglip:
            ids[:, 0], ids[:, tokens - 1] = vocabulary - 2, vocabulary - 1
        return ids

    def save(self, folder):
        save_file({name: tensor.contiguous() for name, tensor in self.model.state_dict().items()},
                  folder / "open_clip_model.safetensors")
        (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": self.config}))


class ChineseClipModel:
    """Chinese-CLIP's ViT-B/16 as transformers makes it."""

    name = "chinese-clip-vit-base-patch16"
    image_size, context = 224, 52

    def __init__(self, seed):
        import transformers
        torch.manual_seed(seed)
        config = transformers.ChineseCLIPConfig()
        config.vision_config.patch_size = 16
        self.model = transformers.ChineseCLIPModel(config).eval()
        model = self.model
        self.towers = {"images": Tower(model, lambda m, pixels: m.visual_projection(
                           m.vision_model(pixel_values=pixels).pooler_output)),
                       "texts": Tower(model, lambda m, ids: m.text_projection(
                           m.text_model(input_ids=ids, attention_mask=(ids != 0).long()).last_hidden_state[:, 0]))}

    def texts(self, count, tokens, random):
        ids = np.zeros((count, self.context), dtype=np.int64)
        ids[:, :tokens] = random.integers(1000, 21000, (count, tokens))
        ids[:, 0], ids[:, tokens - 1] = 101, 102
        return ids

    def save(self, folder):
        self.model.save_pretrained(folder)


def make_model(name, seed):
    return ChineseClipModel(seed) if name == ChineseClipModel.name else OpenClipModel(name, seed)
