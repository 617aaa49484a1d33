"""European licences whose small numbers OCR lost: what stands between two numbers that were read tells its own."""

from typing import Any

import pytest

from ..printed import LICENCE, rows, values

LINES = {
    "1": "AUBERT",
    "2": "AGATHE DENISE",
    "3": "20.12.2007 DIJON",
    "4a": "10.02.2025",
    "4b": "09.02.2035",
    "4c": "VILLE DE NAMUR",
    "5": "68ML77458",
    "9": "AM/A1/B",
}


def read(*lost: str, glued: str = "") -> dict[str, Any]:
    """The card with some numbers lost: nothing left of them, or `glued` before the value."""
    return values(
        rows(*(glued + text if number in lost else f"{number}. {text}" for number, text in LINES.items())),
        "driving_licence",
    )


@pytest.mark.parametrize("lost", ["2", "4a", "4b", "4c", "5", "9"])
def test_one_number_is_lost(lost: str) -> None:
    assert read(lost) == LICENCE


def test_a_number_of_which_one_figure_is_left() -> None:
    assert read("4b", glued="4 ")["expiry_date"] == "2035-02-09"


def test_the_date_and_the_number_are_told_apart_where_both_lost_theirs() -> None:
    both = read("4b", "5")
    assert (both["expiry_date"], both["document_number"]) == ("2035-02-09", "68ML77458")


def test_one_number_alone_gives_no_order() -> None:
    assert "issue_date" not in read("1", "2", "4a", "4b", "4c", "5", "9")


def test_a_line_that_fits_none_of_the_numbers_between_is_left() -> None:
    lines = rows("1. AUBERT", "2. AGATHE DENISE", "3. 20.12.2007 DIJON", "4a. 10.02.2025", "@ @", "5. 68ML77458")
    assert "authority" not in values(lines, "driving_licence")


def test_numbers_in_another_order_say_nothing_of_what_stands_between() -> None:
    lines = rows("4a. 10.02.2025", "MASSACHUSETTS", "1. AUBERT", "2. AGATHE DENISE", "5. 68ML77458")
    assert "authority" not in values(lines, "driving_licence")


def test_a_heading_above_the_first_number_is_no_name() -> None:
    lines = rows("REINO DE ESPAÑA", "2. AGATHE DENISE", "3. 20.12.2007 DIJON", "4a. 10.02.2025", "5.68ML77458")
    read_card = values(lines, "driving_licence")
    assert "surname" not in read_card
    assert read_card["document_number"] == "68ML77458"
