#!/usr/bin/env python3
"""Writes repair.json: texts that need repair, and what the references make of them.

Usage: make_repair_cases.py OPEN_CLIP/tokenizer.py CN_CLIP/bert_tokenizer.py   (see reference_tokenizers.py)
"""

import json
import pathlib
import random
import sys
import unicodedata

import ftfy
import regex
import reference_tokenizers

PHRASES = """The quick brown fox’s “jumps” over — the lazy dog…|Où est la bibliothèque, à côté de l’été ?
El niño comió piñas, ¿qué tal? ¡Sí!|Straße, Äpfel, Öl, Übermut, groß|Příliš žluťoučký kůň úpěl ďábelské ódy
Zażółć gęślą jaźń|Árvíztűrő tükörfúrógép|Съешь же ещё этих мягких французских булок|Українська ґанок, їжак
Ξεσκεπάζω την ψυχοφθόρα βδελυγμία|Pijamalı hasta yağız şoföre çabucak güvendi|שלום עולם|السلام عليكم
हिन्दी में लिखा|ภาษาไทยง่าย|日本語テキスト、カタカナ|한국어 문장입니다|中文句子，测试。|😀👍🏽👩‍👩‍👧‍👦🏳️‍🌈 ❤️
5 € or £3, ±2°, ½ ×÷ ²³ µm|Ąžuolas šūkčioja ėjęs ūkyje|Tiếng Việt có dấu|Þetta er íslenska, ð og æ
à la mode, às vezes, àquela|naïve façade œuvre cœur Œdipe|©2020 ®™ §5 ¶|Å Ø æ ø å""".replace("\n", "|").split("|")

ENCODINGS = ["latin-1", "sloppy-windows-1252", "sloppy-windows-1251", "sloppy-windows-1250", "sloppy-windows-1253",
             "sloppy-windows-1254", "sloppy-windows-1257", "iso-8859-2", "macroman", "cp437"]

# One case for each rule, and what a first version of the port had wrong.
CASES = [
    # character references
    "P&eacute;rez P&EACUTE;REZ P&Eacute;rez", "&amp;amp;amp;lt;b&amp;gt;", "&lt;tag&gt; <b> &lt;", "a < b &eacute; &amp;",
    "first &eacute;\n<b> &eacute;\nlast &eacute;", "&#233;&#xE9;&#XE9; &#x1F600;", "&#128;&#150;&#x99;", "&#0; &#xD800; &#x110000;",
    "&#1;&#11;&#31;&#127;&#xFDD0;&#xFFFF;x", "&#59; &#59;&#38;#59;", "&#12a; &#xg; &#; &;", "&notit; &not it &notin; &copysr;",
    "&CounterClockwiseContourIntegral; &counterclockwise;", "&COPYSR; &SZLIG; &NAPOS;", "AT&T &ampere &AMP &Tab;x&NewLine;y",
    "&acE; &NotEqualTilde; &fjlig; &bne;", "&nbsp;&ensp;x&shy;y&zwj;z", "&quot;&apos;&lsquo;&rdquo;&hellip;",
    # terminal escapes, control characters, line ends
    "\x1b[36;44mI'm blue\x1b[0m, \x1b[1;٣1mtoo \x1b[;x \x1b[9", "\x00a\x08b\x0bc\x0ed\x1fe\x7ff\ufeffg\u206ah\ufffci\ufff9j",
    "a\r\nb\rc\u2028d\u2029e\x85f\x0cg\x1ch", "tab\tand\u00a0no-break\u3000wide\u200bzero\u2060word",
    # ligatures, width, quotes
    "ﬂuﬃeﬆ ŉ Ĳĳ ǅ ǆ Ǉ ﬅ", "ＬＯＵＤ　ＮＯＩＳＥＳ ￥￡￣￠", "Ｕﾀｰﾝ ｶﾞﾊﾟ ﾡﾢ", "‘a’ ‚b‛ “c” „d‟ ʼe ‹f› «g»",
    # normal form
    "e\u0301 a\u0308 o\u0302\u0301 \u1100\u1161\u11a8 \u0958 \u212b \u2126", "q\u0323\u0307 q\u0307\u0323",
    # mojibake that is not plain UTF-8 in one encoding
    "âœ” No problems", "âœ” No problems й", "âœ” и âœ”", "sÃ³", "voilÃ le travail", "Ã la mode, Ã  la, Ã s vezes, Ãquele",
    "Ã\nla", "â€œ like this â€\ufffd", "â€œ like this â€?", "\ufffd Ã©", "a\x1a Ã©\ufffd", "Ã©tÃ© À\n", "Ã© í\xa0\x80í°\n", "Ã© À\x80.",
    "í\xa0½í¸\x80 Ã©", "í\xa0½í¸? Ã©", "RÃÂ©sumÃÂ©", "ÃƒÂ©tÃƒÂ© ÃƒÆ’Ã‚Â©", "l’humanitÃ©", "PARCE QUE SUR LEURS PLAQUES IL Y MARQUÃ‰ POLICEÂ",
    "\x93quoted\x94 text \x85", "\x81\x8d\x8f\x90\x9d \x80", "caf\xe9\x92s", "¯\\_(ã\x83\x84)_/¯", "ðŸ˜€ ð\x9f\x98\x80 рџЂ",
    "Â£5 Â©2020 Â«xÂ» aÂ b. Â c", "Å“ œ Œ œuvre œ.", "x² ×² ×³ ײ", "ÐŸÑ€Ð¸Ð²ÐµÑ‚", "РџСЂРёРІРµС‚", "Ξ΅Ο…", "ГўВЂВњaВЂВќ b",
    "вЂњР°вЂќ", "β€™ β€\xa0", "ā€œ ā€\x9d", "à¤¹à¤¿ à²µ à¹€", "Ø§Ù„Ø³ Ø§Ù„", "√© √± ≈° ‚Äô ‚âà", "┬® ÔÇô ├®", "\uf8ff Ô£ø ‚Äú",
    "Ä Ä", "Õ‘Õ‘", "Å", "HÃ¤user straÃŸe Ã¼ber", "C:\\Ã\\Â", "ÒÓÔ ヽ༼ຈل͜ຈ༽ﾉ ┌(ò_ó)┘", "¿Qué? €5 5€ £", "“a”, «b», ‹c›",
    # what CLIP's pattern makes of the rest
    "It'ſ the dog'S we'LL i'd 'tis ''s !'s", "<start_of_text>a<end_of_text> <START_OF_TEXT> <ſtart_of_text>",
    "<|startoftext|>", "a\u0345b \u0345 !\u0345!", "İI ıi ΑΣ ΑΣΑ Σ ẞß ǅ K Å", "a1b22c٣४ⅷ²½㊿", "don’t it´s rock'n'roll O'Neil",
    "</w> w</w>", "___--- ...!!! ?!", "\u0300\u0301a\u0300", "é́ n̈", "𝒜𝓫𝕮 𐐀𐐨 🄰🅰", "క్ష ണ്‍ ක්‍ෂ",
    # Chinese-CLIP
    "[CLS] [UNK] [MASK] ##a", "〇一二㐀𠀀豈丽", "ÀÉÎ ąčę ё й ỷ", "x\u00ady\u200ez\U000e0041", "ABCＡＢＣ①㎏㈱", "１２３", "~`^$|<>=+", "中a文1字b",
]


