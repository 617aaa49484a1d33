"""Respelt wording keeps digits, punctuation, case and script, and nothing one could know by heart."""

import random
from dataclasses import replace

from extractor.schemas.text import strip_marks
from extractor.synthesis import draw, templates
from extractor.synthesis.estranged import estranged, marked


def test_figures_signs_and_short_words_stay() -> None:
    text = estranged(random.Random(1), "12 RUE DE LA PAIX, 75002 PARIS", 1.0)
    words = text.replace(",", "").split()
    assert words[0] == "12"
    assert words[2:4] == ["DE", "LA"]
    assert words[5] == "75002"
    assert not {"RUE", "PAIX", "PARIS"} & set(words)
    assert text.isupper()


def test_scripts_stay_their_own() -> None:
    rng = random.Random(2)
    assert all("\u0400" <= c <= "\u04ff" for c in estranged(rng, "Москва", 1.0))
    chinese = estranged(rng, "广东省广州市3号", 1.0)
    assert len(chinese) == 8
    assert chinese[6] == "3"
    assert chinese != "广东省广州市3号"


def test_no_share_changes_nothing_and_takes_no_random_numbers() -> None:
    rng = random.Random(3)
    before = rng.getstate()
    assert estranged(rng, "PARIS", 0.0) == "PARIS"
    assert rng.getstate() == before


def test_letters_get_marks_and_nothing_else_changes() -> None:
    text = "JEAN-NOËL D'Arc 12"
    changed = marked(random.Random(4), text, 1.0)
    assert changed != text
    assert strip_marks(changed).replace("Ø", "O").replace("ø", "o").replace("Ł", "L") == strip_marks(text)
    assert marked(random.Random(5), text, 0.0) == text


def test_a_holder_can_have_marks_that_the_zone_does_not_say() -> None:
    usual = next(t for t in templates("training") if t.name.startswith("aut_passport"))
    ways = {"marks": 1.0, "coined": 0.0}
    page = draw(replace(usual, document=replace(usual.document, options={**usual.document.options, **ways})), 3)
    assert page.fields["surname"] != strip_marks(page.fields["surname"])
    assert page.fields["mrz"][0].isascii()


def test_a_document_can_ask_for_it() -> None:
    usual = next(t for t in templates("training") if t.kind == "chinese_id_front")
    strange = replace(usual, document=replace(usual.document, options={**usual.document.options, "strange": 1.0}))
    seed = next(seed for seed in range(20) if draw(usual, seed).fields["address"])
    assert draw(usual, seed).fields["name"] != draw(strange, seed).fields["name"]
    assert draw(usual, seed).fields["address"] != draw(strange, seed).fields["address"]
    assert len(draw(usual, seed).fields["address"]) == len(draw(strange, seed).fields["address"])
