"""Trains a small model on a set, and measures it on pictures of a vendor that the web did not have."""

import json
import os
import shutil
import subprocess
import tarfile

from concepts import HELD_OUT_VENDOR

CONFIG = {
    "model_cfg": {
        "embed_dim": 128,
        "vision_cfg": {"image_size": 64, "layers": [1, 1, 1, 1], "width": 24, "head_width": 32},
        "text_cfg": {"context_length": 32, "width": 128, "heads": 2, "layers": 2},
    },
    "preprocess_cfg": {"size": 64, "interpolation": "bicubic", "resize_mode": "squash"},
}
BATCH = 64
FLAGS = ["--lr", "1e-3", "--wd", "0.1", "--grad-clip-norm", "1", "--warmup-share", "0.1",
         "--aug-min-scale", "0.6", "--aug-jitter", "0.5", "--aug-brightness", "0.3", "--aug-contrast", "0.3",
         "--aug-saturation", "0.3", "--aug-flip", "0.5"]


# Threads that wait must not spin for long: other programs may want the cores.
ENVIRONMENT = {"GOMP_SPINCOUNT": "30000"}


def write_held_out(concepts, folder):
    """A folder a concept with the picture of the vendor that is kept out, and the names' file."""
    for number, concept in enumerate(concepts):
        place = os.path.join(folder, "pictures", f"{number:03}")
        os.makedirs(place, exist_ok=True)
        shutil.copyfile(concept.pictures[HELD_OUT_VENDOR], os.path.join(place, "1.png"))
    with open(os.path.join(folder, "names.json"), "w", encoding="utf-8") as file:
        json.dump({f"{number:03}": concept.names["en"] for number, concept in enumerate(concepts)}, file)


def keys_of(shards):
    """The keys of all samples of a folder of shards, in order."""
    keys = {}
    for name in sorted(os.listdir(shards)):
        if name.endswith(".tar"):
            with tarfile.open(os.path.join(shards, name)) as archive:
                keys.update((member.name.partition(".")[0], None) for member in archive)
    return list(keys)


def write_subset(shards, keys, path):
    """One shard of the samples with these keys."""
    wanted = set(keys)
    with tarfile.open(path, "w") as subset:
        for name in sorted(os.listdir(shards)):
            if not name.endswith(".tar"):
                continue
            with tarfile.open(os.path.join(shards, name)) as archive:
                for member in archive:
                    if member.name.partition(".")[0] in wanted:
                        subset.addfile(member, archive.extractfile(member))


def train_and_measure(diptych, data, pairs, steps, seed, folder, held_out):
    """The shares of the concepts whose held-out picture is named rightly, among the first one and five, and each
    class's."""
    os.makedirs(folder, exist_ok=True)
    config = os.path.join(folder, "small.json")
    with open(config, "w", encoding="utf-8") as file:
        json.dump(CONFIG, file)
    batch = min(BATCH, pairs)
    epochs = max(1, round(steps * batch / pairs))
    subprocess.run([diptych, "train", "--model", config, "--train-data", data, "--epochs", str(epochs), "--seed", str(seed),
                    "--logs", folder, "--name", f"seed-{seed}", "--batch-size", str(batch), *FLAGS],
                   check=True, stdout=subprocess.DEVNULL, env={**ENVIRONMENT, **os.environ})
    model = os.path.join(folder, f"seed-{seed}", "model")
    answer = subprocess.run([diptych, "evaluate", "zeroshot", "--json", "--model", model, "--template", "a photo of a {label}",
                             "--classnames", os.path.join(held_out, "names.json"), os.path.join(held_out, "pictures")],
                            check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)
