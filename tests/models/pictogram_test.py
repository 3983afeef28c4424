#!/usr/bin/env python3
"""Tests what keeps the embedded model's figures honest: the rule against leaks, what is kept out, the
captions, and what figures are made of."""

import os
import random
import sys
import tarfile
import tempfile
import unittest
import unittest.mock

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "models", "pictogram"))

from steps import captions, embeddings, epoch, figures, icons, kept_out, looks, packages, shards  # noqa: E402
from steps.chinese import Chinese  # noqa: E402
from steps.concepts import Concept, concept_id  # noqa: E402


def concept(id, en, zh, held_out=False, keywords=()):
    return Concept(id, {"en": en, "zh": zh}, {"en": list(keywords), "zh": []}, held_out)


class Concepts(unittest.TestCase):
    def test_variation_selectors_are_no_part_of_an_id(self):
        self.assertEqual(concept_id("2764-fe0f-200d-1f525"), "2764-200D-1F525")


class Leaks(unittest.TestCase):
    def setUp(self):
        self.leaks = captions.Leaks([
            concept("1", "fish", "鱼", held_out=True),
            concept("2", "person taking bath", "洗澡的人", held_out=True),
            concept("3", "dog face", "狗脸"),
        ])

    def test_a_held_out_name_leaks_in_the_plural_and_inside_a_sentence(self):
        self.assertTrue(self.leaks.names_held_out("Two red FISHES"))
        self.assertTrue(self.leaks.names_held_out("a fish’s tail"))
        self.assertTrue(self.leaks.names_held_out("一条红色的鱼"))

    def test_all_telling_words_must_be_there(self):
        self.assertTrue(self.leaks.names_held_out("a bath that somebody is taking"))
        self.assertFalse(self.leaks.names_held_out("a bath"))
        self.assertFalse(self.leaks.names_held_out("a person"))

    def test_a_trained_concept_leaks_nothing(self):
        self.assertFalse(self.leaks.names_held_out("a dog face"))
        self.assertFalse(self.leaks.names_held_out("a fishing rod"))


class Captions(unittest.TestCase):
    def setUp(self):
        self.egypt = concept("1", "flag: Egypt", "旗: 埃及")
        self.dog = concept("2", "dog face", "狗脸", keywords=("dog", "pet"))
        self.made = captions.ConceptCaptions([self.egypt, self.dog], seed=0)

    def test_they_depend_on_the_seed_and_the_concept_alone(self):
        again = captions.ConceptCaptions([self.dog, self.egypt], seed=0)
        self.assertEqual(self.made.of(self.dog), again.of(self.dog))

    def test_most_say_the_name(self):
        lines = [text for text, _ in self.made.of(self.dog)]
        naming = sum("dog face" in line or "狗脸" in line for line in lines)
        self.assertGreater(naming, len(lines) / 2)

    def test_catalogue_entries_are_spoken(self):
        lines = " ".join(text for text, _ in self.made.of(self.egypt))
        self.assertIn("Egypt", lines)
        self.assertIn("埃及", lines)

    def test_no_keyword_names_a_held_out_concept(self):
        rod = concept("3", "rod", "钓竿", keywords=("fish", "line"))
        fish = concept("4", "fish", "鱼", held_out=True)
        lines = " ".join(text for text, _ in captions.ConceptCaptions([rod, fish], seed=0).of(rod))
        self.assertIn("line", lines)
        self.assertNotIn("fish", lines)


    def test_a_chinese_caption_has_its_meaning_in_english_without_the_sentence(self):
        made = dict(self.made.of(self.dog))
        self.assertEqual({made[text] for text in made if "狗脸" in text}, {"dog face"})
        flags = {meaning for text, meaning in self.made.of(self.egypt) if "埃及国旗" in text}
        self.assertEqual(flags, {"flag of Egypt"})


