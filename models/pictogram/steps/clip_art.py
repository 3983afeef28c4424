"""Pictures that are no emoji: Tux Paint's stamps, with captions in many languages beside them, and
Open Clip Art, with a title and keywords inside each SVG."""

import html
import os
import re

from steps.captions import describe

LICENCES = {"tuxpaint": "GPL-2", "openclipart": "public domain"}

TUXPAINT = "/usr/share/tuxpaint/stamps"
OPENCLIPART = "/usr/share/openclipart/svg"

# Shapes and computer icons: thousands of near-equal drawings whose titles say little.
_LEFT_OUT = ("computer", "shapes", "logos", "buttons")
_EMPTY_TITLES = {"", "open clip art library", "untitled", "clipart", "new document", "unsorted"}
# One author's titles were copied from file to file; his file names tell the truth.
_COPIED_TITLE = "clipart by nicu buculei"
_LARGEST_SVG = 400_000  # bytes; the few larger take seconds each to draw


def tuxpaint():
    """(key, kind, source, captions) of every stamp with an English caption."""
    for path in _walk(TUXPAINT, (".png", ".svg")):
        stem, kind = os.path.splitext(path)
        if not os.path.exists(stem + ".txt") or (kind == ".svg" and os.path.exists(stem + ".png")):
            continue
        with open(stem + ".txt", encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
        if not lines or not lines[0].strip():
            continue
        captions = _sentence(lines[0], "en")
        chinese = next((line[len("zh_CN.utf8="):] for line in lines
                        if line.startswith("zh_CN.utf8=")), "")
        if chinese:
            captions += _sentence(chinese, "zh")
        yield _key("tuxpaint", path, TUXPAINT), kind, path, captions


def openclipart():
    """(key, kind, source, captions) of every picture with a title or keywords."""
    for path in _walk(OPENCLIPART, (".svg",)):
        if path[len(OPENCLIPART) + 1:].split(os.sep)[0] in _LEFT_OUT:
            continue
        if os.path.getsize(path) > _LARGEST_SVG:
            continue
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
        captions = _metadata_captions(text, os.path.basename(path))
        if captions:
            yield _key("openclipart", path, OPENCLIPART), ".svg", path, captions


def _walk(folder, endings):
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.endswith(endings):
                yield os.path.join(place, name)


def _key(source, path, folder):
    return source + "-" + re.sub(r"[^A-Za-z0-9-]+", "_", path[len(folder) + 1:])


def _sentence(text, language):
    """Captions of a sentence such as "A red apple." """
    text = text.strip().rstrip(".。!！")
    if language == "zh":
        return [text, text, text + "的图片", "一张" + text + "的照片"]
    bare = re.sub(r"^(an?|the|some) ", "", text, flags=re.IGNORECASE)
    return [text, bare, bare, f"A photo of a {bare}", f"a drawing of {text}"]


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
