"""The forms in which a value of the vocabulary can fill a field of a user's type.

A document says M; the field takes `Literal["Male", "Female"]`. A date is read as ISO text; the field takes a `date`.
Each value has a list of forms, the plain one first, and a field takes the first that its type accepts. A form never
says more than was read: a year and month are no `date`.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable, Collection, Iterable, Iterator, MutableSequence, Sequence, Set
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, FutureDate, FutureDatetime, NaiveDatetime, PastDate, PastDatetime
from typing_extensions import ReadOnly

from extractor.schemas.sexes import sexes_of
from extractor.schemas.states import same_state, state_code
from extractor.schemas.text import plain_number, squash
from extractor.schemas.vocabulary import Kind

_WRAPPERS = (Annotated, typing.Required, typing.NotRequired, typing.Final, ReadOnly)
#: Types of lists of values, and of days.
LISTS = (list, tuple, set, frozenset, Sequence, MutableSequence, Iterable, Collection, Set)
TIMES = (date, datetime, PastDate, FutureDate, PastDatetime, FutureDatetime, AwareDatetime, NaiveDatetime)
_DATETIMES = frozenset(TIMES) - {date, PastDate, FutureDate}
_PARTICLES = frozenset("de del della di da do das dos du la las le los van von vom zu zur der den ter ten bin".split())
NUMBERS: frozenset[Any] = frozenset({int, float, Decimal})
#: A number with a decimal mark, such as `1.234,56 EUR`; one without, or with commas between thousands; and a height in
#: feet, which is not one number.
_DECIMAL = re.compile(
    r"(?:[^\d.,]{1,4})?(\d{1,3}(?:([ .,'’])\d{3})*|\d+)(?!\2)[.,](\d{1,2}|\d{4,})(?:[^\d.,]{1,5})?", re.ASCII
)
_NUMBER = re.compile(r"\d+(?:,\d{3}|\.\d+)*(?!\d)", re.ASCII)
_FEET = re.compile(r"\d\s*(?:['’′](?!\d{3})|ft\b)", re.ASCII)
#: Letters and digits that Pydantic takes for a number, and no document does: `12E5` is a code.
_NO_NUMBER = re.compile(r"nan|inf(?:inity)?|\d+e\d+", re.IGNORECASE)
#: So many days, as a visa counts them.
_COUNTED = re.compile(r"([0-9]+)\s*[^\W\d_]{3,}\.?")
_FULL_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def part_of(value: Any, part: str | None) -> Any:
    """A part of a value that was read, or None where it has no such part."""
    if part is None or part in ("full", "kind", "age") or value is None:
        return value
    if part.startswith("line"):
        lines, number = value if isinstance(value, list) else str(value).splitlines(), int(part[4:])
        return lines[number - 1] if number <= len(lines) else None
    if part in ("first", "rest"):
        first, *rest = names_in(str(value)) or [""]
        return (first if part == "first" else " ".join(rest)) or None
    if part in ("country_name", "alpha2"):
        _, *shorter = state_forms(str(value))
        return shorter[0 if part == "alpha2" else 1] if shorter else value
    numbers = str(value).split("-")
    place = ("year", "month", "day").index(part)
    return numbers[place] if place < len(numbers) else None


def names_in(text: str) -> list[str]:
    """The names that a name of several is made of; particles belong to what follows (`DE LA CRUZ`, `LOPEZ`)."""
    names: list[str] = []
    opened = False
    for word in text.split():
        if opened:
            names[-1] += f" {word}"
        else:
            names.append(word)
        opened = word.casefold() in _PARTICLES
    return names


def forms(value: Any, kind: Kind, annotation: Any) -> Iterator[Any]:
    """What may fill a field of that type with the value, the best first."""
    if members := members_of(annotation):
        yield from _members(value, kind, members)
        if kind is Kind.SEX and any(squash(word) == squash(str(value)) for word, _ in members):
            return  # the letter is a member, and may mean the other sex
    accepted = plain_types(annotation)
    if kind is Kind.DATE and accepted & _DATETIMES and _FULL_DATE.fullmatch(str(value)):
        yield f"{value}T00:00:00{'Z' if AwareDatetime in accepted else ''}"
    if kind is Kind.DATE and accepted and all(one in TIMES for one in accepted):
        # Pydantic takes a bare year for seconds since 1970.
        if _FULL_DATE.fullmatch(str(value)):
            yield from (value, date.fromisoformat(value))
        return
    if kind is Kind.DATE and date in accepted and _FULL_DATE.fullmatch(str(value)):
        yield date.fromisoformat(value)
    if isinstance(value, str) and accepted and accepted <= NUMBERS:
        value = plain_number(value)  # Pydantic knows no others
        if _NO_NUMBER.fullmatch(re.sub(r"[^0-9A-Za-z]", "", value)):
            return
    if kind is Kind.NUMBER and accepted and accepted <= NUMBERS and re.match(r"\D*0\d", str(value)):
        return  # without its zeros it is another number
    if isinstance(value, str) and kind is Kind.NAME and any(one in LISTS for one in accepted):
        yield names_in(value)
    yield value
    if isinstance(value, list):
        yield ("\n" if kind is Kind.MRZ else ", ").join(map(str, value))
    else:
        yield from (str(value), [value])
    yield from _reshaped(value, kind, accepted)


def _reshaped(value: Any, kind: Kind, accepted: set[Any]) -> Iterator[Any]:
    """Other ways to write the same, for types that constrain how it is written."""
    text = str(value)
    if kind is Kind.STATE:
        yield from state_forms(text)
    elif kind is Kind.DATE:
        yield text.replace("-", "")
        yield ".".join(reversed(text.split("-")))
    elif accepted and accepted <= NUMBERS and _FEET.search(text):
        return
    elif accepted and accepted <= NUMBERS and (found := _DECIMAL.fullmatch(text)):
        yield f"{re.sub(r'[^0-9]', '', found[1])}.{found[3]}"
    elif kind is Kind.CODE and accepted and accepted <= NUMBERS and (found := _COUNTED.fullmatch(text)):
        yield found[1]
    elif kind in (Kind.NUMBER, Kind.CODE):
        yield re.sub(r"[^0-9A-Za-z]", "", text)
    elif accepted & NUMBERS and (found := _NUMBER.search(text)):
        yield found[0].replace(",", "")


def state_forms(code: str) -> Iterator[str]:
    """A state's code with three letters (Germany's as ISO has it), with two, and its English name."""
    from iso3166 import countries_by_alpha3

    alpha3 = "DEU" if code == "D" else code
    yield alpha3
    if country := countries_by_alpha3.get(alpha3):
        yield from (country.alpha2, country.apolitical_name, country.name)


def _members(value: Any, kind: Kind, members: Sequence[tuple[str, Any]]) -> Iterator[Any]:
    """The members of an enum or Literal that mean the value: to the letter, else the only one of that sense."""
    texts = value if isinstance(value, list) else [value]
    found = [_member(text, kind, members) for text in texts]
    if all(one is not None for one in found):
        yield found if isinstance(value, list) else found[0]


def _member(value: Any, kind: Kind, members: Sequence[tuple[str, Any]]) -> Any:
    # Of `H` and `M`, hombre and mujer, the M is no man: what the members mean together comes before the letter.
    sexes = sexes_of(word for word, _ in members) if kind is Kind.SEX else {}
    fitting = [(word, member) for word, member in members if sexes.get(word, value) == value]
    exact = next((member for word, member in fitting if squash(word) == squash(str(value))), None)
    if exact is not None:
        return exact
    means: Callable[[str], bool] = lambda word: sexes.get(word) == value  # noqa: E731
    if kind is Kind.STATE:
        codes = {squash(form) for form in state_forms(str(value))}
        means = lambda word: squash(word) in codes or (state_code(word) is not None and same_state(word, value))  # noqa: E731
    sensible = [member for word, member in fitting if means(word)]
    distinct = [one for i, one in enumerate(sensible) if one not in sensible[:i]]
    return distinct[0] if len(distinct) == 1 else None


def members_of(annotation: Any) -> list[tuple[str, Any]]:
    """The values that an enum or Literal inside the type allows, each with its text, and with the enum's own name."""
    members: list[tuple[str, Any]] = []
    for one in leaves_of(annotation):
        if typing.get_origin(one) is Literal:
            members += [(_member_text(value), value) for value in typing.get_args(one) if value is not None]
        elif isinstance(one, type) and issubclass(one, Enum):
            members += [(_member_text(member.value), member.value) for member in one]
            members += [(member.name.replace("_", " "), member.value) for member in one]
    return members


