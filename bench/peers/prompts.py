#!/usr/bin/env python3
"""ImageNet's prompts, 1,000 classes by 80 templates, through the text tower of a random-weight model: diptych beside open_clip.

Usage: prompts.py TOWERS [--model NAME] [--classes N] [--peer-classes N] [--precision NAME] [--threads N] [--rounds N] [--folder DIR]

TOWERS is the program peers_towers. Needs the packages of requirements.txt. Both take turns in one run, and the medians of their
rates are printed, with the lowest cosine between their features. open_clip takes ten classes at a time, as its own zero-shot
classifier does; its texts are padded, so that a prompt costs it the same however many there are, and few classes are enough to
know its rate. diptych computes beginnings that prompts share once, within what it takes at a time: more classes share more.
"""

import argparse
import os
import pathlib
import statistics
import tempfile
import time

import compare
import numpy as np

CLASSES_A_BATCH = 10


class OpenClip:
    def __init__(self, model, ids):
        self.tower, self.ids = model.towers["texts"], ids

    def features(self, classes, templates):
        import torch
        batches = []
        with torch.inference_mode():
            for first in range(0, classes * templates, CLASSES_A_BATCH * templates):
                last = min(first + CLASSES_A_BATCH * templates, classes * templates)
                batches.append(self.tower(torch.from_numpy(self.ids[first:last])).numpy())
        return np.concatenate(batches)

    def time(self, classes, templates):
        start = time.perf_counter()
        self.features(classes, templates)
        return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("towers")
    parser.add_argument("--model", default="ViT-B-32")
    parser.add_argument("--classes", type=int, default=1000, help="of diptych")
    parser.add_argument("--peer-classes", type=int, default=10, help="of open_clip")
    parser.add_argument("--precision", default="fp32", help="of diptych")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=pathlib.Path, help="where the model and the inputs are written")
    options = parser.parse_args()
    folder = options.folder or pathlib.Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    import open_clip
    import torch

    import models
    import systems
    torch.set_num_threads(options.threads)
    model = models.make_model(options.model, 1)
    model.save(folder)
    templates = open_clip.OPENAI_IMAGENET_TEMPLATES
    names = open_clip.IMAGENET_CLASSNAMES[:max(options.classes, options.peer_classes)]
    ids = open_clip.get_tokenizer(options.model)([template(name) for name in names for template in templates]).numpy()
    peer = OpenClip(model, ids)
    inputs = {"images": np.zeros((1, 3, model.image_size, model.image_size), dtype=np.float32), "texts": ids}
    ours = systems.Diptych(options.towers, folder, inputs, options.precision, options.threads, folder)

    rates = {"open_clip": [], "diptych": []}
    for _ in range(options.rounds):
        rates["open_clip"].append(options.peer_classes * len(templates) / peer.time(options.peer_classes, len(templates)))
        time.sleep(compare.PAUSE_SECONDS)
        rates["diptych"].append(options.classes * len(templates) / ours.time("texts", options.classes * len(templates)))
    both = min(options.classes, options.peer_classes)
    cosine = compare.lowest_cosine(ours.features("texts", both * len(templates)), peer.features(both, len(templates)))
    medians = {name: statistics.median(rate) for name, rate in rates.items()}
    print(f"{options.model}, random weights, {options.precision}; {compare.processor()}, {options.threads} threads; {compare.versions()}; "
          f"medians of {options.rounds} rounds\n")
    for name, rate in medians.items():
        print(f"{name:10} {rate:8.1f} prompts/s, {len(open_clip.IMAGENET_CLASSNAMES) * len(templates) / rate:8.0f} s for all of ImageNet's")
    print(f"ratio {medians['diptych'] / medians['open_clip']:.2f}, lowest cosine {cosine:.7f}")


if __name__ == "__main__":
    main()
