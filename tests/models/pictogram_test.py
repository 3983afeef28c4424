#!/usr/bin/env python3
"""Tests what keeps the embedded model's figures honest: the rule against leaks, the captions, and
the ranks that accuracy is made of."""

import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "models", "pictogram"))

from steps import captions, embeddings  # noqa: E402
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
        lines = self.made.of(self.dog)
        naming = sum("dog face" in line or "狗脸" in line for line in lines)
        self.assertGreater(naming, len(lines) / 2)

    def test_catalogue_entries_are_spoken(self):
        lines = " ".join(self.made.of(self.egypt))
        self.assertIn("Egypt", lines)
        self.assertIn("埃及", lines)

    def test_no_keyword_names_a_held_out_concept(self):
        rod = concept("3", "rod", "钓竿", keywords=("fish", "line"))
        fish = concept("4", "fish", "鱼", held_out=True)
        lines = " ".join(captions.ConceptCaptions([rod, fish], seed=0).of(rod))
        self.assertIn("line", lines)
        self.assertNotIn("fish", lines)


class Ranks(unittest.TestCase):
    def test_a_rank_counts_the_wrong_answers_that_score_no_less(self):
        answers = [[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]
        self.assertEqual(embeddings.ranks([[0.9, 0.1], [0.2, 0.8]], answers, [0, 1]), [0, 1])

    def test_shares_are_percentages(self):
        self.assertEqual(embeddings.share_within([0, 1, 4, 5], 1), 25.0)
        self.assertEqual(embeddings.share_within([0, 1, 4, 5], 5), 75.0)


if __name__ == "__main__":
    unittest.main()
