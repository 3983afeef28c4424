"""Which icons are kept. Sets draw the same few hundred arrows and documents again and again; so icons go
through MetaCLIP's curation: the words of a name are its queries, and a name of common words is kept with
the probability that `diptych curate balance` gives it."""

import json
import os
import shutil
import subprocess

# How many icons a word may have before it is thinned out.
ICONS_A_WORD = 110


def balanced(diptych, icons, folder, seed):
    """The icons that are kept, in their order; `icons` are (key, icon)."""
    os.makedirs(folder, exist_ok=True)

    def path(name):
        return os.path.join(folder, name)

    words = sorted({word for _, icon in icons for word in icon.name.split()})
    with open(path("words.json"), "w", encoding="utf-8") as file:
        json.dump(words, file)
    with open(path("names.jsonl"), "w", encoding="utf-8") as file:
        for key, icon in icons:
            file.write(json.dumps({"key": key, "text": icon.name}) + "\n")
    run = [diptych, "curate"]
    subprocess.run([*run, "match", "--entries", path("words.json"), "--texts", path("names.jsonl"),
                    "--out", path("matches.jsonl"), "--counts", path("counts.json"), "--overwrite"],
                   check=True)
    subprocess.run([*run, "balance", "--matches", path("matches.jsonl"), "--counts", path("counts.json"),
                    "--t", str(ICONS_A_WORD), "--seed", str(seed), "--out", path("kept.jsonl"),
                    "--overwrite"], check=True)
    with open(path("kept.jsonl"), encoding="utf-8") as file:
        kept = {json.loads(line)["key"] for line in file}
    return [(key, icon) for key, icon in icons if key in kept]


def without_copies(diptych, drawn, out, against=(), exact=False):
    """Writes the shards of `drawn` without copies to `out`, and checks them."""
    how = ["--exact"] if exact else ["--distance", "1"]
    unlike = [argument for folder in against for argument in ("--against", folder)]
    shutil.rmtree(out, ignore_errors=True)
    subprocess.run([diptych, "curate", "dedup", drawn, "--out", out, *how, *unlike], check=True)
    subprocess.run([diptych, "shards", "doctor", out, "--json-text-key", "captions"], check=True)
