"""Words made for training look like a language's, are never the evaluation pool's, and stand where wording is free."""

import random

import pytest

from extractor.synthesis.pools import pool_of, word_list
from extractor.training.nano.designs import LANGUAGES
from extractor.training.nano.wording import WORDERS, elsewhere, office, word

SPELT = tuple(language for language in LANGUAGES if language != "zh")


@pytest.mark.parametrize("language", SPELT)
def test_words_belong_to_the_training_pool_and_repeat_seldom(language):
    rng = random.Random(1)
    made = [word(rng, language) for _ in range(200)]
    assert {pool_of(one) for one in made} == {"training"}
    assert len(set(made)) > 160
    assert not set(made) & set(word_list(language, "cities", "evaluation"))
    assert all(one[0].isupper() and 3 <= len(one) <= 13 for one in made)


def test_the_same_seed_makes_the_same_words():
    assert [word(random.Random(2), "pl") for _ in range(3)] == [word(random.Random(2), "pl") for _ in range(3)]


def test_an_address_keeps_its_figures_and_lines():
    made = elsewhere(random.Random(3), "fr", "12 rue des Lilas\n75011 Paris")
    assert made != "12 rue des Lilas\n75011 Paris"
    assert made.startswith("12 ")
    assert made.split("\n")[1].startswith("75011 ")


def test_offices_are_short_and_long():
    lengths = [len(office(random.Random(seed), "en")) for seed in range(200)]
    assert min(lengths) <= 3
    assert max(lengths) > 15


@pytest.mark.parametrize("name", sorted(WORDERS))
def test_every_free_field_is_worded(name):
    assert all(WORDERS[name](random.Random(seed), "es").strip() for seed in range(20))
