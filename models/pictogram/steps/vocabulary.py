"""The model's own WordPiece vocabulary: what the captions need of BERT's Chinese vocabulary.

An embedding that training never touches is dead weight in the model file, and worse than that: a
word cut into pieces that were learnt says more than a whole word that was not.
"""

import json
import subprocess

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
CONTEXT_LENGTH = 32


def write_vocabulary(diptych, full, texts, path):
    """Writes to `path` the tokens that `texts` are cut into, all ASCII characters and the special
    tokens, in the order of the `full` vocabulary file; returns them. `diptych` is the program."""
    with open(full, encoding="utf-8") as file:
        tokens = file.read().removesuffix("\n").split("\n")  # a token may be a line separator
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    tokenized = subprocess.run(
        [diptych, "tokenize", "--tokenizer", "chinese", "--context", str(CONTEXT_LENGTH)],
        input=lines, stdout=subprocess.PIPE, text=True, check=True).stdout
    used = {id for line in tokenized.splitlines() for id in json.loads(line)}
    kept = [token for id, token in enumerate(tokens)
            if id in used or token in SPECIAL or _is_ascii_character(token)]
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(token + "\n" for token in kept)
    return kept


def _is_ascii_character(token):
    character = token.removeprefix("##")
    return len(character) == 1 and character.isascii()
