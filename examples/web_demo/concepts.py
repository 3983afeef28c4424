"""What the web shows: emoji of two vendors with CLDR's names in six languages, and a third vendor's to measure with."""

import dataclasses
import json
import os
import re
import xml.etree.ElementTree

from pictures import can_be_read

ANNOTATIONS = "/usr/share/unicode/cldr/common/annotations"
LANGUAGES = ("en", "de", "fr", "es", "zh", "ja")
VENDORS = ("google", "twitter")
HELD_OUT_VENDOR = "facebook"
RELEASE = "16.0.0"
_CATEGORIES = {"Animals & Nature", "Food & Drink", "Objects", "Travel & Places", "Activities"}


@dataclasses.dataclass(frozen=True)
class Concept:
    id: str  # the picture's file name without its ending
    names: dict  # language -> name
    pictures: dict  # vendor -> path of a PNG


def read_concepts(places, annotations, chance, count):
    """`count` concepts that all vendors draw and that have one plain name a language. `places`: vendor -> package;
    `annotations`: the folder of CLDR's names."""
    with open(os.path.join(places[VENDORS[0]], "emoji.json"), encoding="utf-8") as file:
        emoji = json.load(file)
    names = {language: _names(os.path.join(annotations, f"{language}.xml")) for language in LANGUAGES}
    concepts, taken = [], set()
    for entry in sorted(emoji, key=lambda entry: entry["unified"]):
        pictures = {vendor: os.path.join(place, "img", vendor, "64", entry["image"]) for vendor, place in places.items()}
        characters = "".join(chr(int(code, 16)) for code in entry["unified"].split("-") if code != "FE0F")
        named = {language: names[language].get(characters, "") for language in LANGUAGES}
        is_wanted = (entry["category"] in _CATEGORIES and re.fullmatch("[a-z]+( [a-z]+)?", named["en"])
                     and all(named.values()) and all(map(can_be_read, pictures.values())))
        if not is_wanted or taken & set(named.values()):
            continue
        taken |= set(named.values())
        concepts.append(Concept(entry["image"].removesuffix(".png"), named, pictures))
    if len(concepts) < count:
        raise SystemExit(f"got {len(concepts)} concepts with names and pictures, expected {count}")
    return chance.sample(concepts, count)


def _names(path):
    """characters -> name, without those that hold a mark which the matching puts spaces around."""
    tree = xml.etree.ElementTree.parse(path)
    named = {entry.get("cp").replace("\ufe0f", ""): entry.text.strip().lower()
             for entry in tree.iter("annotation") if entry.get("type") == "tts"}
    return {characters: name for characters, name in named.items() if not re.search("[,.;:?!`()“”]", name)}
