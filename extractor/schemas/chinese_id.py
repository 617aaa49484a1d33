"""The citizen identity number of the People's Republic of China (GB 11643-1999): 6 digits of region, 8 of birth date,
3 of order (odd for men, even for women) and a check character by ISO 7064 MOD 11-2."""

from __future__ import annotations

from typing import Literal

from stdnum.iso7064 import mod_11_2

from extractor.schemas.dates import iso_date


def check_character(first_17: str) -> str:
    """The 18th character for the first 17 digits (GB 11643-1999, 4.1)."""
    return str(mod_11_2.calc_check_digit(first_17))


def checksum_valid(number: str) -> bool:
    """Whether an 18-character number's check character is right. Region and date are not looked at, so that specimens
    with invented regions are distinguished from misread numbers."""
    return (
        len(number) == 18
        and number[:17].isascii()
        and number[:17].isdigit()
        and check_character(number[:17]) == number[17]
    )


def encoded_birth_date(number: str) -> str | None:
    """The birth date inside an 18- or 15-digit number, ISO 8601, or None if it is no date."""
    digits = number[6:14] if len(number) == 18 else "19" + number[6:12]
    try:
        return iso_date(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}")
    except ValueError:
        return None


def encoded_sex(number: str) -> Literal["M", "F"] | None:
    """The sex that the order code's last digit gives."""
    digit = number[16] if len(number) == 18 else number[-1]
    return None if not digit.isdigit() else "M" if int(digit) % 2 else "F"