class KeptOut(unittest.TestCase):
    def test_what_the_figures_are_measured_on_is_named(self):
        self.assertIn("emoji-datasource-facebook", kept_out.names("package"))
        self.assertIn("flat-color-icons", kept_out.names("icon-set"))

    def test_no_package_of_the_training_set_is_kept_out(self):
        wanted = {*packages.NPM, *packages.NPM_EARLIER, *packages.NPM_WORDS}
        self.assertFalse(wanted & kept_out.names("package"))

    def test_a_line_that_keeps_nothing_out_ends_the_recipe(self):
        text = unittest.mock.mock_open(read_data="picure cat.svg\n")
        with unittest.mock.patch("builtins.open", text), self.assertRaises(SystemExit) as stopped:
            kept_out.names("picture")
        self.assertIn("line 1", str(stopped.exception))


class Packages(unittest.TestCase):
    def test_every_package_has_a_sum(self):
        sums = packages._read_sums()
        wanted = [*packages.NPM.items(), *packages.NPM_WORDS.items()]
        wanted += [(name, version) for name, list_ in packages.NPM_EARLIER.items() for version in list_]
        self.assertFalse({f"{name}@{version}" for name, version in wanted} - sums.keys())

    def test_one_that_changed_ends_the_recipe_with_its_name(self):
        answer = unittest.mock.Mock(returncode=0, stdout='[{"integrity": "sha512-x", "filename": "a.tgz"}]')
        with unittest.mock.patch("subprocess.run", return_value=answer):
            with self.assertRaises(SystemExit) as stopped:
                packages._pack("@mdi/svg", packages.NPM_WORDS["@mdi/svg"], "/nowhere")
        self.assertIn("@mdi/svg", str(stopped.exception))

    def test_one_that_is_missing_ends_the_recipe_with_its_name(self):
        answer = unittest.mock.Mock(returncode=1, stdout="", stderr="npm error 404\n")
        with unittest.mock.patch("subprocess.run", return_value=answer):
            with self.assertRaises(SystemExit) as stopped:
                packages._pack("no-such", "1.0.0", "/nowhere")
        self.assertIn("no-such@1.0.0", str(stopped.exception))


class Icons(unittest.TestCase):
    def test_a_name_is_what_is_shown_without_how(self):
        self.assertEqual(icons.spoken("arrow-left-20-filled", ["20-filled"]), ("arrow left", "20 filled"))
        self.assertEqual(icons.spoken("cat-outline-duotone", []), ("cat", "duotone"))
        self.assertEqual(icons.spoken("baseline-cake", []), ("cake", "baseline"))
        self.assertEqual(icons.spoken("outline", []), ("outline", ""))

    def test_a_look_depends_on_the_draw_alone_and_keeps_a_set_of_colours(self):
        icon = icons.Icon(set="s", id="a", name="a", manner="", colours=False, aliases=[],
                          body='<path stroke="currentColor" stroke-width="2"/>', box=(0, 0, 16, 16))
        drawn = [looks.dress(icon, random.Random(seed)) for seed in range(40)]
        self.assertEqual(drawn, [looks.dress(icon, random.Random(seed)) for seed in range(40)])
        self.assertGreater(len(set(drawn)), 20)
        self.assertFalse(any("currentColor" in svg for _, svg in drawn))
        icon.colours = True
        self.assertEqual(looks.dress(icon, random.Random(0)), looks.dress(icon, random.Random(1)))


class ChineseNames(unittest.TestCase):
    def setUp(self):
        known = [concept("1", "rocket", "火箭"), concept("2", "fish", "鱼类", held_out=True)]
        self.chinese = Chinese(known, [("red rocket", "红火箭", ["飞船"])], captions.Leaks(known))

    def test_a_name_is_put_together_from_its_longest_known_parts(self):
        self.assertEqual(self.chinese.of("rocket"), "火箭")
        self.assertEqual(self.chinese.of("blue rocket"), "蓝色火箭")
        self.assertEqual(self.chinese.of("red rocket"), "红火箭")
        self.assertEqual(self.chinese.tags("red rocket"), ["飞船"])

    def test_an_unknown_word_is_not_guessed(self):
        self.assertIsNone(self.chinese.of("zyx rocket"))

    def test_a_held_out_name_is_not_taken(self):
        self.assertNotIn("鱼类", [text for _, text in self.chinese.pairs()])


