"""The folder of an epoch: links to the shards of each kind, as often as a part of the training is to see them."""

import os
import shutil


def link_shards(folder, name, times):
    """FOLDER/train/NAME, made anew. Every shard is a random choice of its kind, so half of a kind is half of its
    shards."""
    epoch = os.path.join(folder, "train", name)
    shutil.rmtree(epoch, ignore_errors=True)
    os.makedirs(epoch)
    for kind, count in times.items():
        once = os.path.join(folder, "once", kind)
        shards = sorted(entry for entry in os.listdir(once) if entry.endswith(".tar"))
        for number in range(round(count * len(shards))):
            time, which = divmod(number, len(shards))
            os.link(os.path.join(once, shards[which]), os.path.join(epoch, f"{kind}-{time}-{shards[which]}"))
    return epoch
