"""Icons of the sets that @iconify/json carries, with a name each."""

import json
import os
import re

from steps import kept_out

# What an Apache-2.0 model may be trained on without doubt. CC BY-SA, GPL, MPL and NC are left out.
LICENCES = {"MIT", "Apache-2.0", "CC-BY-4.0", "CC-BY-3.0", "CC0-1.0", "OFL-1.1", "ISC",
            "Unlicense", "BSD-3-Clause"}

# Logos and file types say a brand and not what is seen; emoji are taken concept by concept (styles.py).
_LEFT_OUT_CATEGORIES = {"Logos", "Programming", "Emoji"}
_LEFT_OUT = {"cryptocurrency", "academicons", "fa-brands", "fa6-brands", "fa7-brands", "fad",
             "svg-spinners", "bpmn", "ginetex", "websymbol", "il", "token", "flag", "flagpack",
             "circle-flags", "cif", "fluent-emoji", "bitcoin-icons"}

# How sets say that an icon is drawn in another way, or at another size.
_MANNERS = ("outline", "outlined", "filled", "fill", "line", "linear", "bold", "duotone", "duo",
            "twotone", "two-tone", "sharp", "rounded", "round", "solid", "thin", "regular", "broken",
            "negative", "alt", "flat", "remix", "color", "o")
_TAIL = re.compile(rf"(-({'|'.join(_MANNERS)}|\d+px|\d+))+$")
_HEAD = re.compile(r"^(baseline|outline|round|sharp|twotone)-")


class Icon:
    """One drawing. `name` is what it shows ("arrow left"), `manner` how ("outline"); `colours` says
    whether it has colours of its own; `aliases` are other names of it."""

    __slots__ = ("set", "id", "name", "manner", "colours", "aliases", "body", "box")

    def __init__(self, **fields):
        for field, value in fields.items():
            setattr(self, field, value)


def set_names(iconify):
    """{set: licence} of the sets that are trained on."""
    with open(os.path.join(iconify, "collections.json"), encoding="utf-8") as file:
        collections = json.load(file)
    unseen = kept_out.names("icon-set")
    return {name: facts["license"]["spdx"] for name, facts in sorted(collections.items())
            if facts["license"].get("spdx") in LICENCES and name not in unseen | _LEFT_OUT
            and facts.get("category") not in _LEFT_OUT_CATEGORIES}


def read_set(iconify, name):
    """The icons of a set, in its order."""
    with open(os.path.join(iconify, "json", f"{name}.json"), encoding="utf-8") as file:
        listing = json.load(file)
    manners = sorted(filter(None, listing.get("suffixes", {})), key=len, reverse=True)
    aliases = {}
    for alias, target in listing.get("aliases", {}).items():
        if set(target) == {"parent"}:  # not a mirrored or turned copy
            aliases.setdefault(target["parent"], []).append(spoken(alias, manners)[0])
    palette = listing.get("info", {}).get("palette", False)
    icons = []
    for id_, icon in listing["icons"].items():
        if icon.get("hidden"):
            continue
        shown, manner = spoken(id_, manners)
        others = [alias for alias in dict.fromkeys(aliases.get(id_, [])) if alias != shown]
        width, height = (icon.get(side, listing.get(side, 16)) for side in ("width", "height"))
        icons.append(Icon(set=name, id=id_, name=shown, manner=manner, colours=palette,
                          aliases=others, body=icon["body"],
                          box=(icon.get("left", 0), icon.get("top", 0), width, height)))
    return icons


def spoken(id_, manners):
    """("arrow left", "outline") of "arrow-left-outline"; `manners` are the set's own suffixes."""
    base, manner = id_, ""
    for suffix in manners:
        if base.endswith("-" + suffix):
            base, manner = base[:-len(suffix) - 1], suffix
            break
    head = _HEAD.match(base)
    if head and head.end() < len(base):
        base, manner = base[head.end():], manner or head.group(1)
    tail = _TAIL.search(base)
    if tail and tail.start() > 0:
        base, manner = base[:tail.start()], manner or tail.group(2)
    base = re.sub(r"(?<=[a-z])\d+$", "", base) or base
    return re.sub(r"[^a-z0-9]+", " ", base.lower()).strip(), manner.replace("-", " ")
