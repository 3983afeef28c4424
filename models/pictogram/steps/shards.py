"""Webdataset shards: KEY.png and KEY.json with {"concept": group, "captions": [...]} of every sample."""

import io
import json
import os
import random
import tarfile

SHARD_SAMPLES = 2000


def write_shards(folder, name, samples, seed):
    """All samples in one random order, so that a batch mixes styles."""
    os.makedirs(folder, exist_ok=True)
    order = sorted(samples, key=lambda sample: sample["key"])
    random.Random(seed).shuffle(order)
    for first in range(0, len(order), SHARD_SAMPLES):
        path = os.path.join(folder, f"{name}-{first // SHARD_SAMPLES:03d}.tar")
        with tarfile.open(path + ".part", "w", format=tarfile.USTAR_FORMAT) as shard:
            for sample in order[first:first + SHARD_SAMPLES]:
                _add(shard, sample)
        os.replace(path + ".part", path)
    print(f"{len(order)} samples in {folder}", flush=True)


def _add(shard, sample):
    with open(sample["path"], "rb") as file:
        picture = file.read()
    captions = [text for text, _ in sample["captions"]]
    text = {"concept": sample["concept"], "captions": captions}
    for ending, data in (("png", picture),
                         ("json", json.dumps(text, ensure_ascii=False).encode())):
        member = tarfile.TarInfo(f"{sample['key']}.{ending}")
        member.size = len(data)
        shard.addfile(member, io.BytesIO(data))


def copy_beginning(folder, count, path):
    """The first `count` samples of the folder's first shard, as a shard of their own."""
    first = min(name for name in os.listdir(folder) if name.endswith(".tar"))
    with tarfile.open(os.path.join(folder, first)) as source, tarfile.open(path, "w") as out:
        for _ in range(2 * count):  # a picture and its captions each
            member = source.next()
            out.addfile(member, source.extractfile(member))
