"""The model that training starts from: the trainer's own first weights, with the text tower that was taught by
the teacher of texts (text_tower.py)."""

import collections
import json
import os
import subprocess

import numpy
from safetensors.numpy import load_file, save_file

from steps import shards, teacher, text_tower, wordnet
from steps.vocabulary import CONTEXT_LENGTH, tokenize, write_vocabulary

STEPS = 2000
SAMPLES = 64  # of the run that only makes the first weights
LONE_MEANINGS_TAKEN = 8  # one in so many
_CHINESE = "../../../data/vocabularies/bert_chinese_vocab.txt"


def write_start(diptych, folder, model_config):
    """FOLDER/start, a model folder; returns it. What is there is left as it is."""
    start = os.path.join(folder, "start")
    if os.path.exists(os.path.join(start, "diptych.json")):
        return start
    pairs = _pairs(folder)
    taught = teacher.unpack(os.path.join(folder, "packages"))
    vocabulary = os.path.join(folder, "vocabulary.txt")
    chinese = os.path.join(os.path.dirname(os.path.abspath(__file__)), _CHINESE)
    tokens = write_vocabulary(os.path.join(taught, "vocab.txt"), chinese,
                              [text for text, _ in pairs], vocabulary)
    model_config["model_cfg"]["text_cfg"].update(
        vocab_size=len(tokens), pool_type="eos", eos_id=tokens.index("[SEP]"))
    config = os.path.join(folder, "model.json")
    with open(config, "w", encoding="utf-8") as file:
        json.dump(model_config, file, indent=2)

    first = _first_weights(diptych, folder, config, vocabulary)
    tower = _text_tower(folder, taught, pairs, vocabulary, model_config["model_cfg"])
    os.makedirs(start, exist_ok=True)
    weights = load_file(os.path.join(first, "model.safetensors"))
    for name, value in tower.items():
        if weights[name].shape != value.shape:
            raise SystemExit(f"text tower: {name}: got {value.shape}, expected {weights[name].shape}")
        weights[name] = value
    save_file(weights, os.path.join(start, "model.safetensors"))
    for name in ("vocabulary.txt", "diptych.json"):  # diptych.json last: with it the folder is whole
        with open(os.path.join(first, name), "rb") as source, open(os.path.join(start, name), "wb") as out:
            out.write(source.read())
    return start


def _pairs(folder):
    """[(text, meaning)] of captions and of WordNet's nouns. Of captions whose meaning no other has (lists of
    keywords, an icon's name with its colour) there are so many that some are enough."""
    with open(os.path.join(folder, "texts.json"), encoding="utf-8") as file:
        pairs = [tuple(pair) for pair in json.load(file)]
    times = collections.Counter(meaning for _, meaning in pairs)
    pairs = [pair for number, pair in enumerate(pairs)
             if times[pair[1]] > 1 or number % LONE_MEANINGS_TAKEN == 0]
    known = {text for text, _ in pairs}
    for lemmas, _ in wordnet.drawn_synsets():
        for lemma in map(str.lower, lemmas):
            if len(lemma.split()) <= 3 and lemma not in known:
                pairs.append((lemma, lemma))
                known.add(lemma)
    return pairs


def _first_weights(diptych, folder, config, vocabulary):
    """The model folder of a run that learns nothing: one step at a rate of nearly zero."""
    shard = os.path.join(folder, "first-weights.tar")
    shards.copy_beginning(os.path.join(folder, "once", "clip-art"), SAMPLES, shard)
    subprocess.run([diptych, "train", "--train-data", shard, "--model", config, "--tokenizer", vocabulary,
                    "--json-text-key", "captions", "--group-key", "concept", "--batch-size", str(SAMPLES),
                    "--epochs", "1", "--warmup", "0", "--lr", "1e-12", "--background", "255,255,255",
                    "--seed", "1", "--workers", "1", "--logs", os.path.join(folder, "runs"),
                    "--name", "first-weights", "--overwrite"], check=True)
    return os.path.join(folder, "runs", "first-weights", "model")


def _text_tower(folder, taught, pairs, vocabulary, config):
    """The taught tower's parameters, by their names in the model."""
    kept = teacher.Embeddings(folder, taught)
    rows = kept.rows([meaning for _, meaning in pairs])
    ids = numpy.zeros((len(pairs), CONTEXT_LENGTH), numpy.int32)
    for place, row in zip(ids, tokenize(vocabulary, [text for text, _ in pairs])):
        place[:len(row)] = row
    state = text_tower.teach(ids, rows, kept.values, config["text_cfg"], config["embed_dim"], STEPS,
                             os.path.join(folder, "text_tower.pt"))
    return {name: value.numpy() for name, value in state.items()}
