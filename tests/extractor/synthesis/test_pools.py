"""Training and evaluation share nothing but what law and custom close."""

import json
import re
from importlib.resources import files
from itertools import product

import pytest

from extractor.schemas.text import fold
from extractor.synthesis.addresses import pool_regions, regions
from extractor.synthesis.backgrounds import STYLES
from extractor.synthesis.draw import draw
from extractor.synthesis.fonts import font_files
from extractor.synthesis.pools import POOLS, pool_of, seeded, whole_word_list, word_file, word_list
from extractor.synthesis.produce import LANGUAGES, plan, template_named
from extractor.synthesis.templates import TemplateDocument, documents, layouts, templates

from ...tables import each

#: What both pools say: closed by law or custom.
CLOSED = {
    "provinces",
    "prefectures",
    "prefectures_roman",
    "ethnicities",
    "road_suffixes",
    "estates",
    "villages",
    "towns",
}
CHARACTERS = {"given", "taboo", "place"}
OPEN = [
    (language, key)
    for language in LANGUAGES
    for key in json.loads(files("extractor.synthesis").joinpath(f"words/{language}.json").read_text("utf-8"))
    if key not in CLOSED | CHARACTERS
]


def _folded(entries: tuple[str, ...]) -> set[str]:
    return {fold(entry.split(":")[0]) for entry in entries}


@each(("language", "key"), OPEN)
def test_word_lists_share_nothing(language: str, key: str) -> None:
    training, evaluation = (word_list(language, key, pool) for pool in POOLS)
    assert training
    assert evaluation
    assert not _folded(training) & _folded(evaluation)
    assert len(training) + len(evaluation) == len(whole_word_list(language, key))


def test_a_name_is_in_one_pool_whatever_list_it_stands_in() -> None:
    by_pool = {
        pool: {entry for language, key in OPEN for entry in _folded(word_list(language, key, pool))} for pool in POOLS
    }
    assert not by_pool["training"] & by_pool["evaluation"]


def test_a_state_s_own_entries_come_first_and_stay_in_their_pool() -> None:
    assert set(word_list("fr", "cities", "training", "BEL")) < set(word_list("fr", "cities", "training"))
    assert "Liège" in {*word_list("fr", "cities", "training", "BEL"), *word_list("fr", "cities", "evaluation", "BEL")}
    assert not {"Liège", "Namur"} & {
        *word_list("fr", "cities", "training", "FRA"),
        *word_list("fr", "cities", "evaluation", "FRA"),
    }


def test_counties_share_nothing_and_are_all_dealt_out() -> None:
    training, evaluation = (set(pool_regions(pool)) for pool in POOLS)
    assert not training & evaluation
    assert len(training | evaluation) == len(regions())
    assert min(len(training), len(evaluation)) > 1000


def test_fonts_layouts_and_backgrounds_share_nothing() -> None:
    fonts = {pool: {(font.file, font.index) for font in font_files() if font.pool == pool} for pool in POOLS}
    assert not {file for file, _ in fonts["training"]} & {file for file, _ in fonts["evaluation"]}
    names = {pool: {layout.name for layout in layouts() if layout.pool == pool} for pool in POOLS}
    assert not names["training"] & names["evaluation"]
    rows = {pool: [layout.sides for layout in layouts() if layout.pool == pool] for pool in POOLS}
    assert all(one != other for one, other in product(rows["training"], rows["evaluation"]))
    assert not STYLES["training"].keys() & STYLES["evaluation"].keys()


def test_templates_share_nothing_and_every_language_has_every_pool() -> None:
    by_pool = {pool: templates(pool) for pool in POOLS}
    assert not {t.name for t in by_pool["training"]} & {t.name for t in by_pool["evaluation"]}
    for pool in POOLS:
        assert {template.language for template in by_pool[pool]} == set(LANGUAGES)


def test_random_numbers_differ_between_pools() -> None:
    assert seeded("training", "a", 1).random() != seeded("evaluation", "a", 1).random()
    seeds = {pool: {job.seed for job in plan(50, seed=3, pool=pool)} for pool in POOLS}
    assert not seeds["training"] & seeds["evaluation"]


@pytest.mark.usefixtures("fonts")
def test_drawn_names_addresses_places_and_authorities_share_nothing() -> None:
    result = ("surname", "name", "address", "place_of_birth", "authority")
    said: dict[str, set[str]] = {f"{pool} {name}": set() for pool in POOLS for name in result}
    for pool in POOLS:
        for job in plan(60, seed=5, pool=pool):
            template = template_named(pool, job.template)
            page = draw(template, job.seed, width=300)
            for name in result:
                if page.fields.get(name) and not _closed(template.document, name):
                    said[f"{pool} {name}"].add(fold(str(page.fields[name])))
    for name in result:
        assert said[f"training {name}"]
        assert not said[f"training {name}"] & said[f"evaluation {name}"]


def _closed(document: TemplateDocument, name: str) -> bool:
    """Whether there is but one such office, or a list that law closes (provinces)."""
    if name == "place_of_birth":
        return document.option("place") == "chinese_province"
    return name == "authority" and len(document.option("authority", ("", ""))) == 1


def test_every_issuer_of_a_kind_is_in_both_pools() -> None:
    for document in documents():
        for pool in document.pools:
            if "authority" in document.fields and not document.group.startswith("chinese_id"):
                like = document.option("authority_like", "")
                names = document.option("authority") or word_list(
                    document.language, "authorities", pool, document.state
                )
                assert [name for name in names if re.search(like, name)], (document.id, pool)


def test_a_chinese_given_name_belongs_to_one_pool_as_a_whole() -> None:
    assert pool_of("张伟") in POOLS
    assert len(set(word_file("zh")["given"])) > 500
