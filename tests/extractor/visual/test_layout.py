"""Values known by their place alone: the one date that can be the issue's, place of birth and authority."""

import pytest

from extractor.visual.layout import infer_issue_date, infer_passport_texts
from extractor.visual.segments import Segment
from extractor.visual.values import Context

from ..printed import TODAY, segment

CONTEXT = Context(today=TODAY)


def issue(*texts: str, birth: str | None = "1974-08-12", expiry: str | None = "2032-01-29") -> str | None:
    segments = [segment(text, 40, 40 * number) for number, text in enumerate(texts)]
    placed = infer_issue_date(segments, birth, expiry, CONTEXT)
    return placed.value.value if placed else None


def test_the_one_date_between_birth_and_an_expiry_within_a_year() -> None:
    assert issue("12 AUG 1974", "15 MAR 2023", "14 JUN 2023", expiry="2023-06-14") == "2023-03-15"
    # Documents that last longer are made for whole years: another date may be of anything.
    assert issue("12 AUG 1974", "15 MAR 2023", "29 JAN 2032") is None


def test_of_several_the_one_whole_years_before_the_expiry() -> None:
    assert issue("12 AUG 1974", "15 MAR 2023", "30 JAN 2022", "29 JAN 2032") == "2022-01-30"
    assert issue("15 MAR 2023", "16 APR 2021") is None


def test_two_that_could_both_be_are_neither() -> None:
    assert issue("29 JAN 2022", "29 JAN 2025") is None


@pytest.mark.parametrize(
    "text",
    [
        "29 JAN 2040",  # after the expiry
        "29 DEC 2029",  # still to come
        "12 AUG 1974",  # the birth
        "12 AUG 1960",  # before the birth
        "12 AUG 1975",  # no document lasts as long
        "P<UTO<<12 AUG 2022",  # in the MRZ
        "no date",
    ],
)
def test_dates_that_cannot_be_the_issue_s(text: str) -> None:
    assert issue(text) is None


def test_without_an_expiry_nothing_is_inferred() -> None:
    assert issue("15 MAR 2023", expiry=None) is None
    assert issue("15 MAR 2023", expiry="2032") is None


def test_without_a_birth_only_whole_years_count() -> None:
    assert issue("15 MAR 2023", birth=None) is None
    assert issue("29 JAN 2022", birth=None) == "2022-01-29"


def test_a_leap_day_and_the_day_before_the_anniversary_are_whole_years() -> None:
    assert issue("29 FEB 2016", "12 DEC 2019", expiry="2026-02-28") == "2016-02-29"


class Passport:
    """The value lines of a passport's data page, without captions (Doc 9303-4, 4.1.1)."""

    def __init__(self) -> None:
        self.surname = segment("ERIKSSON", 300, 100)
        self.given = segment("ANNA MARIA", 300, 140)
        self.birth = segment("12 AUG 1974", 300, 220)
        self.sex = segment("F", 300, 260)
        self.place = segment("ZENITH", 420, 260)
        self.issue = segment("29 JAN 2022", 300, 300)
        self.authority = segment("UTOPIA OFFICE", 520, 300)
        self.expiry = segment("29 JAN 2032", 300, 340)

    def anchored(self) -> dict[str, Segment]:
        return {
            "surname": self.surname,
            "given_names": self.given,
            "birth_date": self.birth,
            "sex": self.sex,
            "issue_date": self.issue,
            "expiry_date": self.expiry,
        }

    def inferred(self, *more: Segment, without: tuple[str, ...] = (), bottom: float | None = 400) -> dict[str, str]:
        anchored = {name: one for name, one in self.anchored().items() if name not in without}
        segments = [*self.anchored().values(), self.place, self.authority, *more]
        used = {id(one) for one in anchored.values()}
        return {one.field: one.value.value for one in infer_passport_texts(segments, anchored, used, bottom)}


def test_place_of_birth_and_authority_by_their_places() -> None:
    assert Passport().inferred() == {"place_of_birth": "ZENITH", "authority": "UTOPIA OFFICE"}


def test_lines_under_one_another_are_one_value() -> None:
    page = Passport()
    more = segment("NORTHERN BRANCH", 520, 326)
    assert page.inferred(more)["authority"] == "UTOPIA OFFICE NORTHERN BRANCH"


def test_of_two_candidates_neither_is_taken() -> None:
    page = Passport()
    assert "authority" not in page.inferred(segment("SOMETHING ELSE", 800, 350))


@pytest.mark.parametrize(
    "other",
    [
        segment("12345 67", 600, 345),  # no letters
        segment("SMALL PRINT", 600, 345, height=10),
        segment("SIGNATURE", 600, 345, height=60),
        segment("15 MAR 2023", 600, 345),
        segment("BLURRED", 600, 345, score=0.5),
        segment("SPECIMEN", 600, 345),
        segment("P<UTO<<ERIKSSON", 600, 345),
        segment("BELOW THE ZONE", 600, 430),
        segment("LEFT OF THE FIELDS", 20, 345),
    ],
    ids=lambda one: one.text,
)
def test_what_is_no_value_is_no_candidate(other: Segment) -> None:
    assert Passport().inferred(other)["authority"] == "UTOPIA OFFICE"


def test_a_field_that_is_known_is_not_inferred() -> None:
    page = Passport()
    anchored = {**page.anchored(), "authority": page.authority}
    assert [one.field for one in infer_passport_texts([page.place], anchored, set(), None)] == ["place_of_birth"]


@pytest.mark.parametrize("missing", [("birth_date", "surname", "given_names"), ("issue_date", "expiry_date")])
def test_without_neighbours_that_are_sure_nothing_is_inferred(missing: tuple[str, ...]) -> None:
    assert Passport().inferred(without=missing) == {}


def test_every_inference_says_by_what() -> None:
    page = Passport()
    placed = infer_passport_texts([page.place, page.authority], page.anchored(), set(), None)
    assert all("Doc 9303-4" in one.basis and one.value.value not in one.basis for one in placed)
