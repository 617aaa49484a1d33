"""Invented documents in every format, and the ways a page and a recogniser spoil their zones."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from extractor.mrz.checkdigit import CHARACTERS, DIGITS, FILLER, INDEX, LETTERS, check_digit
from extractor.mrz.confusion import CLASSES, LineSource, Print, confusions
from extractor.mrz.formats import (
    CHE,
    FRA,
    IDL_FRA,
    IDL_NLD,
    MRVA,
    MRVB,
    ROU,
    TD1,
    TD2,
    TD3,
    Alphabet,
    Field,
    MrzFormat,
    Span,
    with_long_number,
)
from extractor.mrz.states import PRINTED_STATE_CODES

EVERY_FORMAT = (TD1, TD2, TD3, MRVA, MRVB, FRA, ROU, IDL_FRA, IDL_NLD, CHE)
WORDS = (
    "ANNA MARIA KARL ERIKSSON MUELLER GARCIA LOPEZ VAN DER BERG OCONNOR KRAKS KICKS LESLEY XU NG KOWALSKA ABDULLAYEV "
    "TKACHENKO SCHMIDT SZCZESNY ILIC QAQARIN ZORAN WONG SMITH JOHN LI CLAIRE JEAN SASKIA ELKE LUC CECILE KEN LEE"
).split()


@dataclass(frozen=True)
class FakeLine:
    """A text line as a recogniser would give it."""

    text: str
    box: NDArray[np.float64]
    score: float = 0.99
    log_probs: NDArray[np.float32] | None = None


def page(texts: Sequence[str], *, left: float = 20.0, top: float = 300.0, pitch: float = 12.0) -> list[FakeLine]:
    """Text lines under each other, in boxes as wide as their characters; `` `` at both ends keeps its width."""
    return [FakeLine(text, box(left, top + 30 * k, pitch * len(text), 18.0)) for k, text in enumerate(texts)]


def box(left: float, top: float, width: float, height: float) -> NDArray[np.float64]:
    """Corners clockwise from top left."""
    return np.array(
        [[left, top], [left + width, top], [left + width, top + height], [left, top + height]], dtype=np.float64
    )


def document(layout: MrzFormat, rng: random.Random, *, long_number: bool = False) -> tuple[MrzFormat, list[str]]:
    """A document with right check digits: its layout (of a long number, if asked for) and its lines."""
    if long_number:
        layout = with_long_number(layout, rng.randint(1, 4), count_filler=rng.random() < 0.5)
    grid = [[FILLER] * length for length in layout.lengths]
    opening = rng.choice(layout.openings)
    state = opening[2:] or rng.choice(PRINTED_STATE_CODES)
    for field in layout.fields:
        _write(grid, field.span, _value(layout, field, opening, state, rng))
    for check in sorted(layout.checks, key=lambda check: check.name == "composite"):
        lines = ["".join(row) for row in grid]
        covered = "".join(span.cut(lines) for span in check.covers)
        empty = check.filler_means_zero and not covered.strip(FILLER) and rng.random() < 0.5
        _write(grid, check.place, FILLER if empty else check_digit(covered))
    return layout, ["".join(row) for row in grid]


def _write(grid: list[list[str]], span: Span, text: str) -> None:
    size = span.end - span.start
    grid[span.line][span.start : span.end] = list(text[:size].ljust(size, FILLER))


def _value(layout: MrzFormat, field: Field, opening: str, state: str, rng: random.Random) -> str:
    size = field.span.end - field.span.start
    digits = "".join(rng.choice(DIGITS) for _ in range(size))
    names = {
        "document_code": opening[:2] if len(opening) > 1 else opening + rng.choice(FILLER * 3 + "DO"),
        "issuing_state": state,
        "nationality": state if rng.random() < 0.7 else rng.choice(PRINTED_STATE_CODES),
        "name": f"{_words(rng, 2)}<<{_words(rng, 3)}",
        "surname": _words(rng, 2),
        "given_names": "<<".join(rng.choice(WORDS) for _ in range(rng.randint(1, 2))),
        "sex": rng.choice("MF<"),
        "issue_month": f"{rng.randint(0, 20):02d}{rng.randint(1, 12):02d}",
        "department": f"{rng.randint(1, 99):03d}",
        "issuing_office": digits if rng.random() < 0.5 else "",
        "blank_series": "".join(rng.choice(LETTERS) for _ in range(3)),
        "blank_language": rng.choice("DFI"),
    }
    if field.name in names:
        return names[field.name]
    if field.name.endswith("_date"):
        return f"{rng.randint(0, 99):02d}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"
    if field.alphabet is Alphabet.FILL or (layout is CHE and field.name == "optional_data_1"):
        return ""
    if field.alphabet is Alphabet.DIGIT or field.name.endswith("_rest"):
        return digits
    if field.name == "document_number":
        full = layout.field("document_number_rest") is not None or layout.name == "IDL-1x30"
        used = size if full else rng.randint(7, size)
        return "".join(rng.choice(LETTERS if rng.random() < 0.25 else DIGITS) for _ in range(used))
    return digits[: rng.randint(1, size)] if rng.random() < 0.5 else ""


def _words(rng: random.Random, most: int) -> str:
    return FILLER.join(rng.choice(WORDS) for _ in range(rng.randint(1, most)))


_TABLE = confusions(Print.CLEAN, LineSource.TEXT).copy()
_TABLE[_TABLE < 2.5e-4] = 0.0
np.fill_diagonal(_TABLE, 0.0)
_STROKES = {"I": "I|l", "1": "1|l", "O": "Oo", "S": "Ss", "Z": "Zz"}


def confuse(line: str, rng: random.Random) -> str:
    """One character read as another one, as often as recognisers do."""
    weights = [0.0 if c == FILLER or c not in INDEX else _TABLE[:36, INDEX[c]].sum() for c in line]
    if not sum(weights):
        return line
    place = rng.choices(range(len(line)), weights)[0]
    read = CHARACTERS[rng.choices(range(36), _TABLE[:36, INDEX[line[place]]])[0]]
    return line[:place] + rng.choice(_STROKES.get(read, read)) + line[place + 1 :]


def misread_filler(line: str, rng: random.Random) -> str:
    """One filler read as something else."""
    places = [k for k, c in enumerate(line) if c == FILLER]
    place = rng.choice(places) if places else -1
    return line if place < 0 else line[:place] + rng.choice("KC«‹SLΛハ£ (c-") + line[place + 1 :]


def lose_filler(line: str, rng: random.Random) -> str:
    """One filler lost."""
    places = [k for k, c in enumerate(line) if c == FILLER]
    place = rng.choice(places) if places else -1
    return line if place < 0 else line[:place] + line[place + 1 :]


def double_filler(line: str, rng: random.Random) -> str:
    """One filler read twice."""
    places = [k for k, c in enumerate(line) if c == FILLER]
    place = rng.choice(places) if places else -1
    return line if place < 0 else line[:place] + FILLER + line[place:]


def insert_space(line: str, rng: random.Random) -> str:
    """A space where there is none."""
    place = rng.randrange(1, len(line))
    return f"{line[:place]} {line[place:]}"


def lower_case(line: str, rng: random.Random) -> str:
    """One letter in lower case."""
    place = rng.randrange(len(line))
    return line[:place] + line[place].lower() + line[place + 1 :]


SPOILERS = (confuse, confuse, confuse, misread_filler, lose_filler, double_filler, insert_space, lower_case)


def spoil(lines: Sequence[str], rng: random.Random, errors: int) -> list[str]:
    """`errors` mistakes anywhere in a zone."""
    spoiled = list(lines)
    for _ in range(errors):
        line = rng.randrange(len(spoiled))
        spoiled[line] = rng.choice(SPOILERS)(spoiled[line], rng)
    return spoiled


def emission(line: str, rng: random.Random, *, doubt: float = 0.0, pitch: int = 4, jitter: bool = True) -> np.ndarray:
    """(T, 38) log probabilities as a CTC recogniser would give for a printed line.

    One peak per character, `pitch` frames apart; `doubt`: how many of the peaks lose up to 70 % of their probability
    to a character that theirs resembles.
    """
    frames = np.full((pitch * (len(line) + 1), CLASSES), 1e-5)
    frames[:, 0] = 1.0
    for k, character in enumerate(line):
        t = pitch * k + pitch // 2 + (rng.randint(0, 1) if jitter else 0)
        peak = np.full(CLASSES, 1e-5)
        grade = Print.WORN if character == FILLER else Print.CLEAN
        rivals = confusions(grade, LineSource.TEXT)[:, INDEX[character]].copy()
        rivals[INDEX[character]] = 0.0
        share = 0.7 * rng.random() if rng.random() < doubt else 0.0
        peak[1 + rng.choices(range(len(CHARACTERS)), rivals)[0]] += share
        peak[1 + INDEX[character]] += 1.0 - share
        frames[t] = peak
    frames /= frames.sum(axis=1, keepdims=True)
    return np.log(frames).astype(np.float32)
