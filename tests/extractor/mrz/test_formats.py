"""The table of formats is consistent with itself, and long document numbers follow ICAO's note j."""

import random

from extractor.mrz.formats import FORMATS, RUS, TD1, TD2, TD3, MrzFormat, layout_of, layouts

from ...tables import each
from .documents import EVERY_FORMAT, document

# Fields that name a part of another field.
OVERLAPPING = {"issue_month", "department", "blank_series", "blank_serial", "blank_language", "series_end"}


@each("layout", FORMATS, ids=lambda layout: layout.openings[0])
def test_every_place_belongs_to_one_field_or_check_digit(layout: MrzFormat) -> None:
    owners: dict[tuple[int, int], list[str]] = {}
    for field in layout.fields:
        if field.name not in OVERLAPPING and (layout is not RUS or field.name not in {"issue_date", "issuing_office"}):
            for place in range(field.span.start, field.span.end):
                owners.setdefault((field.span.line, place), []).append(field.name)
    for check in layout.checks:
        owners.setdefault((check.place.line, check.place.start), []).append(f"check of {check.name}")
    places = {(line, place) for line, length in enumerate(layout.lengths) for place in range(length)}
    assert set(owners) == places
    assert all(len(names) == 1 for names in owners.values())


@each("layout", FORMATS, ids=lambda layout: layout.openings[0])
def test_composites_cover_every_other_check_digit(layout: MrzFormat) -> None:
    composite = layout.check("composite")
    if composite is None:
        return
    covered = {(span.line, k) for span in composite.covers for k in range(span.start, span.end)}
    for check in layout.checks:
        if check is not composite:
            assert (check.place.line, check.place.start) in covered


@each("layout", EVERY_FORMAT, ids=lambda layout: layout.openings[0])
def test_generated_documents_satisfy_their_check_digits(layout: MrzFormat) -> None:
    for seed in range(20):
        lines = document(layout, random.Random(seed))[1]
        assert all(check.holds(lines) for check in layout.checks)
        assert layout.opens_like(lines)


def test_long_number_of_doc_9303_5() -> None:
    # The example of Doc 9303-5, appendix: number D23145890734, check digit 9.
    lines = ["I<UTOD23145890<7349<<<<<<<<<<<", "3407127M9507122UTO<<<<<<<<<<<2", "STEVENSON<<PETER<JOHN<<<<<<<<<"]
    layout = layout_of(TD1, lines)
    assert layout is not TD1
    assert layout.check("document_number").holds(lines)
    rest = layout.field("document_number_rest")
    assert rest.span.cut(lines) == "734"


def test_long_number_that_counts_the_filler() -> None:
    # The Portuguese card weights the filler between the two parts of the number.
    lines = ["I<PRT000024759<ZZ72<<<<<<<<<<<", "8010100F2006017PRT<<<<<<<<<<<8", "CARLOS<MONTEIRO<<AMELIA<VANESS"]
    layout = layout_of(TD1, lines)
    assert layout.field("document_number_rest").span.cut(lines) == "ZZ7"
    assert all(check.holds(lines) for check in layout.checks)


def test_a_short_number_is_never_taken_for_a_long_one() -> None:
    lines = document(TD2, random.Random(3))[1]
    assert layouts(TD2, lines) == (TD2,)
    assert layouts(TD3, lines) == (TD3,)
