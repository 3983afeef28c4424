#!/usr/bin/env python3
"""Tests of tools/check_sizes: a long file, a long function, and what looks like one and is none."""

import pathlib
import subprocess
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parents[2] / "tools" / "check_sizes"


def check(name, text):
    """Runs the check on a tree with one source file; gives its exit status and output."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "src" / name
        path.parent.mkdir()
        path.write_text(text)
        done = subprocess.run([CHECK, folder], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout


def block(head, lines):
    """`lines` lines, the head's and the brace's included."""
    return head + " {\n" + "  x += '{' + \"}\";  // {\n" * (lines - 2) + "}\n"


class CheckSizes(unittest.TestCase):
    def assert_passes(self, name, text):
        self.assertEqual(check(name, text), (0, ""))

    def assert_fails(self, name, text, reason):
        status, output = check(name, text)
        self.assertEqual(status, 1)
        self.assertIn(reason, output)

    def test_files_have_an_end(self):
        self.assert_passes("a.h", "\n" * 600)
        self.assert_fails("a.h", "\n" * 601, "a.h: 601 lines")

    def test_functions_have_an_end(self):
        for head in ("int f(int x)", "template <typename T>\nauto A::f(T x) const -> std::vector<T>", "TEST(A, B)"):
            above = head.count("\n")
            text = "namespace a {\n" + block(head, 60 - above) + "}\n"
            self.assert_passes("a.cpp", text)
            self.assert_fails("a.cpp", text.replace("{\n  x", "{\n  y;\n  x", 1), "a.cpp:2: a function of 61 lines")

    def test_members_are_functions(self):
        self.assert_fails("a.h", "class A : public B<int> {\n" + block("  void f()", 61) + "};\n", "a function of 61 lines")

    def test_classes_and_tables_are_none(self):
        self.assert_passes("a.h", "class A {\n" + "  void f() {}\n" * 100 + "};\n")
        self.assert_passes("a.cpp", "const auto kTable = std::to_array<int>({\n" + "  1,\n" * 100 + "});\n")

    def test_python_is_held_to_the_same(self):
        text = "def f(\n    x,\n):\n" + "    x += 1\n" * 57 + "\n\ny = 1\n"
        self.assert_passes("a.py", text)
        self.assert_fails("a.py", text.replace("y = 1", "    y = 1"), "a.py:1: a function of 63 lines")


if __name__ == "__main__":
    unittest.main()
