"""Drawn pages: the label says what is on them, and where."""

from datetime import date

import numpy as np
import pytest

from extractor.labels.format import check_fields
from extractor.mrz import parse
from extractor.mrz.transliteration import agreement
from extractor.schemas import SCHEMAS
from extractor.schemas.dates import parse_date
from extractor.schemas.states import state_code
from extractor.schemas.text import squash
from extractor.synthesis.draw import DrawnPage, draw
from extractor.synthesis.people import TODAY
from extractor.synthesis.pools import POOLS
from extractor.synthesis.produce import template_named
from extractor.synthesis.templates import Template, templates
from extractor.synthesis.text_pages import draw_text

pytestmark = pytest.mark.usefixtures("fonts")
ALL = [template for pool in POOLS for template in templates(pool)]
#: Pixels a millimetre: a page small enough to be fast, large enough for its letters.
SCALE = 4.4
DATES = ("birth_date", "issue_date", "expiry_date", "valid_from")


@pytest.fixture(scope="module")
def pages() -> list[tuple[Template, DrawnPage]]:
    """A page of every document and of every layout, of both pools."""
    chosen: dict[object, Template] = {}
    for template in ALL:
        chosen.setdefault((template.pool, template.document.id), template)
        chosen.setdefault(template.layout.name, template)
    return [(template, draw(template, 11, width=round(_sheet(template) * SCALE))) for template in chosen.values()]


def _sheet(template: Template) -> float:
    """Width of the widest sheet that a template is shown on, millimetres."""
    widths = [side.size[0] for side in template.layout.sides]
    return sum(widths) if template.layout.beside else max(widths)


def test_labels_are_what_their_schemas_hold(pages: list[tuple[Template, DrawnPage]]) -> None:
    for template, page in pages:
        check_fields(page.schema, page.fields)
        assert set(page.fields) == set(SCHEMAS[page.schema].model_fields), template.name
        failed = [c.code for c in SCHEMAS[page.schema].model_validate(page.fields).checks() if c.passed is False]
        assert not failed, template.name


def test_what_is_printed_means_what_the_label_says(pages: list[tuple[Template, DrawnPage]]) -> None:
    for template, page in pages:
        order = "mdy" if template.document.state == "USA" and template.document.group == "licence_words" else "dmy"
        for name in DATES:
            if name in page.printed:
                meaning = {"birth_date": "birth", "expiry_date": "expiry"}.get(name, "issue")
                found = parse_date(page.printed[name], order=order, meaning=meaning, today=TODAY)  # type: ignore[arg-type]
                assert found is not None, (template.name, name)
                assert found.iso == page.fields[name], (template.name, name)
        if "nationality" in page.printed:
            assert state_code(page.printed["nationality"]) == page.fields["nationality"], template.name
        for name in ("surname", "given_names", "name", "address", "authority", "place_of_birth", "document_number"):
            if name in page.printed and not template.document.option("arabic_digits"):
                assert squash(page.printed[name].replace("\n", "")) == squash(str(page.fields[name])), template.name


def test_every_value_has_a_box_and_every_box_a_value(pages: list[tuple[Template, DrawnPage]]) -> None:
    for template, page in pages:
        for name, value in page.fields.items():
            if name == "issuing_country" or page.mrz_says(name):
                continue
            assert (value is not None) == (name in page.boxes), (template.name, name)
        for name, polygons in page.boxes.items():
            assert page.fields[name] is not None
            assert polygons.shape == (len(polygons), 4, 2)


def test_boxes_lie_on_the_page_and_apart(pages: list[tuple[Template, DrawnPage]]) -> None:
    for template, page in pages:
        h, w = page.image.shape[:2]
        boxes = [(name, b.min(0), b.max(0)) for name, polygons in page.boxes.items() for b in polygons]
        for i, (name, low, high) in enumerate(boxes):
            assert low.min() >= 0, (template.name, name)
            assert high[0] <= w, (template.name, name)
            assert high[1] <= h, (template.name, name)
            for other, low2, high2 in boxes[i + 1 :]:
                shared = np.minimum(high, high2) - np.maximum(low, low2)
                assert name == other or not (shared > 1.5).all(), (template.name, name, other)


