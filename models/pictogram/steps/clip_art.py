"""Open Clip Art, with a title and keywords inside each SVG."""

import html
import os
import re

from steps.captions import describe

LICENCES = {"openclipart": "public domain"}

OPENCLIPART = "/usr/share/openclipart/svg"

_LEFT_OUT = ("logos", "buttons")
_EMPTY_TITLES = {"", "open clip art library", "untitled", "clipart", "new document", "unsorted"}
# One author's titles were copied from file to file; his file names tell the truth.
_COPIED_TITLE = "clipart by nicu buculei"
_LARGEST_SVG = 400_000  # bytes; the few larger take seconds each to draw


def openclipart():
    """(key, path, [(caption, meaning)]) of every picture with a title or keywords."""
    for path in _walk(OPENCLIPART, (".svg",)):
        if path[len(OPENCLIPART) + 1:].split(os.sep)[0] in _LEFT_OUT:
            continue
        if os.path.getsize(path) > _LARGEST_SVG:
            continue
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
        captions = _metadata_captions(text, os.path.basename(path))
        if captions:
            yield _key("openclipart", path, OPENCLIPART), path, captions


def _walk(folder, endings):
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.endswith(endings):
                yield os.path.join(place, name)


def _key(source, path, folder):
    return source + "-" + re.sub(r"[^A-Za-z0-9-]+", "_", path[len(folder) + 1:])


def _metadata_captions(svg, name):
    title = re.search(r"<dc:title>([^<]*)<", svg)
    subject = re.search(r"<dc:subject>(.*?)</dc:subject>", svg, re.DOTALL)
    title = _clean(title.group(1)) if title else ""
    if title.startswith(_COPIED_TITLE):
        title = _clean(name.removesuffix(".svg"))
    words = re.findall(r"<rdf:li>([^<]*)<", subject.group(1)) if subject else []
    words = [word for word in map(_clean, words) if word not in _EMPTY_TITLES]
    words = [word for word in dict.fromkeys(words) if len(word) > 2 and word != title]
    if title in _EMPTY_TITLES or len(title) > 60:
        return describe(words[0], words[1:]) if words else []
    return describe(title, words)


def _clean(text):
    """Lower case, without the numbers and underscores of file names."""
    text = re.sub(r"[_\d()]+", " ", html.unescape(text).lower())
    return re.sub(r"\s+", " ", text).strip(" .-")
