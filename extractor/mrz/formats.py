"""The formats of machine-readable zones, as data: line lengths, fields, check digits and what each covers.

Everything else in this package (parsing, repairing, verifying, and the tests' generator) reads this one table; a new
format is a new entry. Places are zero-based and half open, lines are numbered from 0.

Sources: ICAO Doc 9303-4 (TD3), 9303-5 (TD1), 9303-6 (TD2), 9303-7 (MRV-A, MRV-B); the Council of the EU's PRADO
register for the French card of 1988-2021, the Romanian card of 1997-2021 and the Swiss driving licence; ISO/IEC
18013-3, annex on basic access protection, for the one line on European driving licences; order 391 of Russia's Federal
Migration Service (30 November 2012) for the Russian internal passport.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from extractor.mrz.checkdigit import DIGITS, FILLER, LETTERS, is_valid


class Alphabet(StrEnum):
    """The kind of character a place may hold; ALLOWED says which these are."""

    CODE = "code"
    STATE = "state"
    NAME = "name"
    DIGIT = "digit"
    DATE = "date"
    ANY = "any"
    MOSTLY_DIGITS = "mostly digits"
    SEX = "sex"
    #: Cyrillic in Latin letters and digits, on Russian internal passports; see `national`.
    CYRILLIC = "Cyrillic code"
    FILL = "fill"


ALLOWED = {
    Alphabet.CODE: LETTERS + FILLER,
    Alphabet.STATE: LETTERS + FILLER,
    Alphabet.NAME: LETTERS + FILLER,
    Alphabet.DIGIT: DIGITS,
    Alphabet.DATE: DIGITS + FILLER,
    Alphabet.ANY: DIGITS + LETTERS + FILLER,
    Alphabet.MOSTLY_DIGITS: DIGITS + LETTERS + FILLER,
    # H: hombre, on Mexican voter cards; see `national`.
    Alphabet.SEX: "MFXH" + FILLER,
    Alphabet.CYRILLIC: LETTERS + "2346789" + FILLER,
    Alphabet.FILL: FILLER,
}


@dataclass(frozen=True)
class Span:
    """Places `start` to `end` (excluded) of line `line`."""

    line: int
    start: int
    end: int

    @property
    def places(self) -> list[tuple[int, int]]:
        """(line, place) of each of its characters."""
        return [(self.line, k) for k in range(self.start, self.end)]

    def cut(self, lines: Sequence[str]) -> str:
        """The text of the span; short or empty where the line is missing or short."""
        return lines[self.line][self.start : self.end]


@dataclass(frozen=True)
class Field:
    """A named span and its alphabet."""

    name: str
    span: Span
    alphabet: Alphabet


@dataclass(frozen=True)
class CheckRule:
    """A check digit: its place, and the spans it covers in the order in which they are joined.

    `filler_means_zero`: its place may hold a filler when everything it covers is filler: optional data (Doc 9303-4,
    4.2.2.2), and the expiry date of a document that does not expire.
    """

    name: str
    place: Span
    covers: tuple[Span, ...]
    filler_means_zero: bool = False

    @property
    def covered(self) -> set[tuple[int, int]]:
        """(line, place) of every character it covers."""
        return {place for span in self.covers for place in span.places}

    def holds(self, lines: Sequence[str]) -> bool:
        """Whether `lines` (of full length) satisfy this check digit."""
        covered = "".join(span.cut(lines) for span in self.covers)
        return is_valid(covered, self.place.cut(lines), filler_means_zero=self.filler_means_zero)


@dataclass(frozen=True)
class MrzFormat:
    """One format. `openings`: how document code and issuing state usually begin, the most special format first."""

    name: str
    lengths: tuple[int, ...]
    openings: tuple[str, ...]
    fields: tuple[Field, ...]
    checks: tuple[CheckRule, ...]

    def field(self, name: str) -> Field | None:
        """The field of that name, or None."""
        return next((field for field in self.fields if field.name == name), None)

    def check(self, name: str) -> CheckRule | None:
        """The check digit of that name, or None."""
        return next((check for check in self.checks if check.name == name), None)

    def opens_like(self, lines: Sequence[str]) -> bool:
        """Whether document code and issuing state are such as this format has."""
        code, state = self.field("document_code"), self.field("issuing_state")
        if code is None or state is None:
            return False
        opening = code.span.cut(lines) + state.span.cut(lines)
        return any(opening.startswith(start) for start in self.openings)


def _f(name: str, line: int, start: int, end: int, alphabet: Alphabet) -> Field:
    return Field(name, Span(line, start, end), alphabet)


def _c(name: str, line: int, place: int, *covers: tuple[int, int, int], filler: bool = False) -> CheckRule:
    return CheckRule(name, Span(line, place, place + 1), tuple(Span(*span) for span in covers), filler)


def _opening(line: int = 0) -> tuple[Field, ...]:
    return (
        _f("document_code", line, 0, 2, Alphabet.CODE),
        _f("issuing_state", line, 2, 5, Alphabet.STATE),
    )


def _holder(line: int, start: int) -> tuple[Field, ...]:
    """Nationality, birth date, sex and expiry date in the order all ICAO formats but TD1 share."""
    return (
        _f("nationality", line, start, start + 3, Alphabet.STATE),
        _f("birth_date", line, start + 3, start + 9, Alphabet.DATE),
        _f("sex", line, start + 10, start + 11, Alphabet.SEX),
        _f("expiry_date", line, start + 11, start + 17, Alphabet.DATE),
    )


def _two_lines(
    name: str, length: int, openings: tuple[str, ...], optional: int, *extra: CheckRule, optional_alphabet: Alphabet
) -> MrzFormat:
    """TD2, TD3, MRV-A and MRV-B differ in length, in the optional data and in what follows it."""
    return MrzFormat(
        name=name,
        lengths=(length, length),
        openings=openings,
        fields=(
            *_opening(),
            _f("name", 0, 5, length, Alphabet.NAME),
            _f("document_number", 1, 0, 9, Alphabet.ANY),
            *_holder(1, 10),
            _f("optional_data_1", 1, 28, 28 + optional, optional_alphabet),
        ),
        checks=(
            _c("document_number", 1, 9, (1, 0, 9)),
            _c("birth_date", 1, 19, (1, 13, 19)),
            _c("expiry_date", 1, 27, (1, 21, 27), filler=True),
            *extra,
        ),
    )


TD1 = MrzFormat(
    name="TD1",
    lengths=(30, 30, 30),
    openings=("A", "C", "I"),
    fields=(
        *_opening(),
        _f("document_number", 0, 5, 14, Alphabet.ANY),
        _f("optional_data_1", 0, 15, 30, Alphabet.ANY),
        _f("birth_date", 1, 0, 6, Alphabet.DATE),
        _f("sex", 1, 7, 8, Alphabet.SEX),
        _f("expiry_date", 1, 8, 14, Alphabet.DATE),
        _f("nationality", 1, 15, 18, Alphabet.STATE),
        _f("optional_data_2", 1, 18, 29, Alphabet.ANY),
        _f("name", 2, 0, 30, Alphabet.NAME),
    ),
    checks=(
        _c("document_number", 0, 14, (0, 5, 14)),
        _c("birth_date", 1, 6, (1, 0, 6)),
        _c("expiry_date", 1, 14, (1, 8, 14), filler=True),
        _c("composite", 1, 29, (0, 5, 30), (1, 0, 7), (1, 8, 15), (1, 18, 29)),
    ),
)

_TD2_COMPOSITE = _c("composite", 1, 35, (1, 0, 10), (1, 13, 20), (1, 21, 35))

TD2 = _two_lines("TD2", 36, ("A", "C", "I", "P"), 7, _TD2_COMPOSITE, optional_alphabet=Alphabet.ANY)

TD3 = _two_lines(
    "TD3",
    44,
    ("P",),
    14,
    _c("optional_data_1", 1, 42, (1, 28, 42), filler=True),
    _c("composite", 1, 43, (1, 0, 10), (1, 13, 20), (1, 21, 43)),
    optional_alphabet=Alphabet.ANY,
)

# The Russian internal passport writes Cyrillic in a code of its own. Its number is the first three digits of the series
# and the six of the number; the fourth of the series, the date of issue and the authority are the optional data. It
# does not expire: fillers stand for the date and its check digit.
RUS = replace(
    TD3,
    openings=("PNRUS",),
    fields=(
        *(field for field in TD3.fields if field.name not in {"name", "optional_data_1"}),
        _f("name", 0, 5, 44, Alphabet.CYRILLIC),
        _f("optional_data_1", 1, 28, 42, Alphabet.MOSTLY_DIGITS),
        _f("series_end", 1, 28, 29, Alphabet.DIGIT),
        _f("issue_date", 1, 29, 35, Alphabet.DATE),
        _f("issuing_office", 1, 35, 41, Alphabet.DIGIT),
    ),
)

MRVA = _two_lines("MRVA", 44, ("V",), 16, optional_alphabet=Alphabet.ANY)
MRVB = _two_lines("MRVB", 36, ("V",), 8, optional_alphabet=Alphabet.ANY)

# The optional data are the first digit and the last six of the personal number (CNP); see `personal`.
ROU = _two_lines("ID-36x2", 36, ("IDROU",), 7, _TD2_COMPOSITE, optional_alphabet=Alphabet.MOSTLY_DIGITS)

FRA = MrzFormat(
    name="FRA-36x2",
    lengths=(36, 36),
    openings=("IDFRA",),
    fields=(
        *_opening(),
        _f("surname", 0, 5, 30, Alphabet.NAME),
        _f("issuing_office", 0, 30, 36, Alphabet.MOSTLY_DIGITS),
        _f("document_number", 1, 0, 12, Alphabet.DIGIT),
        _f("issue_month", 1, 0, 4, Alphabet.DIGIT),
        _f("department", 1, 4, 7, Alphabet.MOSTLY_DIGITS),
        _f("given_names", 1, 13, 27, Alphabet.NAME),
        _f("birth_date", 1, 27, 33, Alphabet.DATE),
        _f("sex", 1, 34, 35, Alphabet.SEX),
    ),
    checks=(
        _c("document_number", 1, 12, (1, 0, 12)),
        _c("birth_date", 1, 33, (1, 27, 33)),
        _c("composite", 1, 35, (0, 0, 36), (1, 0, 35)),
    ),
)

_IDL_COMPOSITE = _c("composite", 0, 29, (0, 0, 29))

# The French licence: the check digit at place 14 covers everything before it, not only the number.
IDL_FRA = MrzFormat(
    name="IDL-1x30",
    lengths=(30,),
    openings=("D1FRA",),
    fields=(
        *_opening(),
        _f("document_number", 0, 5, 14, Alphabet.ANY),
        _f("expiry_date", 0, 15, 21, Alphabet.DATE),
        _f("surname", 0, 21, 29, Alphabet.NAME),
    ),
    checks=(_c("document_number", 0, 14, (0, 0, 14)), _IDL_COMPOSITE),
)

# The Dutch licence: a version digit, the ten-digit number, then data for the chip's access key.
IDL_NLD = MrzFormat(
    name="IDL-1x30",
    lengths=(30,),
    openings=("D1NLD",),
    fields=(
        *_opening(),
        _f("version", 0, 5, 6, Alphabet.DIGIT),
        _f("document_number", 0, 6, 16, Alphabet.DIGIT),
        _f("optional_data_1", 0, 16, 29, Alphabet.ANY),
    ),
    checks=(_IDL_COMPOSITE,),
)

# ISO/IEC 18013-3 fixes only the code, the configuration digit and the last check digit.
IDL = MrzFormat(
    name="IDL-1x30",
    lengths=(30,),
    openings=("D1", "D2", "DN", "D<"),
    fields=(*_opening(), _f("optional_data_1", 0, 5, 29, Alphabet.ANY)),
    checks=(_IDL_COMPOSITE,),
)

# The Swiss licence has no check digit at all; line 1 is the number of the blank: three letters, three digits, language.
CHE = MrzFormat(
    name="CHE-9-30-30",
    lengths=(9, 30, 30),
    openings=("FACHE",),
    fields=(
        _f("optional_data_1", 0, 0, 9, Alphabet.ANY),
        _f("blank_series", 0, 0, 3, Alphabet.CODE),
        _f("blank_serial", 0, 3, 6, Alphabet.DIGIT),
        _f("blank_language", 0, 6, 7, Alphabet.CODE),
        *_opening(1),
        _f("document_number", 1, 5, 17, Alphabet.DIGIT),
        _f("filler_1", 1, 17, 19, Alphabet.FILL),
        _f("birth_date", 1, 19, 25, Alphabet.DATE),
        _f("filler_2", 1, 25, 30, Alphabet.FILL),
        _f("name", 2, 0, 30, Alphabet.NAME),
    ),
    checks=(),
)

# Special layouts before the general ones that would also fit their lengths.
FORMATS = (RUS, TD3, TD1, FRA, ROU, TD2, MRVA, MRVB, IDL_FRA, IDL_NLD, IDL, CHE)


def with_long_number(general: MrzFormat, rest: int, *, count_filler: bool) -> MrzFormat:
    """TD1 or TD2 whose document number has more than nine characters (Doc 9303-5, 4.2.2.1, note j).

    The first nine stay in their place, the place of the check digit holds a filler, and the `rest` further
    characters, their check digit and a filler open the optional data. States disagree whether the filler between
    the two parts counts as a place of the weighting: `count_filler` (Portugal) or not (the example of Doc 9303-5).

    Raises ValueError for a format without optional data after its document number.
    """
    number, old_check = general.field("document_number"), general.check("document_number")
    optional = general.field("optional_data_1")
    if number is None or old_check is None or optional is None:
        raise ValueError(f"{general.name} has no place for a long document number")
    line, start, end = optional.span.line, optional.span.start, optional.span.end
    remainder = Span(line, start, start + rest)
    between = (old_check.place,) if count_filler else ()
    check = CheckRule("document_number", Span(line, start + rest, start + rest + 1), (number.span, *between, remainder))
    fields = (
        *(field for field in general.fields if field is not optional),
        Field("document_number_rest", remainder, Alphabet.ANY),
        Field("document_number_gap", old_check.place, Alphabet.FILL),
        Field("document_number_end", Span(line, start + rest + 1, min(start + rest + 2, end)), Alphabet.FILL),
        Field("optional_data_1", Span(line, min(start + rest + 2, end), end), Alphabet.ANY),
    )
    checks = (check, *(other for other in general.checks if other is not old_check))
    return replace(general, fields=fields, checks=checks)


def layouts(general: MrzFormat, lines: Sequence[str]) -> tuple[MrzFormat, ...]:
    """The ways `lines` may be laid out under a format: itself, or its two readings of a long document number."""
    check, optional = general.check("document_number"), general.field("optional_data_1")
    if general.name not in {"TD1", "TD2"} or check is None or optional is None:
        return (general,)
    run = len(optional.span.cut(lines).split(FILLER)[0])
    if check.place.cut(lines) != FILLER or not 2 <= run < optional.span.end - optional.span.start:
        return (general,)
    return (
        general,
        with_long_number(general, run - 1, count_filler=False),
        with_long_number(general, run - 1, count_filler=True),
    )


def layout_of(general: MrzFormat, lines: Sequence[str]) -> MrzFormat:
    """The layout under which most check digits of `lines` hold; the first one where that is a draw."""
    return max(layouts(general, lines), key=lambda layout: sum(check.holds(lines) for check in layout.checks))
