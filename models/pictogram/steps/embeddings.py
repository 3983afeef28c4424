"""Embeddings through the `diptych` program, and the figures made of them; standard library only."""

import array
import json
import math
import operator
import os
import subprocess
import tempfile


def logit_scale(diptych, model):
    """What the model's cosines are multiplied by before the softmax."""
    answer = subprocess.run([diptych, "inspect", model or "pictogram", "--json"], check=True,
                            stdout=subprocess.PIPE).stdout
    return json.loads(answer)["logit_scale"]


def embed_pictures(diptych, model, paths):
    """{path: embedding} of unit length."""
    arrays, notes = _embed(diptych, model, ["--images", *paths])
    return dict(zip(json.loads(notes["images"]), arrays["image_embeddings"]))


def embed_texts(diptych, model, texts):
    """One embedding of unit length per text."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("\n".join(texts) + "\n")
        file.flush()
        return _embed(diptych, model, ["--texts-from", file.name])[0]["text_embeddings"]


def embed_names(diptych, model, names, templates):
    """One embedding per name: the mean over the templates, as CLIP's zero-shot classifiers."""
    rows = embed_texts(diptych, model, [template.format(name)
                                        for name in names for template in templates])
    count = len(templates)
    return [_unit([sum(column) for column in zip(*rows[first:first + count])])
            for first in range(0, len(rows), count)]


def _embed(diptych, model, inputs):
    with tempfile.TemporaryDirectory() as scratch:
        out = os.path.join(scratch, "embeddings.safetensors")
        chosen = ["--model", model] if model else []
        subprocess.run([diptych, "embed", *chosen, *inputs, "--out", out], check=True)
        return _read_safetensors(out)


def _read_safetensors(path):
    """({name: rows}, metadata) of a file of float32 matrices."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    notes = header.pop("__metadata__", {})
    matrices = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = array.array("f", data[begin:end]).tolist()
        width = entry["shape"][1]
        matrices[name] = [values[i:i + width] for i in range(0, len(values), width)]
    return matrices, notes


def _unit(row):
    length = math.sqrt(sum(value * value for value in row))
    return [value / length for value in row]


def ranks(queries, answers, right):
    """For every query how many wrong answers score at least as high as the right one, the number
    right[i]."""
    found = []
    for query, target in zip(queries, right):
        scores = [sum(map(operator.mul, query, answer)) for answer in answers]
        mark = scores[target]
        found.append(sum(score >= mark for score in scores) - 1)
    return found


def best_cosines(pictures, names, labels, choice):
    """([best cosine with its own name among `labels` names], [the same without it]) of every picture, a
    pair of its embedding and the number of its name; the other names are drawn by `choice`."""
    with_own, without = [], []
    for row, own in pictures:
        others = choice.sample([index for index in range(len(names)) if index != own], labels)
        cosines = [sum(map(operator.mul, row, names[index])) for index in (own, *others)]
        with_own.append(max(cosines[:labels]))
        without.append(max(cosines[1:]))
    return with_own, without


def share_within(ranks_, k):
    """The share, in percent, of ranks below `k`."""
    return 100.0 * sum(rank < k for rank in ranks_) / len(ranks_)
