#!/usr/bin/env python3
"""Tests of tools/check_layers: each rule catches one crafted bad include, and passes its good twin."""

import pathlib
import subprocess
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parents[2] / "tools" / "check_layers"
LAYERS = "include:\nbase: include\nengine: include base\ntrain: include base  # libtorch\napps: include\n"


def check(path, line):
    """Runs the check on a tree with one source file of one line; gives its exit status and output."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in {"tools/layers.txt": LAYERS, path: line + "\n"}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        done = subprocess.run([CHECK, root], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout


class CheckLayers(unittest.TestCase):
    def assert_passes(self, path, line):
        self.assertEqual(check(path, line), (0, "layers: no include goes up\n"))

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
            self.assert_fails("src/engine/a.cpp", f"#include <{header}>", "only the train layer")

    def test_programs_see_the_public_headers_and_their_own(self):
        self.assert_passes("apps/diptych/main.cpp", '#include "commands.h"')
        self.assert_passes("apps/diptych/main.cpp", "#include <CLI/CLI.hpp>")
        self.assert_fails("apps/diptych/main.cpp", '#include "base/error.h"', "apps may include only")

    def test_every_folder_is_listed(self):
        self.assert_fails("src/stray/a.cpp", "#include <vector>", "layer stray is not listed")


if __name__ == "__main__":
    unittest.main()