def garbled(phrase, encoding):
    return phrase.encode("utf-8").decode(encoding, "replace")


def random_text(source):
    characters = []
    while len(characters) < source.randint(2, 12):
        limit = source.choice([0x80, 0x250, 0x3000, 0x10000, 0x20000])
        character = chr(source.randrange(0x20, limit))
        # Assigned long ago: all Unicode versions in question agree.
        if unicodedata.ucd_3_2_0.category(character) not in ("Cn", "Cs", "Co"):
            characters.append(character)
    return "".join(characters)


def all_texts():
    source = random.Random(20261123)
    texts = list(CASES)
    for encoding in ENCODINGS:
        for phrase in source.sample(PHRASES, 9):
            texts.append(garbled(phrase, encoding))
            if source.random() < 0.3:
                texts.append(texts[-1].replace("\xa0", " ") + " " + source.choice(PHRASES))
            if source.random() < 0.3:
                texts.append(garbled(texts[-1], source.choice(ENCODINGS)))
    texts += PHRASES
    texts += [random_text(source) for _ in range(60)]
    return list(dict.fromkeys(texts))


def main():
    clip = reference_tokenizers.open_clip(sys.argv[1])
    chinese = reference_tokenizers.chinese_clip(sys.argv[2])
    cases = [{"text": text, "fixed": ftfy.fix_text(text), "clip": clip(text), "chinese": chinese(text)}
             for text in all_texts()]
    note = (f"made by make_repair_cases.py: fixed = ftfy {ftfy.__version__}, clip = open_clip 3.3.0 with regex {regex.__version__}, "
            f"chinese = cn_clip 1.6.0; Python's Unicode {unicodedata.unidata_version}; ids with start and end, not cut")
    lines = ",\n".join(json.dumps(case) for case in cases)
    path = pathlib.Path(__file__).with_name("repair.json")
    path.write_text(f'{{"note": {json.dumps(note)}, "cases": [\n{lines}\n]}}\n')
    print(f"{len(cases)} cases, {sum(case['text'] != case['fixed'] for case in cases)} repaired")


if __name__ == "__main__":
    main()
