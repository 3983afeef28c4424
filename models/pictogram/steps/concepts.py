"""The concepts: every emoji without skin tones that Unicode's CLDR names in both languages."""

import dataclasses
import json
import os
import xml.etree.ElementTree

CLDR = "/usr/share/unicode/cldr/common"

# Every tenth concept of the sorted list is never trained on, in any style.
HELD_OUT_EVERY = 10


@dataclasses.dataclass(frozen=True)
class Concept:
    id: str  # code points in hexadecimal without variation selectors, as "1F468-200D-1F692"
    names: dict  # language -> CLDR's short name
    keywords: dict  # language -> CLDR's keywords, the name left out
    held_out: bool


def concept_id(codes):
    """The id for code points written in hexadecimal with hyphens."""
    return "-".join(code for code in codes.upper().split("-") if code != "FE0F")


def read_concepts(emoji_datasource):
    """The concepts sorted by id. `emoji_datasource` is an unpacked emoji-datasource package, for
    its list of emoji."""
    annotations = {language: _annotations(language) for language in ("en", "zh")}
    with open(os.path.join(emoji_datasource, "emoji.json"), encoding="utf-8") as file:
        ids = sorted({concept_id(emoji["unified"]) for emoji in json.load(file)})
    named = [id for id in ids if all(_characters(id) in known for known in annotations.values())]
    concepts = []
    for index, id in enumerate(named):
        names, keywords = {}, {}
        for language, known in annotations.items():
            names[language], keywords[language] = known[_characters(id)]
        held_out = index % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
        concepts.append(Concept(id, names, keywords, held_out))
    return concepts


def _characters(id):
    return "".join(chr(int(code, 16)) for code in id.split("-"))


def _annotations(language):
    """{characters: (name, keywords)} of one language."""
    names, keywords = {}, {}
    for folder in ("annotations", "annotationsDerived"):
        tree = xml.etree.ElementTree.parse(os.path.join(CLDR, folder, f"{language}.xml"))
        for annotation in tree.iter("annotation"):
            characters = annotation.get("cp").replace("\ufe0f", "")
            if annotation.get("type") == "tts":
                names[characters] = annotation.text.strip()
            else:
                keywords[characters] = [word.strip() for word in annotation.text.split("|")]
    return {
        characters: (name, [word for word in keywords.get(characters, []) if word != name])
        for characters, name in names.items()
    }