def test_boxes_hold_the_ink() -> None:
    """A value's box is darker inside than the strip around it."""
    page = draw(template_named("evaluation", "deu_passport/passport_y"), 3, width=900)
    grey = page.image.min(2).astype(float)
    for name, polygons in page.boxes.items():
        for polygon in polygons:
            (x0, y0), (x1, y1) = polygon.min(0).astype(int), polygon.max(0).astype(int)
            inside, above = grey[y0:y1, x0:x1], grey[max(0, y0 - 4) : y0 - 1, x0:x1]
            assert np.percentile(inside, 5) + 25 < np.median(above), name


def test_characters_stand_in_their_boxes_in_reading_order() -> None:
    page = draw(template_named("evaluation", "gbr_passport/passport_x"), 4, width=900)
    for name in ("surname", "given_names", "document_number", "mrz"):
        polygons = page.boxes[name]
        read = ""
        for polygon in polygons:
            low, high = polygon.min(0) - 1, polygon.max(0) + 1
            inside = ((page.centres >= low) & (page.centres <= high)).all(1)
            order = np.argsort(page.centres[inside][:, 0])
            read += "".join(np.array(page.characters)[inside][order])
        assert read == page.printed[name].replace("\n", "").replace(" ", "")


def test_captions_are_among_the_characters() -> None:
    page = draw(template_named("evaluation", "chn_id_front/chinese_front_x"), 5)
    assert {"姓", "名", "住", "址"} <= set(page.characters)
    assert len(page.characters) == len(page.centres)


def test_the_zone_and_the_visual_zone_agree(pages: list[tuple[Template, DrawnPage]]) -> None:
    zones = 0
    for template, page in pages:
        if page.fields.get("mrz"):
            zones += 1
            mrz = parse(page.fields["mrz"], today=TODAY)
            assert mrz.valid, template.name
            assert (mrz.birth_date, mrz.expiry_date) == (page.fields["birth_date"], page.fields["expiry_date"])
            assert (mrz.nationality, mrz.sex) == (page.fields["nationality"], page.fields["sex"])
            printed = page.fields["surname"]
            if template.document.option("names") != "native":
                assert agreement(mrz.surname or "", printed, truncated=mrz.names_truncated) == 1, template.name
    assert zones > 80


def test_fields_of_the_back_are_null_when_only_the_front_is_shown() -> None:
    template = template_named("evaluation", "fra_card/td1_x")
    fronts = [page for seed in range(12) if (page := draw(template, seed, width=300)).kind == "td1_card_front"]
    assert fronts
    for page in fronts:
        assert page.fields["mrz"] is None
        assert page.fields["address"] is None
        assert page.fields["surname"] is not None


def test_some_fields_are_left_blank_under_their_captions() -> None:
    template = template_named("evaluation", "esp_permit/permit_x")
    pages = [draw(template, seed, width=300) for seed in range(40)]
    blank = [page for page in pages if page.fields["endorsements"] is None]
    assert 8 < len(blank) < 32
    assert all("endorsements" not in page.boxes for page in blank)


def test_a_page_depends_on_its_seed_alone() -> None:
    template = template_named("training", "pol_card/td1_a")
    one, again, other = draw(template, 7), draw(template, 7), draw(template, 8)
    assert np.array_equal(one.image, again.image)
    assert one.fields == again.fields
    assert one.fields != other.fields


def test_width_is_kept_and_the_default_is_a_scanner_s() -> None:
    template = template_named("training", "usa_passport/passport_a")
    assert draw(template, 1, width=672).image.shape[1] == 672
    assert 840 <= draw(template, 1).image.shape[1] <= 1030


def test_a_chinese_card_without_a_limit_is_permanent() -> None:
    template = template_named("evaluation", "chn_id_back/chinese_back_x")
    pages = [draw(template, seed, width=400) for seed in range(60)]
    without = [page for page in pages if page.fields["permanent"]]
    assert without
    for page in pages:
        assert (page.fields["permanent"] is True) == (page.fields["expiry_date"] is None)
    assert {page.printed["permanent"] for page in without} == {"长期"}
    assert all(date.fromisoformat(p.fields["issue_date"]) <= TODAY for p in pages if p.fields["issue_date"])


def test_pages_of_text_say_where_every_character_is() -> None:
    page = draw_text("training", 3, size=(500, 400), languages=("en", "zh", "ru", "ja", "ko", "ar"))
    assert page.image.shape == (400, 500, 3)
    assert len(page.characters) == len(page.centres) > 200
    assert (page.centres >= 0).all()
    assert (page.centres < (500, 400)).all()
