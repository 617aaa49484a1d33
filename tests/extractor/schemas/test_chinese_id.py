"""The citizen identity number: check character, encoded birth date and sex (GB 11643-1999)."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from extractor.schemas.chinese_id import check_character, checksum_valid, encoded_birth_date, encoded_sex

from ...tables import each

#: The two examples in the standard's own text, 4.2; the sums below are done by hand.
WOMAN, MAN = "11010519491231002X", "440524188001010014"

numbers = st.builds(
    lambda region, day, order: f"{region:06}{day:%Y%m%d}{order:03}",
    st.integers(100_000, 699_999),
    st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    st.integers(0, 999),
)


@pytest.mark.parametrize(
    ("number", "weighted_sum"),
    [
        # 1*7+1*9+0+1*5+0+5*4+1*2+9*1+4*6+9*3+1*7+2*9+3*10+1*5+0+0+2*2
        (WOMAN, 167),
        # 4*7+4*9+0+5*5+2*8+4*4+1*2+8*1+8*6+0+0+1*9+0+1*5+0+0+1*2
        (MAN, 195),
    ],
)
def test_the_standard_s_examples(number: str, weighted_sum: int) -> None:
    assert check_character(number[:17]) == "10X98765432"[weighted_sum % 11] == number[17]
    assert checksum_valid(number)


def test_what_the_examples_encode() -> None:
    assert (encoded_birth_date(WOMAN), encoded_sex(WOMAN)) == ("1949-12-31", "F")
    assert (encoded_birth_date(MAN), encoded_sex(MAN)) == ("1880-01-01", "M")


def test_numbers_of_fifteen_digits_are_of_the_last_century() -> None:
    assert encoded_birth_date("110105491231002") == "1949-12-31"
    assert encoded_sex("110105491231002") == "F"
    assert encoded_sex("110105491231003") == "M"


def test_a_date_that_is_none_is_none() -> None:
    assert encoded_birth_date("110105194913310023") is None
    assert encoded_birth_date("110105194902300021") is None


def test_an_order_code_that_is_no_digit_tells_no_sex() -> None:
    assert encoded_sex("1101051949123100XX") is None


@each(
    "number",
    ["", "1", WOMAN[:17], WOMAN + "0", WOMAN.lower(), "１" + WOMAN[1:], "X" * 18, WOMAN[:16] + "XX", " " + WOMAN[1:]],
)
def test_what_is_no_number_of_eighteen_is_invalid(number: str) -> None:
    assert not checksum_valid(number)


@given(numbers)
def test_every_number_with_its_check_character_is_valid(first_17: str) -> None:
    assert checksum_valid(first_17 + check_character(first_17))


@given(numbers, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_every_single_wrong_character_is_detected(first_17: str, place: int, wrong: str) -> None:
    number = first_17 + check_character(first_17)
    assume(number[place] != wrong)
    assert not checksum_valid(number[:place] + wrong + number[place + 1 :])


@given(numbers, st.integers(0, 16))
def test_every_swap_of_neighbours_is_detected(first_17: str, place: int) -> None:
    number = first_17 + check_character(first_17)
    assume(number[place] != number[place + 1])
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert not checksum_valid(swapped)


@given(numbers)
def test_every_encoded_birth_date_and_sex_comes_back(first_17: str) -> None:
    number = first_17 + check_character(first_17)
    assert encoded_birth_date(number) == f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    assert encoded_sex(number) == ("M" if number[16] in "13579" else "F")
