"""Chinese for names of icons: CLDR's names of emoji, IconPark's titles, and a list of the commonest words
of icon names (chinese_words.tsv, written for this recipe), which longer names are put together from."""

import os
import re

_WORDS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "chinese_words.tsv")


class Chinese:
    """Translates; what it has no word for, it does not. `titles` are those of tags.py.
    Names of held-out concepts are left out."""

    def __init__(self, concepts, titles, leaks):
        self._known = {}
        with open(_WORDS, encoding="utf-8") as file:
            for line in file:
                self._known.setdefault(*line.rstrip("\n").split("\t"))
        for concept in concepts:
            if not concept.held_out and "flag" not in concept.names["en"]:
                self._known.setdefault(_plain(concept.names["en"]), concept.names["zh"])
        self._tags = {}
        for english, chinese, tags in titles:
            if not any(map(leaks.names_held_out, (english, chinese, *tags))):
                self._known.setdefault(english, chinese)
                self._tags.setdefault(english, tags)
        self._longest = max(len(name.split()) for name in self._known)

    def of(self, name):
        """The Chinese of a name, of its longest known parts from the left; None when a part has none."""
        words, parts = name.split(), []
        while words:
            count = min(len(words), self._longest)
            while count and " ".join(words[:count]) not in self._known:
                count -= 1
            if not count:
                return None
            parts.append(self._known[" ".join(words[:count])])
            words = words[count:]
        return "".join(parts) if len(parts) <= 3 else None

    def tags(self, name):
        """Other Chinese words for a name; often none."""
        return self._tags.get(name, [])

    def pairs(self):
        """[(English, Chinese)] of all that is known as a whole."""
        return sorted(self._known.items())


def _plain(text):
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()
