"""The page that says what became of everything: each stage's counts, and one pair on its way through all of them."""

import base64
import html
import json
import os
import tarfile

STYLE = """body { font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; width: 100%; margin-bottom: 2em; } th, td { text-align: left; vertical-align: top;
padding: .3em .6em; border-bottom: 1px solid #ccc; } td.number, th.number { text-align: right; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f4f4f4; padding: .6em; margin: 0; }
.bad { color: #b00; font-weight: bold; }"""


def row(cells, tag="td", numbers=()):
    text = "".join(f"<{tag}{' class=number' if place in numbers else ''}>{cell}</{tag}>" for place, cell in enumerate(cells))
    return f"<tr>{text}</tr>\n"


def reasons(counts):
    return "<br>".join(f"{count} {html.escape(reason)}" for reason, count in counts.items())


def adds_up(report):
    """Whether what a stage read is what it wrote, left out and dropped."""
    return report["read"] == report["written"] + sum(report["left_out"].values()) + sum(report["dropped"].values())


def stages_table(stages):
    rows = [row(["stage", "read", "written", "left out", "dropped", "adds up"], "th", (1, 2))]
    for name, report in stages:
        rows.append(row([html.escape(name), report["read"], report["written"], reasons(report["left_out"]),
                         reasons(report["dropped"]), "yes" if adds_up(report) else "<span class=bad>no</span>"], numbers=(1, 2)))
    return "<table>\n" + "".join(rows) + "</table>\n"


def line_with(path, url):
    """The first record of a file with a URL, as it stands there; None: there is none."""
    with open(path, encoding="utf-8") as file:
        return next((record for record in map(json.loads, file) if record.get("url") == url), None)


def samples_of(folder):
    """The parts of each sample of a folder's shards: {ending: bytes}."""
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".tar"):
            continue
        parts = {}
        with tarfile.open(os.path.join(folder, name)) as shard:
            for member in shard:
                key, _, ending = member.name.partition(".")
                if parts and parts["key"] != key:
                    yield parts
                    parts = {}
                parts.update({"key": key, ending: shard.extractfile(member).read()})
        if parts:
            yield parts


def queries_of(record, lists, rest):
    """The queries that a record's texts contain, a line each."""
    found = []
    for text, matches in zip(record["texts"], record["matches"]):
        queries = lists.get(text.get("language"), rest)
        found.append(f"{text['text']} ({text.get('language')}): {', '.join(queries[match] for match in matches) or 'none'}")
    return "\n".join(found)


def shown(value):
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
    return f"<pre>{html.escape(text)}</pre>"


def followed(folder, name, lists, rest):
    """One pair of a set that came through all stages, by the URL of its picture."""
    sample = next(samples_of(os.path.join(folder, name, "once")))
    url = json.loads(sample["json"])["url"]
    sidecars = [os.path.join(folder, name, "web", file) for file in sorted(os.listdir(os.path.join(folder, name, "web")))
                if file.endswith(".jsonl")]
    fetched = next(filter(None, (line_with(path, url) for path in sidecars)))
    matched = line_with(os.path.join(folder, "matches.jsonl"), url)
    picture = base64.b64encode(sample["jpg"]).decode()
    steps = [("extract", shown(line_with(os.path.join(folder, "pictures.jsonl"), url))),
             ("match", shown(queries_of(matched, lists, rest))),
             ("balance", shown(line_with(os.path.join(folder, name, "kept.jsonl"), url)["text"])),
             ("download", shown(fetched)),
             ("dedup", f"kept, as sample {html.escape(sample['key'])}"),
             ("the pair", f'<img src="data:image/jpeg;base64,{picture}" alt="{html.escape(sample["txt"].decode())}"><br>'
                          f"{html.escape(sample['txt'].decode())}")]
    table = "".join(row([stage, what]) for stage, what in steps)
    return f"<p>{html.escape(url)}, in {html.escape(name)}</p>\n<table>\n{table}</table>\n"


def write(path, stages, pair):
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<title>From a web to a model</title>\n"
                   f"<style>\n{STYLE}\n</style>\n<h1>From a web to a model</h1>\n<h2>What each stage did</h2>\n"
                   f"{stages_table(stages)}<h2>One pair on its way</h2>\n{pair}</html>\n")
