#!/usr/bin/env python3
"""Tests of tools/check_json: who parses JSON, and who may."""

import pathlib
import subprocess
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parents[2] / "tools" / "check_json"


def check(name, text):
    """Runs the check on a tree with one source; gives its exit status and output."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
        done = subprocess.run([CHECK, folder], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout


class CheckJson(unittest.TestCase):
    def test_nobody_else_parses(self):
        for call in ("nlohmann::json::parse(text)", "Json::parse(text, nullptr, false)", "nlohmann::ordered_json::parse(\n  x)",
                     "OrderedJson::sax_parse(x, &y)", "nlohmann::basic_json<std::map>::parse(x)", "Json::accept(x)",
                     'auto x = "[1]"_json'):
            for name in ("src/shards/a.cpp", "apps/diptych/a.h"):
                status, output = check(name, f"int y;\n{call};\n")
                self.assertEqual(status, 1, call)
                self.assertIn(f"{name}:2: parses", output)

    def test_another_name_does_not_hide_it(self):
        self.assertEqual(check("src/a/a.cpp", "using Tree = nlohmann::ordered_json;\nTree::parse(x);\n")[0], 1)

    def test_the_reader_and_tests_may(self):
        for name in ("src/json/a.cpp", "tests/json/a.cpp"):
            self.assertEqual(check(name, "Json::parse(text);\n")[0], 0)

    def test_other_calls_are_free(self):
        for call in ("parse_json(text, name)", "diptych::read_json(text)", "toml::parse(x)", "Url::parse(x)", "Json::array()",
                     "parser_->parse(json, value)", "Json::parse_event_t::key", "json.dump()"):
            self.assertEqual(check("src/a/a.cpp", f"{call};\n")[0], 0, call)


if __name__ == "__main__":
    unittest.main()
