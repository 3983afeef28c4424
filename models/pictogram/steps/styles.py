"""The styles: which picture of which package draws which concept.

A style lists drawings: (concept id, kind, source), where the kind says how `draw` makes the
picture: "copy" (a PNG that is small already), "svg" (the text of an SVG), "webp" (a file).
"""

import json
import os
import re
import shutil
import subprocess
import unicodedata

from steps import drawing
from steps.concepts import concept_id
from steps.looks import document

# Licences as the packages state them. CC BY-SA sets (OpenMoji, Emoji One v1) are not taken.
LICENCES = {
    "google": "Apache-2.0",
    "google-3": "Apache-2.0",
    "google-4": "Apache-2.0",
    "google-6": "Apache-2.0",
    "noto": "Apache-2.0",
    "noto-v1": "Apache-2.0",
    "twitter": "CC-BY-4.0",
    "twemoji": "CC-BY-4.0",
    "fluent": "MIT",
    "fluent-flat": "MIT",
    "fluent-3d": "MIT",
    "fluent-high-contrast": "MIT",
    "emojione": "CC-BY-4.0",
    "fxemoji": "Apache-2.0",
    "streamline": "CC-BY-4.0",
    "circle-flags": "MIT",
    "flag-icons": "MIT",
    "flagpack": "MIT",
    "cif": "CC0-1.0",
}

# style -> the set of @iconify/json
_ICONIFY = {
    "noto": "noto", "noto-v1": "noto-v1", "twemoji": "twemoji", "fluent": "fluent-emoji",
    "fluent-flat": "fluent-emoji-flat", "fluent-high-contrast": "fluent-emoji-high-contrast",
    "emojione": "emojione", "fxemoji": "fxemoji", "streamline": "streamline-emojis",
}
_FLAGS = {"circle-flags": "circle-flags", "flag-icons": "flag", "flagpack": "flagpack", "cif": "cif"}


def all_styles(places, concepts):
    """{style: drawings} for the unpacked packages `places`, those kept out included."""
    known = {concept.id for concept in concepts}
    google = "emoji-datasource-google"
    iconify = places["@iconify/json"]
    by_name = _names(places, concepts)
    styles = {
        "google": _png_folder(places[google], "google"),
        "google-3": _png_folder(places[google, "3.0.0"], "google"),
        "google-4": _png_folder(places[google, "4.1.0"], "google"),
        "google-6": _png_folder(places[google, "6.0.1"], "google"),
        "twitter": _png_folder(places["emoji-datasource-twitter"], "twitter"),
        "fluent-3d": _webp_folder(os.path.join(places["@lobehub/fluent-emoji-3d"], "assets")),
    }
    styles.update({style: _iconify(iconify, name, by_name) for style, name in _ICONIFY.items()})
    styles.update({style: _flags(iconify, name) for style, name in _FLAGS.items()})
    return {
        style: [drawing for drawing in drawings if drawing[0] in known]
        for style, drawings in styles.items()
    }


def draw(kind, source, path):
    """Writes the picture to `path`, a PNG. False when it cannot be drawn."""
    if kind == "copy":
        shutil.copyfile(source, path)
        return True
    if kind == "svg":
        return drawing.draw_svg(source.encode(), path)
    scale = ["-resize", str(drawing.SIZE), "0"]
    return subprocess.run(["dwebp", "-quiet", *scale, source, "-o", path], check=False,
                          stderr=subprocess.DEVNULL).returncode == 0


def _files(folder, extension):
    for name in sorted(os.listdir(folder)):
        stem, ending = os.path.splitext(name)
        if ending == extension:
            yield concept_id(stem), os.path.join(folder, name)


def _png_folder(package, vendor):
    folder = os.path.join(package, "img", vendor, "64")
    return [(id, "copy", path) for id, path in _files(folder, ".png")]


def _webp_folder(folder):
    return [(id, "webp", path) for id, path in _files(folder, ".webp")]


def _icons(iconify, set_):
    """(name, SVG) of the icons of a set, its aliases included."""
    with open(os.path.join(iconify, "json", f"{set_}.json"), encoding="utf-8") as file:
        listing = json.load(file)
    sides = {side: listing.get(side, 16) for side in ("width", "height")}
    for name, icon in listing["icons"].items():
        box = (icon.get("left", 0), icon.get("top", 0),
               icon.get("width", sides["width"]), icon.get("height", sides["height"]))
        svg = document(icon["body"], box)
        yield name, svg
        for alias, target in listing.get("aliases", {}).items():
            if target == {"parent": name}:  # not a mirrored or turned copy
                yield alias, svg


def _iconify(iconify, set_, by_name):
    """Icons whose name is that of a concept; a trailing number is a second drawing of it."""
    drawings = {}
    for name, svg in _icons(iconify, set_):
        id = _find(by_name, name)
        if id:
            drawings.setdefault((id, svg), (id, "svg", svg))
    return list(drawings.values())


def _flags(iconify, set_):
    """Icons named by country code ("fr", "gb-eng"), in the shape "4x3" where there are several."""
    drawings = []
    for name, svg in _icons(iconify, set_):
        code = re.fullmatch(r"([a-z]{2}|gb-eng|gb-sct|gb-wls)(-4x3)?", name)
        if code:
            drawings.append((_flag_id(code.group(1)), "svg", svg))
    return drawings


def _flag_id(code):
    if len(code) == 2:
        return "-".join(f"{0x1F1E6 + ord(letter) - ord('a'):X}" for letter in code)
    tags = [f"{0xE0000 + ord(letter):X}" for letter in code if letter != "-"]
    return "-".join(["1F3F4", *tags, "E007F"])


def _find(by_name, name):
    name = re.sub(r"-\d+$", "", name).replace("flag-for-", "flag-")
    key = _key(name)
    endings = ("", "face", "button", "symbol", "sign")
    tries = [key + ending for ending in endings]
    tries += [key.removesuffix(ending) for ending in endings[1:]]
    return next((by_name[key] for key in tries if key in by_name), None)


def _key(name):
    plain = unicodedata.normalize("NFKD", name.lower().replace("&", "and"))
    return re.sub(r"[^a-z0-9]", "", plain.replace("’", ""))


def _names(places, concepts):
    """{name without punctuation: concept id}; on a clash CLDR's names go first, then iconify's
    tables, then Unicode's names and the short names of emoji-datasource."""
    by_name = {}
    known = {concept.id for concept in concepts}

    def add(name, id):
        if id in known:
            by_name.setdefault(_key(name), id)

    for concept in concepts:
        add(concept.names["en"], concept.id)
    for set_ in ("noto", "twemoji", "openmoji", "fluent-emoji-flat"):  # their names alone
        path = os.path.join(places["@iconify/json"], "json", f"{set_}.json")
        with open(path, encoding="utf-8") as file:
            for code, name in sorted(json.load(file).get("chars", {}).items()):
                add(name, concept_id(code))
    with open(os.path.join(places["emoji-datasource-google"], "emoji.json"),
              encoding="utf-8") as file:
        listing = json.load(file)
    for emoji in listing:
        add(emoji["name"] or "", concept_id(emoji["unified"]))
    for emoji in listing:
        for name in emoji["short_names"]:
            add(name, concept_id(emoji["unified"]))
    by_name.pop("", None)
    return by_name
