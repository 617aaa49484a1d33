"""A table of cases is one test, which names the rows that fail."""

import pytest

from .tables import each


def test_every_row_is_tried_and_those_that_fail_are_named() -> None:
    seen = []

    @each(("number", "square"), [(2, 4), (3, 8), pytest.param(4, 16), (5, 20)])
    def check(number: int, square: int) -> None:
        seen.append(number)
        assert number**2 == square

    with pytest.raises(pytest.fail.Exception) as result:
        check()  # type: ignore[call-arg]
    assert seen == [2, 3, 4, 5]
    lines = str(result.value).splitlines()
    assert lines[0] == "2 of 4 rows"
    assert [line.split(": ")[0] for line in lines if "AssertionError" in line] == ["3, 8", "5, 20"]


def test_an_empty_table_is_no_test() -> None:
    with pytest.raises(AssertionError, match="empty"):
        each("row", [])(lambda row: None)()  # type: ignore[call-arg]


@each("row", [1, 2, 3])
def test_fixtures_are_given_to_every_row(row: int, today: object) -> None:
    assert row
    assert today
