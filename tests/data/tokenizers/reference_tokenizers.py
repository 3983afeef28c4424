"""Loads the reference tokenizers from their source files, without torch: only the text side of them runs.

Needs ftfy and regex. `python3 -m pip download --no-deps open_clip_torch cn_clip`, unpacked, has the files:
open_clip/tokenizer.py and cn_clip/clip/bert_tokenizer.py.
"""

import importlib.util
import sys
import types


def _load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _stand_in(name, **attributes):
    if name not in sys.modules and importlib.util.find_spec(name) is None:
        module = types.ModuleType(name)
        module.__dict__.update(attributes)
        sys.modules[name] = module


def open_clip(path):
    """open_clip's SimpleTokenizer as a function: text -> ids with start and end, as long as they are."""
    _stand_in("torch", Tensor=object, LongTensor=object)
    _stand_in("numpy")
    tokenizer = _load("open_clip_tokenizer", path)._tokenizer
    return lambda text: [49406, *tokenizer.encode(text), 49407]


def chinese_clip(path):
    """Chinese-CLIP's BERT tokenizer as a function: text -> ids with [CLS] and [SEP], as long as they are."""
    _stand_in("six", PY3=True, PY2=False)
    tokenizer = _load("bert_tokenizer", path).FullTokenizer()
    return lambda text: [101, *tokenizer.convert_tokens_to_ids(tokenizer.tokenize(text)), 102]
