"""What the `make` scripts of the folders here share: random weights, inputs, and what the reference program makes of them.

A fixture is a checkpoint in its family's own container and config, and beside it
- io.safetensors: pixels, padded ids, and features and logits by the reference program;
- gradients.safetensors: the gradients of the loss of one training step on those pairs, named and shaped as the checkpoint's tensors;
  what is not trained is as in the checkpoint, so that whoever reads the checkpoint can read them. Where diptych fuses layers as
  it loads them, fused_gradients.safetensors instead: those of its own tensors.

Needs torch and open_clip_torch from the Python package index.
"""
import json
import pathlib

import open_clip
import safetensors.torch
import torch
from torch.nn.functional import normalize


def randomise(model):
    """Every number counts: no zero biases, unit scales or fresh batch statistics."""
    for name, tensor in model.state_dict().items():
        if not tensor.is_floating_point():
            continue
        if name == "logit_scale" or name.endswith(".logit_scale"):
            tensor.fill_(2.0)
        elif name == "logit_bias":
            tensor.fill_(-1.0)
        elif "rope" in name:
            continue
        elif name.endswith("running_var"):
            tensor.uniform_(0.5, 2.0)
        elif tensor.dim() < 2:
            centre = 1.0 if name.endswith("weight") else 0.3 if "gamma" in name else 0.0
            tensor.normal_(centre, 0.2)
        else:
            tensor.normal_(0.0, tensor[0].numel() ** -0.5)


def clip_ids(pairs, length, vocabulary):
    """Texts of different lengths that end with the largest id."""
    ids = torch.randint(1, vocabulary - 1, (pairs, length))
    for row in range(pairs):
        end = length - 1 - row * (length - 4) // max(pairs - 1, 1)
        ids[row, end] = vocabulary - 1
        ids[row, end + 1:] = 0
    return ids


def framed_ids(pairs, length, vocabulary, first, last, pad):
    """Texts of different lengths between two ids, as BERT's and RoBERTa's."""
    ids = clip_ids(pairs, length, vocabulary - 10) + 9
    for row in range(pairs):
        end = int(ids[row].argmax())
        ids[row, 0], ids[row, end], ids[row, end + 1:] = first, last, pad
    return ids


def logit_scale(model):
    return getattr(model, "text", model).logit_scale if not hasattr(model, "logit_scale") else model.logit_scale


def features_and_logits(model, pixels, ids):
    images, texts = model.encode_image(pixels), model.encode_text(ids)
    logits = logit_scale(model).exp() * normalize(images, dim=-1) @ normalize(texts, dim=-1).T
    bias = getattr(model, "logit_bias", None)
    return images, texts, logits if bias is None else logits + bias


def gradients(model, pixels, ids):
    """As a state dict. Changes the model's running statistics."""
    model.train()
    images = normalize(model.encode_image(pixels), dim=-1)
    texts = normalize(model.encode_text(ids), dim=-1)
    scale = logit_scale(model).exp()
    if getattr(model, "logit_bias", None) is None:
        loss = open_clip.loss.ClipLoss()(images, texts, scale)
    else:
        loss = open_clip.loss.SigLipLoss()(images, texts, scale, model.logit_bias)
    loss.backward()
    result = dict(model.state_dict())
    for name, parameter in model.named_parameters(remove_duplicate=False):
        result[name] = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
    return result


def save_tensors(tensors, file):
    safetensors.torch.save_file({name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}, file,
                                {"format": "pt"})
    file.chmod(0o644)


def write(make_file, model, pixels, ids, family, container, reference, seed, fuse=None):
    """All but the checkpoint and its config; the model computes in float32 and has encode_image and encode_text. `fuse` fuses its
    layers and returns what renames its tensors."""
    folder = pathlib.Path(make_file).resolve().parent
    with torch.no_grad():
        images, texts, logits = features_and_logits(model.eval(), pixels, ids)
    save_tensors({"pixels": pixels, "tokens": ids.int(), "image_features": images, "text_features": texts,
                  "logits_per_image": logits}, folder / "io.safetensors")
    if fuse:
        rename = fuse(model)
        renamed = {rename(name): tensor for name, tensor in gradients(model, pixels, ids).items()}
        save_tensors(renamed, folder / "fused_gradients.safetensors")
    else:
        save_tensors(gradients(model, pixels, ids), folder / "gradients.safetensors")
    described = {"family": family, "container": container, "reference": reference, "seed": seed, "torch": torch.__version__}
    (folder / "fixture.json").write_text(json.dumps(described, indent=1) + "\n")
    return folder
