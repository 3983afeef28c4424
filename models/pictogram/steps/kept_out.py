"""What training never sees: kept_out.txt names it, one a line, after its kind."""

import os

_FILE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "kept_out.txt")
KINDS = ("package", "icon-set", "style", "picture")


def names(kind):
    """The names of one kind. Stops at a line of a kind that nobody reads: it would keep nothing out."""
    found = set()
    with open(_FILE, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            words = line.split()
            if not words or words[0] == "#":
                continue
            if len(words) < 2 or words[0] not in KINDS:
                raise SystemExit(f"kept_out.txt, line {number}: got '{line.strip()}', expected one "
                                 f"of {', '.join(KINDS)} and a name")
            if words[0] == kind:
                found.add(words[1])
    return found
