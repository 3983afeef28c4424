"""What figures are made of, beside ranks: how well confidence is calibrated, which queries are synonyms that no
caption has, and what a search over file names finds."""

import math
import operator
import re

BINS = 15


def calibration_error(rows, names, right, scale):
    """The expected calibration error in percent (arXiv 1706.04599): how far, on average over bins of
    confidence, the share of right first answers is from the confidence. Confidence is the softmax of
    `scale` times the cosine over all names."""
    bins = [[0, 0, 0.0] for _ in range(BINS)]
    for row, own in zip(rows, right):
        cosines = [sum(map(operator.mul, row, name)) for name in names]
        best = max(range(len(cosines)), key=cosines.__getitem__)
        total = sum(math.exp(scale * (cosine - cosines[best])) for cosine in cosines)
        place = bins[min(int(BINS / total), BINS - 1)]
        place[0] += 1
        place[1] += best == own
        place[2] += 1 / total
    return 100.0 * sum(abs(hits - confidence) for _, hits, confidence in bins) / len(right)


def synonyms(concepts, pictured, captions, meanings):
    """[(query, number of the concept)]: other words of WordNet for a pictured concept's name, of which no
    caption has one. `meanings` are wordnet.first_meanings."""
    lines = "\n".join(captions).lower()
    found = []
    for number in pictured:
        name = re.sub(r" face$", "", concepts[number].names["en"].lower())
        for lemma in meanings.get(name, []):
            if lemma != name and not re.search(rf"\b{re.escape(lemma)}\b", lines):
                found.append((lemma, number))
    return found


def keyword_ranks(queries, file_names):
    """For every (query, number of the right file) how many other files share as many words with it; as many
    as there are files when the right one shares none."""
    words = [_words(name) for name in file_names]
    ranks = []
    for query, right in queries:
        asked = _words(query)
        shared = [len(asked & named) for named in words]
        mark = shared[right]
        ranks.append(sum(count >= mark for count in shared) - 1 if mark else len(words))
    return ranks


def _words(text):
    return set(re.findall(r"[a-z0-9]+", text.lower()))
