"""The text tower before it sees a picture: a small transformer that is taught the sentence encoder
all-MiniLM-L6-v2's distances between texts (distillation as in arXiv 2004.09813: a caption in another
language is taught the embedding of its English meaning). So words that no caption has stand near those
that captions have.

Needs torch."""

import math
import os

import numpy
import torch
from torch import nn
from torch.nn import functional

TEXTS_A_STEP = 512


class TextTower(nn.Module):
    """open_clip's text transformer, causal, pooled at [SEP], with its names of parameters."""

    def __init__(self, config, embedding_width):
        super().__init__()
        width = config["width"]
        self.heads, self.end = config["heads"], config["eos_id"]
        self.token_embedding = nn.Embedding(config["vocab_size"], width)
        self.positional_embedding = nn.Parameter(torch.empty(config["context_length"], width))
        self.transformer = nn.Module()
        self.transformer.resblocks = nn.ModuleList(_Block(width) for _ in range(config["layers"]))
        self.ln_final = nn.LayerNorm(width)
        self.text_projection = nn.Parameter(torch.empty(width, embedding_width))
        nn.init.normal_(self.token_embedding.weight, std=0.02)
        nn.init.normal_(self.positional_embedding, std=0.01)
        nn.init.normal_(self.text_projection, std=width ** -0.5)

    def forward(self, ids):
        x = self.token_embedding(ids) + self.positional_embedding[:ids.shape[1]]
        for block in self.transformer.resblocks:
            x = block(x, self.heads)
        ends = (ids == self.end).int().argmax(dim=1)
        return self.ln_final(x[torch.arange(len(ids)), ends]) @ self.text_projection


class _Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn = nn.Module()
        self.attn.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.attn.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.attn.out_proj = nn.Linear(width, width)
        self.mlp = nn.Module()
        self.mlp.c_fc, self.mlp.c_proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        nn.init.normal_(self.attn.in_proj_weight, std=width ** -0.5)

    def forward(self, x, heads):
        texts, length, width = x.shape
        packed = functional.linear(self.ln_1(x), self.attn.in_proj_weight, self.attn.in_proj_bias)
        query, key, value = packed.view(texts, length, 3, heads, -1).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        x = x + self.attn.out_proj(seen.transpose(1, 2).reshape(texts, length, width))
        return x + self.mlp.c_proj(functional.gelu(self.mlp.c_fc(self.ln_2(x))))


def teach(ids, meanings, targets, config, embedding_width, steps, state_path, log_every=200):
    """Trains a tower so that text i, whose padded row of tokens is ids[i], gets the embedding
    targets[meanings[i]], of unit length, up to one linear map that is learnt and dropped: the trained
    tower's parameters. Goes on from `state_path` where there is one, which is written now and then."""
    torch.manual_seed(0)
    tower = TextTower(config, embedding_width)
    lift = nn.Linear(embedding_width, targets.shape[1], bias=False)
    optimiser = torch.optim.AdamW([*tower.parameters(), *lift.parameters()], lr=1e-3, weight_decay=0.01)
    first = 0
    if os.path.exists(state_path):
        state = torch.load(state_path)
        tower.load_state_dict(state["tower"])
        lift.load_state_dict(state["lift"])
        optimiser.load_state_dict(state["optimiser"])
        first = state["step"]
    lengths = (ids != 0).sum(1)
    for step in range(first, steps):
        rows = numpy.random.default_rng(step).integers(len(ids), size=TEXTS_A_STEP)
        for group in optimiser.param_groups:
            group["lr"] = 2e-3 * min(1, step / 200) * 0.5 * (1 + math.cos(math.pi * step / steps))
        batch = torch.from_numpy(ids[rows, :lengths[rows].max()].astype(numpy.int64))
        wanted = torch.from_numpy(targets[meanings[rows]]).float()
        features = functional.normalize(tower(batch), dim=1)
        loss = _distance(features, lift, wanted)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        if (step + 1) % log_every == 0 or step + 1 == steps:
            print(f"text tower: step {step + 1}/{steps} loss {loss.item():.4f}", flush=True)
            torch.save({"tower": tower.state_dict(), "lift": lift.state_dict(),
                        "optimiser": optimiser.state_dict(), "step": step + 1}, state_path + ".part")
            os.replace(state_path + ".part", state_path)
    return tower.state_dict()


def _distance(features, lift, wanted):
    """How far the embeddings are from the teacher's, and their similarities from the teacher's ones: the
    second makes the tower's own space, which pictures are to be compared in, like the teacher's."""
    lifted = functional.normalize(lift(features), dim=1)
    apart = 1 - (lifted * wanted).sum(1).mean()
    return apart + 5 * functional.mse_loss(features @ features.T, wanted @ wanted.T)
