"""The list of pictures that the model is trained on: set, author, licence, number. Licences that ask for
attribution get it there."""

import json
import os

# Sets that are no sets of @iconify/json, or have another name there.
AUTHORS = {
    "flag-icons": ("Flag Icons", "Panayiotis Lipiridis"),
    "fluent-3d": ("Fluent Emoji 3D", "Microsoft Corporation"),
    "fluent-flat": ("Fluent Emoji Flat", "Microsoft Corporation"),
    "fluent-high-contrast": ("Fluent Emoji High Contrast", "Microsoft Corporation"),
    "google": ("Noto Emoji", "Google LLC"),
    "google-3": ("Noto Emoji, 2016", "Google LLC"),
    "google-4": ("Noto Emoji, 2017", "Google LLC"),
    "google-6": ("Noto Emoji, 2020", "Google LLC"),
    "openclipart": ("Open Clip Art", "the contributors of Open Clip Art"),
    "twitter": ("Twemoji", "Twitter, Inc. and other contributors"),
}

HEAD = """# Pictures that the embedded model was trained on

`build_data` writes this list. The pictures are not in diptych; the model is made from them.

| set | by | licence | pictures |
|---|---|---|---|
"""


def write(path, table, iconify):
    """`table`: build_data's licences.json; `iconify`: the folder of @iconify/json."""
    with open(os.path.join(iconify, "collections.json"), encoding="utf-8") as file:
        collections = json.load(file)
    rows = [(*title_and_author(name, collections), row["licence"], row["trained"])
            for name, row in table.items() if row["trained"] > 0]
    with open(path, "w", encoding="utf-8") as file:
        file.write(HEAD)
        for row in sorted(rows, key=lambda row: row[0].lower()):
            file.write("| " + " | ".join(str(cell) for cell in row) + " |\n")


def title_and_author(name, collections):
    if name in AUTHORS:
        return AUTHORS[name]
    if name not in collections:
        raise SystemExit(f"{name}: got a set without an author, expected one of @iconify/json or of AUTHORS "
                         "in steps/picture_list.py")
    return collections[name]["name"], collections[name]["author"]["name"]
