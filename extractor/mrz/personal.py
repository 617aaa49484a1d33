"""The holder's personal number, where the issuing state is known to write it into the optional data.

ICAO leaves the optional data to the state. The table below holds only conventions that the state's own published
specimens show (they are reproduced in the Council of the EU's PRADO register and in the states' passport notices):
where the number stands, what it looks like, and how it is printed in the visual zone. Data that do not look like
the state's number give None; nothing is guessed for a state that is not listed. The bare optional data are always
kept beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from extractor.mrz.checkdigit import FILLER


@dataclass(frozen=True)
class Convention:
    """`pattern` is matched against the whole optional field without its outer fillers.

    `printed`: the visual form, built from the pattern's groups; `{birth}` is the birth date's six digits.
    """

    formats: tuple[str, ...]
    field: str
    pattern: str
    printed: str = "{0}"


_PASSPORT = (("TD3",), "optional_data_1")
_CARD = (("TD1",), "optional_data_1")
_BOTH = (("TD3", "TD1"), "optional_data_1")

_ELEVEN = r"(\d{11})"
_TWELVE = r"(\d{12})"
_THIRTEEN = r"(\d{13})"  # JMBG and its successors, CNP, IDNP
_FOURTEEN = r"(\d{14})"
_BIRTH_NUMBER = (r"(\d{6})(\d{3,4})", "{0}/{1}")  # rodné číslo
_REGISTER_NUMBER = (r"(\d\d)(\d\d)(\d\d)(\d{3})(\d\d)", "{0}.{1}.{2}-{3}.{4}")

CONVENTIONS: dict[str, tuple[Convention, ...]] = {
    "ALB": (Convention(*_BOTH, r"([A-Z]\d{8}[A-Z])"),),
    "ARE": (Convention(*_CARD, r"(784)(\d{4})(\d{7})(\d)", "{0}-{1}-{2}-{3}"),),
    "AZE": (Convention(*_PASSPORT, r"([0-9A-Z]{7})"),),
    "BEL": (  # on the first cards in the first line, then in the second
        Convention(("TD1",), "optional_data_1", *_REGISTER_NUMBER),
        Convention(("TD1",), "optional_data_2", *_REGISTER_NUMBER),
    ),
    "BGR": (Convention(*_PASSPORT, r"(\d{10})"),),
    "CZE": (Convention(*_PASSPORT, *_BIRTH_NUMBER),),
    "ESP": (Convention(*_CARD, r"(\d{8}[A-Z]|[XYZ]\d{7}[A-Z])"),),
    "EST": (Convention(*_BOTH, _ELEVEN),),
    "FIN": (Convention(*_PASSPORT, r"(\d{6})<(\d{3}[0-9A-Z])", "{0}-{1}"),),
    "GEO": (Convention(*_BOTH, _ELEVEN),),
    "HRV": (Convention(*_BOTH, _ELEVEN),),
    "ISL": (Convention(*_PASSPORT, r"(\d{6})<?(\d{4})", "{0}-{1}"),),
    "KAZ": (Convention(*_PASSPORT, _TWELVE),),
    "KGZ": (Convention(*_BOTH, _FOURTEEN),),
    "KOR": (Convention(*_PASSPORT, r"(\d{7})", "{birth}-{0}"),),
    "LTU": (Convention(*_BOTH, _ELEVEN),),
    "LVA": (Convention(*_BOTH, r"(\d{6})<(\d{5})", "{0}-{1}"),),
    "MDA": (Convention(*_BOTH, _THIRTEEN),),
    "MKD": (Convention(*_PASSPORT, _THIRTEEN),),
    "MNE": (Convention(*_BOTH, _THIRTEEN),),
    "MYS": (Convention(*_PASSPORT, _TWELVE),),
    "NLD": (Convention(*_BOTH, r"(\d{9})"),),
    "PAK": (Convention(*_PASSPORT, r"(\d{5})(\d{7})(\d)", "{0}-{1}-{2}"),),
    "POL": (Convention(*_PASSPORT, _ELEVEN),),
    "QAT": (Convention(*_PASSPORT, _ELEVEN),),
    "ROU": (
        Convention(*_PASSPORT, _THIRTEEN),
        # Sex-and-century digit, then what follows the birth date in the number.
        Convention(("ID-36x2",), "optional_data_1", r"(\d)(\d{6})", "{0}{birth}{1}"),
    ),
    "SGP": (Convention(*_PASSPORT, r"([STFGM]\d{7}[A-Z])"),),
    "SRB": (Convention(*_BOTH, _THIRTEEN),),
    "SVK": (Convention(*_PASSPORT, *_BIRTH_NUMBER),),
    "SVN": (Convention(*_PASSPORT, _THIRTEEN),),
    "SWE": (Convention(*_BOTH, r"(\d{8})(\d{4})", "{0}-{1}"),),
    "THA": (Convention(*_PASSPORT, _THIRTEEN),),
    "TUR": (Convention(*_BOTH, _ELEVEN),),
    "TWN": (Convention(*_PASSPORT, r"([A-Z]\d{9})"),),
    "UKR": (
        Convention(*_PASSPORT, r"(\d{8})<?(\d{5})", "{0}-{1}"),  # number in the demographic register
        Convention(*_PASSPORT, r"(\d{10})"),  # taxpayer's number, on older passports
    ),
    "UZB": (Convention(*_BOTH, _FOURTEEN),),
    "VNM": (Convention(*_CARD, _TWELVE),),
}


def personal_number(state: str | None, format_name: str, optional: dict[str, str], birth: str) -> str | None:
    """The personal number as the visual zone prints it, or None where no published convention fits.

    `optional`: raw optional data by field name, fillers included; `birth`: the six digits of the birth date.
    """
    for convention in CONVENTIONS.get(state or "", ()):
        if format_name not in convention.formats:
            continue
        # Inner fillers count (they stand for a hyphen), outer ones only fill the field.
        match = re.fullmatch(convention.pattern, optional.get(convention.field, "").strip(FILLER))
        if match is not None and ("{birth}" not in convention.printed or birth.isdigit()):
            return convention.printed.format(*match.groups(), birth=birth)
    return None