class Figures(unittest.TestCase):
    def test_confidence_that_is_right_as_often_as_it_says_has_no_error(self):
        names = [[1.0, 0.0], [0.0, 1.0]]
        certain = figures.calibration_error([[1.0, 0.0]] * 2, names, [0, 0], scale=100)
        half = figures.calibration_error([[1.0, 0.0]] * 2, names, [0, 1], scale=100)
        self.assertAlmostEqual(certain, 0.0)
        self.assertAlmostEqual(half, 50.0)

    def test_a_synonym_stands_in_no_caption(self):
        known = [concept("1", "cat face", "猫脸"), concept("2", "ship", "船")]
        found = figures.synonyms(known, [0, 1], ["A true cat", "vesselry"],
                                 {"cat": ["cat", "true cat", "feline"], "ship": ["ship", "vessel"]})
        self.assertEqual(found, [("feline", 0), ("vessel", 1)])

    def test_a_file_that_shares_no_word_is_not_found(self):
        names = ["cat face", "dog face"]
        self.assertEqual(figures.keyword_ranks([("a cat", 0), ("feline", 0), ("face", 1)], names), [0, 2, 1])

    def test_the_best_cosine_is_asked_with_and_without_the_own_name(self):
        names = [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [0.0, 1.0]]
        self.assertEqual(embeddings.best_cosines([([1.0, 0.5], 0)], names, 3, random.Random(0)),
                         ([1.0], [0.5]))


class Epoch(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.once = os.path.join(self.scratch.name, "once")

    def test_kinds_are_seen_as_often_as_a_part_says_or_in_part(self):
        for kind, count in (("emoji", 2), ("icons", 4)):
            os.makedirs(os.path.join(self.once, kind))
            for number in range(count):
                open(os.path.join(self.once, kind, f"{number}.tar"), "w").close()
        for _ in range(2):  # a second time it is made anew
            made = epoch.link_shards(self.scratch.name, "part", {"emoji": 1.5, "icons": 0.5})
        self.assertEqual(sorted(os.listdir(made)), ["emoji-0-0.tar", "emoji-0-1.tar", "emoji-1-0.tar",
                                                    "icons-0-0.tar", "icons-0-1.tar"])

    def test_the_first_weights_are_made_from_the_beginning_of_what_was_built(self):
        picture = os.path.join(self.scratch.name, "a.png")
        with open(picture, "wb") as file:
            file.write(b"PNG")
        samples = [{"key": key, "path": picture, "concept": key, "captions": [(key, key)]} for key in "abc"]
        shards.write_shards(self.once, "clip-art", samples, seed=0)
        beginning = os.path.join(self.scratch.name, "beginning.tar")
        shards.copy_beginning(self.once, 2, beginning)
        with tarfile.open(os.path.join(self.once, "clip-art-000.tar")) as whole, tarfile.open(beginning) as part:
            self.assertEqual(part.getnames(), whole.getnames()[:4])


class Ranks(unittest.TestCase):
    def test_a_rank_counts_the_wrong_answers_that_score_no_less(self):
        answers = [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]
        self.assertEqual(embeddings.ranks([[0.9, 0.1], [0.2, 0.8]], answers, [0, 1]), [0, 1])

    def test_shares_are_percentages(self):
        self.assertEqual(embeddings.share_within([0, 1, 4, 5], 1), 25.0)
        self.assertEqual(embeddings.share_within([0, 1, 4, 5], 5), 75.0)


if __name__ == "__main__":
    unittest.main()