def _member_text(value: Any) -> str:
    return str(value.value if isinstance(value, Enum) else value)


def leaves_of(annotation: Any) -> Iterator[Any]:
    """The types that a type is made of, through Optional, Union, Annotated, aliases and the items of lists."""
    annotation = bare(annotation)
    origin = typing.get_origin(annotation)
    if origin is typing.Union or origin is types.UnionType or origin in LISTS:
        for argument in typing.get_args(annotation):
            yield from leaves_of(argument)
    else:
        yield annotation


def plain_types(annotation: Any) -> set[Any]:
    """The types of a field without None; of a list only that it is one."""
    annotation = bare(annotation)
    origin = typing.get_origin(annotation)
    if origin is typing.Union or origin is types.UnionType:
        return set().union(*(plain_types(one) for one in typing.get_args(annotation))) - {type(None)}
    if origin is Literal:
        return {type(value) for value in typing.get_args(annotation)}
    return {origin or annotation} - {type(None)}


def bare(annotation: Any) -> Any:
    """A type without Annotated, aliases of types and NewType."""
    while True:
        if typing.get_origin(annotation) in _WRAPPERS:
            annotation = typing.get_args(annotation)[0]
        elif hasattr(annotation, "__supertype__"):  # NewType
            annotation = annotation.__supertype__
        elif type(annotation).__name__ == "TypeAliasType":
            annotation = annotation.__value__
        elif isinstance(annotation, typing.TypeVar):
            annotation = annotation.__bound__ or Any
        else:
            return annotation
