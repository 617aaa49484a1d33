"""Lines of a machine-readable zone -> `Mrz`: fields, dates, names, and every check digit with its verdict.

Parsing never fails because a check digit does and never loses text: what cannot be a date or a state stays in the
lines. Reading lines off a picture, and repairing them, is `repair`'s business; this module takes them as they are.

Names (ICAO Doc 9303-3, 4.6): `<<` parts surname from given names, `<` parts the words. Apostrophes and commas are
left out and hyphens become `<` when a name is written, so `O'BRIEN-SMITH` comes back as `OBRIEN SMITH`; the visual
zone has to restore them, and diacritics (`transliteration` tells whether a printed name can be the origin).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from extractor.mrz import national
from extractor.mrz.checkdigit import CHARACTERS, FILLER, check_digit
from extractor.mrz.dates import birth_date, issue_date, issue_month, near_date
from extractor.mrz.formats import FORMATS, RUS, CheckRule, MrzFormat, layout_of
from extractor.mrz.personal import personal_number


@dataclass(frozen=True)
class CheckDigit:
    """One check digit: `position` is its zero-based place in line `line`.

    `found` is None when the place was not read, `expected` None when part of what it covers was not.
    """

    name: str
    line: int
    position: int
    expected: str | None
    found: str | None
    valid: bool


@dataclass(frozen=True)
class Mrz:
    """The content of a machine-readable zone. None: not in this format, empty, or not to be made out.

    Dates are ISO 8601, of reduced precision where day or month are unknown; states are ICAO codes without filler;
    `sex` is M, F, X or None for `<`; names of Russian internal passports are in Cyrillic. `raw` has every field as
    printed, fillers included.
    """

    format: str
    lines: tuple[str, ...]
    document_code: str | None = None
    issuing_state: str | None = None
    surname: str | None = None
    given_names: str | None = None
    names_truncated: bool = False
    document_number: str | None = None
    nationality: str | None = None
    birth_date: str | None = None
    sex: str | None = None
    expiry_date: str | None = None
    issue_date: str | None = None
    optional_data_1: str | None = None
    optional_data_2: str | None = None
    personal_number: str | None = None
    issuing_office: str | None = None
    check_digits: tuple[CheckDigit, ...] = ()
    raw: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def valid(self) -> bool:
        """Every check digit of the format is right. False for a format that has none: nothing is proven."""
        return bool(self.check_digits) and all(check.valid for check in self.check_digits)


def split_names(text: str) -> tuple[str | None, str | None]:
    """Name field -> surname and given names, words parted by one space (Doc 9303-3, 4.6).

    A field without `<<` between words is a name of one piece, which the standard puts in the place of the surname.
    """
    primary, _, secondary = text.strip(FILLER).partition(FILLER * 2)
    if text.startswith(FILLER):
        primary, secondary = "", text.strip(FILLER)
    return _words(primary), _words(secondary)


def _words(text: str) -> str | None:
    return " ".join(word for word in text.split(FILLER) if word) or None


def _plain(text: str) -> str | None:
    """A number or code without its fillers; inner ones stand for a space or a lost punctuation mark."""
    return text.replace(FILLER, "") or None


def verify(layout: MrzFormat, lines: Sequence[str]) -> tuple[CheckDigit, ...]:
    """Every check digit of `layout` against `lines`; a missing line is an empty string."""
    return tuple(_verify_one(layout, check, lines) for check in layout.checks)


def _verify_one(layout: MrzFormat, check: CheckRule, lines: Sequence[str]) -> CheckDigit:
    needed = (check.place, *check.covers)
    whole = all(len(lines[span.line]) == layout.lengths[span.line] for span in needed)
    covered = "".join(span.cut(lines) for span in check.covers)
    return CheckDigit(
        name=check.name,
        line=check.place.line,
        position=check.place.start,
        expected=check_digit(covered) if whole else None,
        found=check.place.cut(lines) or None,
        valid=whole and check.holds(lines),
    )


def guess_format(lines: Sequence[str]) -> MrzFormat | None:
    """The format that lines of full length are in, by their lengths and by how they open; None if no format fits."""
    lengths = tuple(len(line) for line in lines)
    candidates = [candidate for candidate in FORMATS if candidate.lengths == lengths]
    opened = [candidate for candidate in candidates if candidate.opens_like(lines)]
    return next(iter(opened or candidates), None)


def parse(lines: Sequence[str], layout: MrzFormat | None = None, *, today: date | None = None) -> Mrz:
    """Parses lines of exactly the format's lengths; a line that was not read may be an empty string.

    `layout`: the format, if it is known; otherwise it is taken from lengths and opening, and a long document number
    is recognised. `today` fixes the centuries of two-digit years (default: the present day).

    Raises ValueError when a line has a wrong length or a character outside A-Z, 0-9 and the filler.
    """
    lines = tuple(lines)
    if any(character not in CHARACTERS for line in lines for character in line):
        raise ValueError("a machine-readable zone holds only A-Z, 0-9 and <")
    if layout is None:
        general = guess_format(lines)
        if general is None:
            raise ValueError("no format of machine-readable zones has lines of these lengths")
        layout = layout_of(general, lines)
    expected = list(layout.lengths)
    if len(lines) != len(expected) or any(line and len(line) != n for line, n in zip(lines, expected, strict=True)):
        raise ValueError(f"{layout.name} has lines of {', '.join(map(str, expected))} characters")
    raw = {item.name: item.span.cut(lines) for item in layout.fields}
    return _interpret(layout, lines, raw, today or date.today())


def _interpret(layout: MrzFormat, lines: tuple[str, ...], raw: dict[str, str], today: date) -> Mrz:
    state = raw.get("issuing_state", "").rstrip(FILLER)
    issuing_state = state or None
    if "name" in raw:
        surname, given_names = split_names(national.cyrillic(raw["name"]) if layout is RUS else raw["name"])
        last_name = raw["name"]
    else:
        surname, given_names = _words(raw.get("surname", "")), _words(raw.get("given_names", ""))
        last_name = raw.get("given_names") or raw.get("surname", "")
    endless = national.is_without_end(layout.name, state, raw.get("expiry_date", ""))
    expiry = national.ENDLESS if endless else near_date(raw.get("expiry_date", ""), today)
    number = raw.get("document_number", "") + raw.get("document_number_rest", "")
    if layout is RUS:
        number = national.russian_number(number, raw["series_end"])
    optional = {name: text for name, text in raw.items() if name.startswith("optional_data")}
    issued = issue_date(raw["issue_date"], today) if "issue_date" in raw else None
    checks = verify(layout, lines)
    disproved = any(check.name == "expiry_date" and not check.valid for check in checks)
    return Mrz(
        format=layout.name,
        lines=lines,
        document_code=_plain(raw.get("document_code", "")),
        issuing_state=issuing_state,
        surname=surname,
        given_names=given_names,
        # Doc 9303-3, 4.6: a name that had to be cut ends with a letter in the last place.
        names_truncated=bool(last_name) and last_name[-1] != FILLER,
        document_number=_plain(number),
        nationality=raw.get("nationality", "").rstrip(FILLER) or None,
        birth_date=birth_date(raw.get("birth_date", ""), today, None if disproved else expiry),
        sex=national.sex(raw.get("sex", ""), layout.name, raw.get("document_code", ""), state),
        expiry_date=expiry,
        issue_date=issued or issue_month(raw.get("issue_month", ""), today),
        optional_data_1=optional.get("optional_data_1", "").strip(FILLER) or None,
        optional_data_2=optional.get("optional_data_2", "").strip(FILLER) or None,
        personal_number=personal_number(issuing_state, layout.name, optional, raw.get("birth_date", "")),
        issuing_office=_plain(raw.get("issuing_office", "")),
        check_digits=checks,
        raw=MappingProxyType(raw),
    )
