"""Words that icon packages give for their icons, joined by name: what one package says of its rocket
holds for all rockets."""

import json
import os
import re

_LONGEST = 28  # characters of a tag that is a word or two, not a sentence
_NO_TAGS = {"outline", "sharp", "staff", "stafftools", "emoji", "unsupported icon", "a11y"}


def read_tags(places):
    """{name: [tags]} of all packages, in a fixed order. `places` are the unpacked packages."""
    tags = {}

    def add(name, words):
        name = _plain(name)
        known = tags.setdefault(name, [])
        for word in map(_plain, words):
            if _is_useful(word) and word != name and word not in known:
                known.append(word)

    for read in (_lucide, _phosphor, _tabler, _material, _ionicons, _octicons, _font_awesome):
        for name, words in read(places):
            add(name, words)
    return {name: words for name, words in tags.items() if words}


def chinese_titles(places):
    """[(English name, Chinese title, [Chinese tags])] of IconPark's icons."""
    titles = []
    for icon in _load(places["@icon-park/svg"], "icons.json"):
        words = [re.sub(r"[\s\d()（）]+$", "", word.strip()) for word in (icon["title"], *icon["tag"])]
        words = [word for word in dict.fromkeys(words) if re.fullmatch("[\u4e00-\u9fff]{1,8}", word)]
        if words:
            titles.append((_plain(icon["name"]), words[0], words[1:]))
    return titles


def _lucide(places):
    return _load(places["lucide-static"], "tags.json").items()


def _phosphor(places):
    path = os.path.join(places["@phosphor-icons/core"], "dist", "index.mjs")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for name, words in re.findall(r'name: "([a-z0-9-]+)",.*?tags: \[([^\]]*)\]', text, re.DOTALL):
        yield name, [word for word in re.findall(r'"([^"]*)"', words) if not word.startswith("*")]


def _tabler(places):
    for name, icon in _load(places["@tabler/icons"], "icons.json").items():
        yield name, map(str, icon["tags"])


def _material(places):
    for icon in _load(places["@mdi/svg"], "meta.json"):
        yield icon["name"], icon["aliases"]


def _ionicons(places):
    for icon in _load(places["ionicons"], "dist/ionicons.json")["icons"]:
        yield re.sub(r"-(outline|sharp)$", "", icon["name"]), icon["tags"]


def _octicons(places):
    for name, icon in _load(places["@primer/octicons"], "build/data.json").items():
        yield name, icon["keywords"]


def _font_awesome(places):
    for name, icon in _load(places["@fortawesome/fontawesome-free"],
                            "metadata/icon-families.json").items():
        yield name, [str(word) for word in icon.get("search", {}).get("terms", [])]


def _load(place, name):
    with open(os.path.join(place, name), encoding="utf-8") as file:
        return json.load(file)


def _plain(text):
    return re.sub(r"[^a-z0-9']+", " ", text.lower()).strip()


def _is_useful(word):
    return (2 < len(word) <= _LONGEST and not word.isdigit() and len(word.split()) <= 3
            and word not in _NO_TAGS)
