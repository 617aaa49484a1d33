"""Documents and layouts as data: complete, and in the words that the reader knows."""

import pytest

from extractor.schemas import SCHEMAS, VOCABULARY
from extractor.schemas.text import squash
from extractor.synthesis.pools import POOLS
from extractor.synthesis.produce import LANGUAGES, kinds
from extractor.synthesis.templates import SIZES, TemplateDocument, documents, layouts, templates

from ...tables import each

KINDS = {
    "td3_passport", "td1_card", "td2_card", "id_card", "chinese_id_front", "chinese_id_back", "chinese_id_both",
    "driving_licence", "residence_permit", "mrv_a_visa", "mrv_b_visa",
}  # fmt: skip


@each("pool", POOLS)
def test_both_pools_draw_every_kind(pool: str) -> None:
    assert set(kinds(pool)) == KINDS


@each("language", LANGUAGES)
def test_every_language_has_every_schema(language: str) -> None:
    for pool in POOLS:
        schemas = {t.document.schema for t in templates(pool) if t.language == language}
        assert schemas >= {"passport", "id_card", "driving_licence", "residence_permit", "visa"}


@each("document", documents(), ids=lambda document: document.id)
def test_a_document_prints_fields_of_its_schema_under_captions(document: TemplateDocument) -> None:
    assert set(document.fields) <= SCHEMAS[document.schema].model_fields.keys()
    if document.group.startswith("chinese_id"):
        return
    for name in document.fields:
        assert document.captions(name) or document.group == "licence_eu", name


def test_captions_are_in_the_reader_s_vocabulary() -> None:
    """All but numbered ones, Kazakh and Kyrgyz, which the vocabulary lacks, and one that stands for a phrase."""
    for document in documents():
        if (
            document.group == "licence_eu"
            or document.group.startswith("chinese_id")
            or document.state in ("KAZ", "KGZ")
        ):
            continue
        for name in document.fields:
            known = {squash(caption) for captions in VOCABULARY[name].captions.values() for caption in captions}
            for caption in document.captions(name):
                numbered = any(character.isdigit() for character in caption)
                assert numbered or squash(caption) in known or caption == "Паспорт выдан", (document.id, name, caption)


def test_layouts_keep_to_their_sides() -> None:
    for layout in layouts():
        for side in layout.sides:
            width, height = side.size
            assert side.size in SIZES.values()
            left, top, right, bottom = side.body
            assert 0 <= left < right <= width
            assert 0 <= top < bottom <= height
            for name in ("portrait", "ghost", "emblem", "chip", "signature", "state_sign"):
                if name in side.places:
                    x, y, w, h = side.places[name]
                    assert 0 <= x <= x + w <= width, (layout.name, name)
                    assert 0 <= y <= y + h <= height, (layout.name, name)
            for row in side.rows:
                assert [cell.share for cell in row] == sorted({cell.share for cell in row})


def test_what_a_document_prints_has_a_place_on_every_layout_of_its_group() -> None:
    for template in templates("training") + templates("evaluation"):
        document = template.document
        if document.group.startswith("chinese_id"):
            continue
        places = {cell.field for side in template.layout.sides for row in side.rows for cell in row}
        beside = {"place_of_birth"} if document.option("birth_with_place") else set()
        assert set(document.fields) - places - beside <= set(), template.name


def test_mirroring_twice_changes_nothing_but_keeps_the_zone_in_place() -> None:
    side = next(layout for layout in layouts() if layout.group == "passport").sides[0]
    assert side.mirrored().places["mrz"] == side.places["mrz"]
    assert side.mirrored().mirrored().body == pytest.approx(side.body)
    assert side.mirrored().places["portrait"][0] == pytest.approx(side.size[0] - sum(side.places["portrait"][::2]))
