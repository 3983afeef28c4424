#!/usr/bin/env python3
"""Tests of tools/check_contracts: contracts with and without a verb, and what is no function."""

import pathlib
import subprocess
import tempfile
import unittest

CHECK = pathlib.Path(__file__).resolve().parents[2] / "tools" / "check_contracts"


def check(text):
    """Runs the check on a tree with one header; gives its exit status and output."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "src" / "a.h"
        path.parent.mkdir()
        path.write_text(text)
        done = subprocess.run([CHECK, folder], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout


class CheckContracts(unittest.TestCase):
    def assert_passes(self, text):
        status, output = check(text)
        self.assertEqual(status, 0, output)

    def assert_fails(self, text, line):
        status, output = check(text)
        self.assertEqual(status, 1)
        self.assertIn(f"a.h:{line}: got", output)

    def test_a_function_begins_with_a_verb(self):
        for declaration in ("int f(int x);", "template <typename T>\nstd::vector<T> f(T x) {", "void f() const;",
                            "[[nodiscard]] virtual bool f() = 0;", "DIPTYCH_API std::function<int(int)> f();",
                            "bool operator==(const A& other) const;"):
            for verb in ("Returns", "Reads", "Throws", "Each returns"):
                self.assert_passes(f"/// {verb} what is there.\n{declaration}\n")
            for other in ("The sum of", "Return", "Whether", "`x` is", "Its", "Features of", "transformers' names"):
                self.assert_fails(f"int y;\n/// {other} what is there.\n{declaration}\n", 2)

    def test_only_the_first_line_counts(self):
        self.assert_passes("/// Returns a sum.\n/// The second line.\nint f();\n")
        self.assert_fails("/// The sum.\n/// Returns it.\nint f();\n", 1)

    def test_what_is_no_function_is_free(self):
        for declaration in ("struct A {", "enum class A { b };", "int a = f(1);", "using A = B(int);",
                            "std::function<void(int)> take;", "int (*f)(int);", "std::map<int, int> a;",
                            "template <typename T>\nconcept A = requires(T x) { x.f(); };", "class DIPTYCH_API A {"):
            self.assert_passes(f"/// The thing.\n{declaration}\n")

    def test_a_constructor_is_free_and_a_member_is_not(self):
        self.assert_passes("class A {\n  /// `x`: how many.\n  explicit A(int x) : x_(x) {}\n};\n")
        self.assert_fails("class A {\n  /// How many.\n  int x() const;\n};\n", 2)

    def test_other_comments_are_free(self):
        self.assert_passes("// The functions.\nint f();\nint g();  ///< the other\n")


if __name__ == "__main__":
    unittest.main()
