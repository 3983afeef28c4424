"""The model's own WordPiece vocabulary: what captions and WordNet's nouns need of the English vocabulary of
the teacher of texts and of the characters of BERT's Chinese one.

An embedding that training never touches is dead weight in the model file, and worse than that: a
word cut into pieces that were learnt says more than a whole word that was not.
"""

import collections

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
CONTEXT_LENGTH = 32
SIZE = 10_000  # tokens; at a width of 160 in fp16, 3.2 MB


def write_vocabulary(english, chinese, texts, path):
    """Writes to `path` the tokens that `texts` use most, all ASCII characters and the special tokens, in the
    order of the vocabulary files `english` and `chinese` one after the other; returns them."""
    whole = list(dict.fromkeys([*SPECIAL, *_tokens(english),
                                *filter(_is_of_one_character, _tokens(chinese))]))
    _write(path, whole)
    used = collections.Counter(id for row in tokenize(path, texts) for id in row)
    always = {id for id, token in enumerate(whole)
              if token in SPECIAL or (len(token.removeprefix("##")) == 1 and token.isascii())}
    common = [id for id, _ in used.most_common() if id not in always][:SIZE - len(always)]
    kept = [whole[id] for id in sorted(always | set(common))]
    _write(path, kept)
    return kept


def tokenize(vocabulary, texts):
    """The ids of every text as the model will have them, at most CONTEXT_LENGTH."""
    from tokenizers import BertWordPieceTokenizer
    tokenizer = BertWordPieceTokenizer(vocabulary, lowercase=True)
    tokenizer.enable_truncation(CONTEXT_LENGTH)
    return [row.ids for row in tokenizer.encode_batch(texts)]


def _tokens(path):
    with open(path, encoding="utf-8") as file:
        return file.read().removesuffix("\n").split("\n")  # a token may be a line separator


def _is_of_one_character(token):
    return len(token.removeprefix("##")) == 1


def _write(path, tokens):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(token + "\n" for token in tokens)
