#!/usr/bin/env python3
"""Tests of tools/check_layers: each rule catches one crafted bad include, and passes its good twin."""

import pathlib
import subprocess
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parents[2] / "tools" / "check_layers"
LAYERS = """include:
base: include
text/bottom: base
text/upper: base text/bottom
text: base
engine: include base text
train: include base  # libtorch
apps: include
support: include
tests/engine: train
"""


def check(path, line, layers=LAYERS):
    """Runs the check on a tree with one source file of one line; gives its exit status and output."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in {"tools/layers.txt": layers, path: line + "\n"}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        done = subprocess.run([CHECK, root], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout


class CheckLayers(unittest.TestCase):
    def assert_passes(self, path, line):
        _, output = check(path, line)  # the other layers of so small a tree include nothing
        self.assertNotIn(path, output)

    def assert_fails(self, path, line, reason):
        status, output = check(path, line)
        self.assertEqual(status, 1)
        self.assertIn(path, output)
        self.assertIn(reason, output)

    def test_includes_go_down_only(self):
        self.assert_passes("src/engine/a.cpp", '#include "base/error.h"')
        self.assert_passes("src/engine/a.cpp", '#include "engine/b.h"')
        self.assert_fails("src/base/a.h", '#include "engine/b.h"', "base may include only base, include")
        self.assert_fails("src/engine/a.cpp", '  #  include "train/b.h"', "engine may include only")

    def test_public_headers_are_a_layer(self):
        self.assert_passes("src/base/a.cpp", '#include "diptych/error.h"')
        self.assert_passes("apps/diptych/main.cpp", "#include <diptych/error.h>")
        self.assert_fails("include/diptych/a.h", '#include "base/error.h"', "include may include only")

    def test_public_headers_need_nothing_but_the_standard_library(self):
        self.assert_passes("include/diptych/a.h", "#include <vector>")
        self.assert_passes("include/diptych/a.h", "#include <diptych/error.h>")
        for header in ("nlohmann/json.hpp", "CLI/CLI.hpp", "fmt/format.h", "sched.h"):
            self.assert_fails("include/diptych/a.h", f"#include <{header}>", "only the standard library")

    def test_only_the_trainer_sees_libtorch(self):
        for header in ("torch/torch.h", "ATen/ATen.h", "c10/core/Device.h"):
            self.assert_passes("src/train/a.cpp", f"#include <{header}>")
            self.assert_fails("src/engine/a.cpp", f"#include <{header}>", "only the layers libtorch, train and inference")

    def test_programs_see_the_public_headers_and_their_own(self):
        self.assert_passes("apps/diptych/main.cpp", '#include "commands.h"')
        self.assert_passes("apps/diptych/main.cpp", "#include <CLI/CLI.hpp>")
        self.assert_fails("apps/diptych/main.cpp", '#include "base/error.h"', "apps may include only")

    def test_rooms_include_what_their_own_line_names(self):
        self.assert_passes("src/text/upper/a.h", '#include "text/bottom/b.h"')
        self.assert_passes("src/text/a.cpp", '#include "text/upper/b.h"')
        self.assert_passes("src/engine/a.cpp", '#include "text/upper/b.h"')
        self.assert_fails("src/text/bottom/a.h", '#include "text/upper/b.h"', "text/bottom may include only base, text/bottom")
        self.assert_fails("src/text/upper/a.h", '#include "text/top.h"', "text/upper may include only")

    def test_a_test_includes_what_its_layer_may(self):
        self.assert_passes("tests/text/bottom/a_test.cpp", '#include "text/top.h"')
        self.assert_passes("tests/text/a_test.cpp", '#include "support/support.h"')
        self.assert_passes("tests/engine/a_test.cpp", '#include "train/b.h"')
        self.assert_fails("tests/text/a_test.cpp", '#include "engine/b.h"', "tests/text may include only")

    def test_a_line_names_only_what_stands_above_it(self):
        status, output = check("src/base/a.cpp", "#include <vector>", "include:\nbase: engine\nengine: base\nsupport:\n")
        self.assertEqual(status, 1)
        self.assertIn("base names engine, which does not stand above it", output)

    def test_a_line_names_only_what_is_included(self):
        layers = "include:\nbase: include\ntext/bottom: base\ntext: base\nengine: base text\nsupport:\n"
        self.assertIn("engine names base, which no file there includes", check("src/engine/a.cpp", '#include "text/b.h"', layers)[1])
        self.assertNotIn("engine names", check("src/engine/a.cpp", '#include "base/a.h"\n#include "text/bottom/b.h"', layers)[1])
        alone = "include:\nbase: include\nsupport:\n"
        self.assertEqual(check("src/base/a.cpp", '#include "diptych/error.h"', alone), (0, "layers: no include goes up\n"))

    def test_every_folder_is_listed(self):
        self.assert_fails("src/stray/a.cpp", "#include <vector>", "layer stray is not listed")


if __name__ == "__main__":
    unittest.main()
