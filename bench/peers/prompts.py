#!/usr/bin/env python3
"""ImageNet's prompts, 1,000 classes by 80 templates, through the text tower of a random-weight model: diptych beside open_clip.

Usage: prompts.py TOWERS [--model NAME] [--classes N] [--peer-classes N] [--precision NAME] [--threads N] [--rounds N] [--folder DIR]

TOWERS is the program peers_towers. Needs the packages of requirements.txt. Both take turns in one run, and the medians of their
rates are printed, with the lowest cosine between their features. open_clip takes ten classes at a time, as its own zero-shot
classifier does; its texts are padded, so that a prompt costs it the same however many there are, and few classes are enough to
know its rate. diptych computes beginnings that prompts share once, within what it takes at a time: more classes share more.
"""

import statistics
import time

import compare
import numpy as np

CLASSES_A_BATCH = 10


def main():
    parser = compare.shared_options(rounds=3)
    parser.add_argument("--classes", type=int, default=1000, help="of diptych")
    parser.add_argument("--peer-classes", type=int, default=10, help="of open_clip")
    parser.add_argument("--precision", default="fp32", help="of diptych")
    options = parser.parse_args()
    folder, model = compare.prepare(options)
    import open_clip

    import systems
    model.save(folder)
    templates = open_clip.OPENAI_IMAGENET_TEMPLATES
    names = open_clip.IMAGENET_CLASSNAMES[:max(options.classes, options.peer_classes)]
    ids = open_clip.get_tokenizer(options.model)([template(name) for name in names for template in templates]).numpy()
    inputs = {"images": np.zeros((1, 3, model.image_size, model.image_size), dtype=np.float32), "texts": ids}
    peer = systems.TorchInBatches(model, inputs, "fp32", CLASSES_A_BATCH * len(templates))
    ours = systems.Diptych(options.towers, folder, inputs, options.precision, options.threads, folder)

    counts = {"open_clip": options.peer_classes * len(templates), "diptych": options.classes * len(templates)}
    rates = {name: [] for name in counts}
    for _ in range(options.rounds):
        for name, system in (("open_clip", peer), ("diptych", ours)):
            time.sleep(compare.PAUSE_SECONDS)
            rates[name].append(counts[name] / system.time("texts", counts[name]))
    both = min(counts.values())
    cosine = compare.lowest_cosine(ours.features("texts", both), peer.features("texts", both))
    medians = {name: statistics.median(rate) for name, rate in rates.items()}
    print(f"{options.model}, random weights, {options.precision}; {compare.processor()}, {options.threads} threads; {compare.versions()}; "
          f"medians of {options.rounds} rounds\n")
    for name, rate in medians.items():
        print(f"{name:10} {rate:8.1f} prompts/s, {len(open_clip.IMAGENET_CLASSNAMES) * len(templates) / rate:8.0f} s for all of ImageNet's")
    print(f"ratio {medians['diptych'] / medians['open_clip']:.2f}, lowest cosine {cosine:.7f}")


if __name__ == "__main__":
    main()
