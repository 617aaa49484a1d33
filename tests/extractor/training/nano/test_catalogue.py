"""Pages of the catalogue: what stands on them is the answer, what does not is null, what is uncertain is left out."""

import random
from collections import Counter
from datetime import date

import numpy as np
import pytest

from extractor.schemas import SCHEMAS
from extractor.schemas.text import squash
from extractor.schemas.vocabulary import VOCABULARY, Kind
from extractor.synthesis.catalogue import catalogue
from extractor.synthesis.content import MRZ_FIELDS
from extractor.training.nano.catalogue import CataloguePages, UncertainError, ZoneHolder, label
from extractor.training.visual.labelled import Sheet, SheetLine
from extractor.training.visual.printing import _fonts, _has
from extractor.training.visual.sheet import make_sheet
from extractor.visual.tags import CAPTION_TAGS, FIELDS, NOTHING, VALUE_TAGS, caption_tag, value_tag

#: Kinds whose values are written as they are printed.
_VERBATIM = (Kind.NAME, Kind.NUMBER, Kind.TEXT, Kind.ADDRESS, Kind.CODE)


@pytest.fixture(scope="module")
def pages(fonts):
    drawer, rng = CataloguePages(), random.Random(3)
    return [drawer.draw(rng) for _ in range(14)]


@pytest.fixture
def holder():
    entry = {"kind": "id_card", "state": "ESP", "language": "es", "sides": [], "date": "{dd}/{mm}/{yyyy}"}
    made = ZoneHolder(entry, random.Random(1))
    made.dates["birth_date"] = date(1980, 4, 3)
    return made


def sheet(*lines):
    """A card of lines (field, text); an owner each, the same number being the same value."""
    made = []
    for at, (name, owner, text) in enumerate(lines):
        tag = value_tag(name) if name else NOTHING
        box = [5.0, 6.0 * at, 50.0, 6.0 * at + 3]
        made.append(SheetLine(text, [tag] * len(text), [owner] * len(text), box))
    return Sheet(made, {}, "id_card")


def test_an_answer_is_what_its_schema_may_say(pages):
    for page in pages:
        own = {name: page.fields[name] for name in SCHEMAS[page.schema].model_fields}
        assert SCHEMAS[page.schema].model_validate(own).model_dump() == own
    assert len({page.schema for page in pages}) >= 3


def test_a_value_that_is_not_the_zones_stands_on_the_page(pages):
    seen = 0
    for page in pages:
        text = squash(" ".join(line for line, _ in page.lines))
        for name in SCHEMAS[page.schema].model_fields:
            value = page.fields[name]
            if value is None:
                assert not any(c.isalnum() for text in page.printed.get(name, ()) for c in text)
            elif VOCABULARY[name].kind in _VERBATIM and name in page.printed:
                seen += 1
                assert all(squash(part) in text for part in (value.split() if value.isascii() else value))
            elif name not in page.printed:
                assert name in {"mrz", "issuing_country"} or (page.fields["mrz"] and name in MRZ_FIELDS)
    assert seen > 30


def test_a_zone_agrees_with_what_is_printed(pages):
    zones = [page for page in pages if page.fields["mrz"]]
    assert len(zones) >= 4
    for page in zones:
        text = "".join(page.fields["mrz"])
        for name in ("birth_date", "expiry_date"):
            if page.fields[name] and len(page.fields[name]) == 10:
                assert page.fields[name][2:].replace("-", "") in text
        assert page.fields["nationality"].ljust(3, "<") in text


def test_places_without_a_value_are_common():
    """Captions that stand alone, and fields on a side that is not shown, are what null is learned from."""
    rng, counts = random.Random(4), Counter()
    entries = [entry for entry in catalogue() if not entry.get("mrz")]
    for _ in range(150):
        entry = rng.choice(entries)
        made = make_sheet(entry, ZoneHolder(entry, rng), rng)
        tags = {tag for line in made.lines for tag in line.tags}
        captions = {FIELDS[tag - CAPTION_TAGS.start] for tag in tags if tag >= CAPTION_TAGS.start}
        values = {FIELDS[tag - VALUE_TAGS.start] for tag in tags if VALUE_TAGS.start <= tag < VALUE_TAGS.stop}
        counts["captions"] += len(captions)
        counts["alone"] += len(captions - values)
    assert counts["alone"] > 0.06 * counts["captions"]


def test_lines_of_a_value_are_one_and_what_is_missing_is_null(holder):
    fields, printed = label(
        sheet(("", 0, "ESPAÑA"), ("surname", 1, "DE LA"), ("surname", 1, "FUENTE"), ("birth_date", 2, "03/04/1980")),
        holder,
    )
    assert fields["surname"] == "DE LA FUENTE"
    assert printed["surname"] == "DE LA\nFUENTE"
    assert fields["birth_date"] == "1980-04-03"
    assert fields["issuing_country"] == "ESP"
    assert fields["given_names"] is None


def test_a_date_is_the_holders_in_whichever_order_it_is_printed(holder):
    assert label(sheet(("birth_date", 1, "04/03/1980")), holder)[0]["birth_date"] == "1980-04-03"
    with pytest.raises(UncertainError):
        label(sheet(("birth_date", 1, "05/03/1980")), holder)


@pytest.mark.parametrize(
    "lines",
    [
        [("surname", 1, "GARCÍA"), ("surname", 2, "LÓPEZ")],
        [("document_number", 1, "١٢٣٤٥٦٧٨")],
        [("surname", 1, "محمد")],
        [("nationality", 1, "NOWHERE")],
        [("document_number", 1, "KX NR 716686")],
    ],
)
def test_a_value_that_is_not_certain_leaves_the_page_out(holder, lines):
    with pytest.raises(UncertainError):
        label(sheet(*lines), holder)


def test_what_is_struck_out_is_null(holder):
    fields, _ = label(
        sheet(("surname", 1, "GARCÍA"), ("place_of_birth", 2, "-----"), ("personal_number", 3, "***")), holder
    )
    assert fields["place_of_birth"] is fields["personal_number"] is None


def test_the_same_value_twice_is_one(holder):
    fields, _ = label(sheet(("surname", 1, "GARCÍA"), ("surname", 2, "García")), holder)
    assert fields["surname"] == "GARCÍA"


def test_captions_are_no_values(holder):
    line = SheetLine("Apellidos", [caption_tag("surname")] * 9, [1] * 9, [5.0, 0.0, 30.0, 3.0])
    assert label(Sheet([line], {}, "id_card"), holder)[0]["surname"] is None


def test_centres_lie_on_ink(pages):
    found = []
    for page in pages[:10]:
        grey = page.image.astype(float).mean(2)
        assert len(page.characters) == len(page.centres)
        height, width = grey.shape
        for x, y in page.centres[::7].astype(int):
            if 8 < x < width - 8 and 8 < y < height - 8:
                found.append(np.ptp(grey[y - 8 : y + 9, x - 4 : x + 5]))
    assert len(found) > 100
    assert np.median(found) > 60


def test_a_font_is_one_that_has_the_letters(fonts):
    assert not _has("Roboto-Regular.ttf", "\u10d0")
    letters = set("ҚазақстанĐẠ")
    for seed in range(20):
        name = _fonts(random.Random(seed), "training", letters)[-1][2][0]
        assert all(_has(name, letter) for letter in letters)
