"""WordNet's nouns: words with what they mean, for the text tower and for the measure of synonyms."""

import re

_NOUNS = "/usr/share/wordnet/data.noun"
_INDEX = "/usr/share/wordnet/index.noun"
# Lexicographer files of what can be drawn.
_DRAWN = {"05": "animal", "06": "artifact", "08": "body", "13": "food", "17": "object", "18": "person",
          "19": "phenomenon", "20": "plant", "25": "shape"}


def drawn_synsets():
    """[(lemmas, gloss)] of the nouns that can be drawn, in WordNet's order; lemmas as they are written,
    without underscores."""
    synsets = []
    with open(_NOUNS, encoding="utf-8") as file:
        for line in file:
            if line.startswith("  "):
                continue  # the licence
            fields, _, gloss = line.partition("|")
            fields = fields.split()
            if fields[1] not in _DRAWN:
                continue
            count = int(fields[3], 16)
            lemmas = [re.sub(r"\(\w+\)$", "", lemma).replace("_", " ")
                      for lemma in fields[4:4 + 2 * count:2]]
            synsets.append((lemmas, re.split(r'; "|;', gloss.strip())[0]))
    return synsets


def first_meanings():
    """{noun: the lemmas of its commonest sense}, lower-case."""
    synsets, meanings = {}, {}
    with open(_NOUNS, encoding="utf-8") as file:
        for line in file:
            if not line.startswith("  "):
                fields = line.split(" ")
                count = int(fields[3], 16)
                synsets[fields[0]] = [re.sub(r"\(\w+\)$", "", lemma).replace("_", " ").lower()
                                      for lemma in fields[4:4 + 2 * count:2]]
    with open(_INDEX, encoding="utf-8") as file:
        for line in file:
            if not line.startswith("  "):
                fields = line.split()
                senses = int(fields[2])
                meanings[fields[0].replace("_", " ")] = synsets[fields[len(fields) - senses]]
    return meanings
