"""Captions: sentences of a concept's names and keywords, in English and in Chinese.

The trainer draws one caption of the list uniformly; names are repeated so that about two captions
in three say what the picture is and the rest what it has to do with. Every caption has its meaning
beside it, in English and without the sentence around it, from which the text tower learns where it
belongs.
"""

import functools
import itertools
import random
import re

NAME_TEMPLATES = {
    "en": ["{}", "{}", "{}", "A photo of a {}", "A photo of a {}", "a picture of a {}",
           "an emoji of a {}", "a drawing of a {}", "this is a {}", "{} emoji", "an icon of {}"],
    "zh": ["{}", "{}", "{}", "一张{}的照片", "{}的照片", "一张{}的图片", "{}的图片", "一幅{}的画",
           "{}表情", "这是{}"],
}
KEYWORD_TEMPLATES = {
    "en": ["{}", "A photo of a {}", "a picture of {}", "{} emoji"],
    "zh": ["{}", "{}的图片", "一张{}的照片"],
}
ICON_TEMPLATES = {
    "en": ["{}", "{}", "{}", "A photo of a {}", "{} icon", "an icon of a {}", "a drawing of a {}"],
    "zh": ["{}", "{}", "一张{}的照片", "{}图标", "{}的图片"],
}
JOIN = {"en": ", ", "zh": "，"}

# A keyword shared by more concepts than this says too little alone: it stands only in lists.
RARE = 6


class ConceptCaptions:
    """Makes a concept's captions; knows how common every keyword is, and uses none that names a
    held-out concept: those are to be words that training never saw."""

    def __init__(self, concepts, seed):
        self.seed = seed
        self.leaks = Leaks(concepts)
        self.frequency = {}
        for concept in concepts:
            for words in concept.keywords.values():
                for word in words:
                    self.frequency[word] = self.frequency.get(word, 0) + 1

    def of(self, concept):
        """[(caption, its meaning in English)]"""
        choice = random.Random(f"{self.seed} {concept.id}")
        captions = []
        for language in ("en", "zh"):
            names = list(zip(_spoken_names(concept, language), _spoken_names(concept, "en")))
            for template in NAME_TEMPLATES[language]:
                name, meaning = choice.choice(names)
                captions.append((template.format(name), meaning))
            captions += self._keyword_captions(concept, language, choice)
        return captions

    def _keyword_captions(self, concept, language, choice):
        words = [word for word in concept.keywords[language]
                 if not self.leaks.names_held_out(word)]
        rare = [word for word in words if self.frequency[word] <= RARE]
        captions = [(choice.choice(KEYWORD_TEMPLATES[language]).format(word), word)
                    for word in rare[:3]]
        lists = [[concept.names[language], *choice.sample(words, min(2, len(words)))]
                 for _ in range(2)] if words else []
        if len(words) >= 3:
            lists.append(choice.sample(words, min(4, len(words))))
        for parts in lists:
            choice.shuffle(parts)
            captions.append((JOIN[language].join(parts),) * 2)
        # Keywords of two languages are no translations of each other: all mean the concept.
        return [(text, meaning if language == "en" else concept.names["en"])
                for text, meaning in captions]


def icon_captions(icon, tags, chinese, look, choice):
    """[(caption, meaning)] of an icon: `tags` are other words for it, `chinese` translates (chinese.py),
    `look` is how it is drawn ("red", "white on blue", "outline"), or nothing."""
    name = icon.name
    captions = [(template.format(name), name) for template in ICON_TEMPLATES["en"]]
    captions += [(alias, alias) for alias in icon.aliases[:3]]
    captions += [(word, word) for word in choice.sample(tags, min(2, len(tags)))]
    for _ in range(min(2, len(tags))):
        parts = [name, *choice.sample(tags, min(2, len(tags)))]
        choice.shuffle(parts)
        captions.append((JOIN["en"].join(parts),) * 2)
    if look:
        captions.append((f"{look} {name}",) * 2)
    translated, words = chinese.of(name), chinese.tags(name)
    if translated:
        captions += [(template.format(translated), name) for template in ICON_TEMPLATES["zh"]]
    if translated and words:
        parts = [translated, *choice.sample(words, min(2, len(words)))]
        captions.append((JOIN["zh"].join(parts), name))
    return captions


def _spoken_names(concept, language):
    """The CLDR name and, where it is written as a catalogue entry ("flag: Egypt"), ways to say it;
    as many, in the same order, in every language."""
    name = concept.names[language]
    kind, colon, rest = re.match(r"([^:：]*)([:：]?)\s*(.*)", name).groups()
    if not colon or not rest:
        return [name]
    if kind == "flag":
        return [name, f"flag of {rest}", f"{rest} flag", rest]
    if kind == "旗":
        return [name, f"{rest}国旗", f"{rest}旗", rest]
    return [name, f"{kind} {rest}" if language == "en" else f"{kind}{rest}"]


# Words that many names share: an overlap in these alone leaks nothing.
COMMON = set("""a an and at button face facing flag for hand in keycap left man mark men of on open
or people person right sign symbol the to up down with without woman women small large medium big
""".split())


class Leaks:
    """Says whether a caption from another source names a held-out concept: an English caption with
    all the telling words of its name, or a Chinese caption with its name inside."""

    def __init__(self, concepts):
        held_out = [concept for concept in concepts if concept.held_out]
        self.english = {}  # a name's longest word -> the sets of telling words with it
        for concept in held_out:
            words = _telling_words(concept.names["en"])
            if words:
                self.english.setdefault(max(sorted(words), key=len), []).append(words)
        self.chinese = [name.split(":")[-1].strip() for name in
                        (concept.names["zh"] for concept in held_out)]
        self.names_held_out = functools.cache(self._names_held_out)  # hundreds of icons share a name

    def _names_held_out(self, caption):
        if not caption.isascii() and any(name in caption for name in self.chinese):
            return True
        words = _words(caption)
        return any(name <= words for word in words for name in self.english.get(word, ()))


def _words(text):
    """The words of a text, plurals as singulars."""
    words = re.findall(r"[a-z0-9]+", text.lower().replace("’", "'").replace("'s", ""))
    return set(map(_singular, words))


def _singular(word):
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("shes", "ches", "xes", "sses", "zes")):
        return word[:-2]
    plural = len(word) > 3 and word.endswith("s") and not word.endswith("ss")
    return word[:-1] if plural else word


def _telling_words(name):
    words = _words(name)
    return (words - COMMON) or words


def describe(title, keywords):
    """[(caption, meaning)] of a picture that has an English title and perhaps keywords."""
    captions = [(title, title)] * 2
    captions += [(template.format(title), title) for template in
                 itertools.islice(NAME_TEMPLATES["en"][3:], 4) if len(title) < 40]
    if keywords:
        captions.append((JOIN["en"].join(keywords[:5]),) * 2)
    return captions
