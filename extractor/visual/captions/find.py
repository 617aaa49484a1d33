"""Splits the lines of a page into captions and values: `Sex M` holds one of each.

A line is split into words (`tokens`), runs of words are matched against the lexicon, and the best set of runs that do
not overlap is kept. Runs that name the same field, as in `Surname/Nom/Apellidos`, are one caption.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from extractor.schemas import VOCABULARY
from extractor.schemas.dates import find_dates
from extractor.schemas.text import spell, squash
from extractor.text.ocr import Line
from extractor.visual.captions.lexicon import (
    AFTER_THE_VALUE,
    NOT_ASKED_FOR,
    NUMBERING,
    TITLE,
    WEAK_LENGTH,
    Lexicon,
    Match,
)
from extractor.visual.captions.tokens import BREAKS, Token, is_ideograph, tokens_of, windows
from extractor.visual.segments import Segment, join_dates, parted, segment_of, split_dates

#: Letters from which a caption of several words is believed in the middle of a line.
_LONG = 8
#: Captions of dates (`from`, `bis`) that are parts of names as well (`VAN DER BERG`, `DE LA CRUZ`), squashed.
_PREPOSITIONS = frozenset(
    squash(word)
    for word in "alates alkaen au bis dal de dela desde do du from no nuo od until van vom von από до з от с".split()
)
#: Joins translations of one caption, where a colon sets it off from a value.
_JOINTS = frozenset("/|\\／·")
#: How names of authorities begin that begin like a caption (`Dirección`, `国家`), squashed.
_OFFICES = tuple(
    squash(name)
    for name in (
        "Dirección General",
        "Direção-Geral",
        "Direcció General",
        "国家移民",
        "国家出入境",
        "國家移民",
        "Autoridad Nacional",
    )
)


@dataclass(frozen=True)
class Caption:
    """A caption on the page: the fields it may name with their fit, where it stands, what follows it in its line."""

    fields: Mapping[str, float]
    segment: Segment
    follower: Segment | None
    weak: bool
    letters: int
    #: The caption is only a number, as on European licences.
    numbered: bool = False


@dataclass(frozen=True)
class _TokenRun:
    """Tokens `first`..`last` (inclusive) that match a caption."""

    first: int
    last: int
    match: Match


def find_captions(lines: Sequence[Line], lexicon: Lexicon) -> tuple[list[Caption], list[Segment]]:
    """The captions of a page, and its other segments, both in reading order."""
    lines = [part for line in lines for part in parted(line)]
    tokens = [tokens_of(line.text) for line in lines]
    tried = [(i, *window) for i, own in enumerate(tokens) for window in windows(own)]
    words = [spell("".join(token.text for token in tokens[i][first : last + 1])) for i, first, last, _ in tried]
    matches = lexicon.match(words, [_tolerance(lines[i]) if fuzzy else 1.0 for i, *_, fuzzy in tried])
    runs: list[list[_TokenRun]] = [[] for _ in lines]
    for (i, first, last, _), match in zip(tried, matches, strict=True):
        if match:
            runs[i].append(_TokenRun(first, last, match))
    runs = [_in_place(own, tokens[i]) for i, own in enumerate(runs)]
    covers = [_best_cover(own) for own in runs]
    captions: list[Caption] = []
    values: list[Segment] = []
    for i, line in enumerate(lines):
        if line.text.count("<") > 2:
            continue
        own, rest = _take_apart(line, i, tokens[i], covers[i], lexicon)
        captions += own
        values += rest
    return captions, join_dates([part for value in values for part in split_dates(value)])


def _tolerance(line: Line) -> float:
    """Minimum similarity of a fuzzy caption match: close to 1 for lines that were read with high confidence."""
    return 0.93 if line.score > 0.97 else 0.85 if line.score > 0.93 else 0.7


def _in_place(runs: Sequence[_TokenRun], tokens: Sequence[Token]) -> list[_TokenRun]:
    """Drops words in the middle of other words (`Department of State`).

    A caption begins its part, after its number if it has one, or follows another caption, a value with a digit in it
    or a single letter (`M 15 HGT`). Ideographs have no spaces, so that theirs begins anywhere (`性别男民族汉`), but for
    captions of one ideograph, which are parts of words (`中型`), and an authority's, which ends its name
    (`北海道公安委員会`).
    """
    ends = {run.last for run in runs}
    kept = []
    for run in sorted(runs, key=lambda run: run.first):
        before = tokens[run.first - 1].text if run.first else ""
        if is_ideograph(before) and run.first - 1 not in ends and "authority" in run.match.fields:
            continue
        if (
            not before
            or before in BREAKS
            or (len(before) == 1 and not is_ideograph(before))
            or any(c.isdigit() for c in before)
            or (is_ideograph(tokens[run.first].text) and run.last > run.first)
            or tokens[run.first].text in AFTER_THE_VALUE
            or run.first - 1 in ends
            # A caption of several words, to the letter, is one wherever it stands (`MALE Date of birth 19.02.1969`).
            or (run.match.exact and run.last > run.first and run.match.letters >= _LONG)
        ):
            kept.append(run)
    return kept


def _best_cover(runs: Sequence[_TokenRun]) -> list[_TokenRun]:
    """Runs that do not overlap and together explain most letters; one long caption beats the two short ones inside."""
    ordered = sorted(runs, key=lambda run: run.last)
    best: list[tuple[float, list[_TokenRun]]] = [(0.0, [])]
    for i, run in enumerate(ordered):
        # A longer fuzzy match (`Date of birth 12`) must not beat the exact caption inside it.
        gain = run.match.letters * max(run.match.fields.values()) - (0.5 if run.match.exact else 1.0)
        before = next((best[j + 1] for j in range(i - 1, -1, -1) if ordered[j].last < run.first), best[0])
        with_run = (before[0] + gain, [*before[1], run])
        best.append(max(best[-1], with_run, key=lambda option: option[0]))
    return best[-1][1]


def _take_apart(
    line: Line, index: int, tokens: Sequence[Token], cover: Sequence[_TokenRun], lexicon: Lexicon
) -> tuple[list[Caption], list[Segment]]:
    groups = _groups(tokens, cover)
    begun = {group[0].first for group in groups}
    groups = [group for group in groups if not _is_in_a_name(tokens, group, begun)]
    if not groups:
        if numbered := _by_number(line, index, tokens, lexicon):
            return [numbered], [numbered.follower] if numbered.follower else []
        return [], [segment_of(line, index, 0, len(line.text))]
    captions: list[Caption] = []
    values: list[Segment] = []
    starts = [_caption_start(tokens, groups[0])]
    starts += [g[0].first - bool(NUMBERING.match(tokens[g[0].first - 1].text)) for g in groups[1:]]
    if starts[0] > 0 and (before := _value(line, index, tokens, 0, starts[0])):
        values.append(before)
    for number, group in enumerate(groups):
        first = starts[number]
        next_first = starts[number + 1] if number + 1 < len(groups) else len(tokens)
        last = _caption_end(tokens, group[-1].last, next_first)
        follower = _value(line, index, tokens, last + 1, next_first)
        letters = sum(run.match.letters for run in group)
        absorbed = sum(len(token.text) for token in tokens[first : last + 1] if not token.is_break)
        captions.append(
            Caption(
                _fields_of(group),
                segment_of(line, index, tokens[first].start, tokens[last].end),
                follower,
                weak=letters <= WEAK_LENGTH and absorbed <= 2 * WEAK_LENGTH,
                letters=letters,
            )
        )
        if follower:
            values.append(follower)
    return captions, values


def _fields_of(group: Sequence[_TokenRun]) -> dict[str, float]:
    """The fields that a caption in one or more languages names, by the share of its letters that do."""
    letters = sum(run.match.letters for run in group)
    fields: dict[str, float] = {}
    for run in group:
        for name, fit in run.match.fields.items():
            fields[name] = fields.get(name, 0.0) + fit * run.match.letters / letters
    for run in group:
        known = run.match.fields.keys() & VOCABULARY.keys()
        for name in run.match.fields.keys() - known - {TITLE} if run.match.exact and known else ():
            # A caption that a user gives a field of their own means it in the line's other languages as well.
            fields[name] = max(fields[name], *(fields[other] / NOT_ASKED_FOR for other in known))
    return fields


def _groups(tokens: Sequence[Token], cover: Sequence[_TokenRun]) -> list[list[_TokenRun]]:
    """Runs that translate one another are one caption; a run that names something else begins the next."""
    groups: list[list[_TokenRun]] = [[run] for run in cover[:1]]
    shared = set(cover[0].match.fields) if cover else set()
    for run in cover[1:]:
        between = tokens[groups[-1][-1].last + 1 : run.first]
        joined = all(token.is_break for token in between) or (
            bool(between) and between[0].text in _JOINTS and between[-1].text in _JOINTS
        )
        common = shared & set(run.match.fields)
        if joined and common:
            groups[-1].append(run)
            shared = common
        else:
            groups.append([run])
            shared = set(run.match.fields)
    return groups


def _is_in_a_name(tokens: Sequence[Token], group: Sequence[_TokenRun], begun: set[int]) -> bool:
    """Whether a caption is part of a person's or an authority's name."""
    return _is_particle(tokens, group, begun) or _names_an_office(tokens, group, begun)


def _is_particle(tokens: Sequence[Token], group: Sequence[_TokenRun], begun: set[int]) -> bool:
    """A preposition that no date, colon or other caption follows (`VAN DER BERG`)."""
    first, following = group[0].first, group[-1].last + 1
    if following >= len(tokens) or following in begun:
        return False
    if squash("".join(token.text for token in tokens[first:following])) not in _PREPOSITIONS:
        return False
    if tokens[following].is_break or tokens[following].text[0].isdigit():
        return False
    return not find_dates(" ".join(token.text for token in tokens[following:]))


def _names_an_office(tokens: Sequence[Token], group: Sequence[_TokenRun], begun: set[int]) -> bool:
    """What is part of an authority's name: `Dirección General` is no address, and a document's title that goes on
    (`Passport Office`, `Visa Section Beijing`) is no title."""
    following = group[-1].last + 1
    if squash("".join(token.text for token in tokens[group[0].first : following + 3])).startswith(_OFFICES):
        return True
    if following >= len(tokens) or following in begun or any(TITLE not in run.match.fields for run in group):
        return False
    word = tokens[following].text
    return word.isalpha() and len(word) >= 4 and word < "\u2e80"


def _caption_start(tokens: Sequence[Token], group: Sequence[_TokenRun]) -> int:
    """Where the first caption begins, taking in its number and, before a slash, a translation that is not known."""
    start = group[0].first
    strong = sum(run.match.letters for run in group) > WEAK_LENGTH
    if (
        strong
        and start >= 2
        and tokens[start - 1].text in _JOINTS
        and not any(token.text == ":" for token in tokens[:start])
    ):
        letters = "".join(token.text for token in tokens[: start - 1])
        if sum(c.isalpha() for c in letters) > 0.7 * len(letters):
            return 0
    if start >= 1 and NUMBERING.match(tokens[start - 1].text):
        start -= 1
    return start


def _caption_end(tokens: Sequence[Token], last: int, limit: int) -> int:
    """Where a caption ends, taking in breaks after it and a translation that is not known after a slash."""
    end = last
    while end + 1 < limit and tokens[end].text.endswith(",") and not tokens[end + 1].is_break:
        # `Nombre, apellidos`: what follows a comma inside a caption is caption too.
        end += 1
    while end + 1 < limit and tokens[end + 1].is_break:
        end += 1
        if tokens[end].text in _JOINTS:
            while end + 1 < limit and tokens[end + 1].text.isalpha():
                end += 1
    return end


def _by_number(line: Line, index: int, tokens: Sequence[Token], lexicon: Lexicon) -> Caption | None:
    """A line that begins with the number of a licence's field."""
    number = NUMBERING.match(tokens[0].text) if tokens else None
    names = lexicon.numbered.get(number[1].lower(), ()) if number else ()
    if number is None or not names:
        return None
    # `4c. DETRAN 4d. 861013`: the next field's number ends this one's value.
    later = (
        i
        for i in range(2, len(tokens))
        if _numbers_next(tokens[i].text, number[1], lexicon) and tokens[i].text[-1] == "."
    )
    follower = _value(line, index, tokens, 1, next(later, len(tokens)))
    segment = segment_of(line, index, tokens[0].start, tokens[0].end)
    return Caption(dict.fromkeys(names, 0.8), segment, follower, weak=True, letters=1, numbered=True)


def _numbers_next(text: str, current: str, lexicon: Lexicon) -> bool:
    """Whether a word is the number of a field after the field `current`."""
    number = NUMBERING.match(text)
    if number is None or number[1].lower() not in lexicon.numbered:
        return False
    order = list(lexicon.numbered)
    return order.index(number[1].lower()) > order.index(current.lower())


def _value(line: Line, index: int, tokens: Sequence[Token], first: int, end: int) -> Segment | None:
    """Tokens first..end-1 as a segment, breaks at its ends dropped; None if nothing is left."""
    while first < end and tokens[first].is_break:
        first += 1
    while end > first and tokens[end - 1].is_break:
        end -= 1
    if first >= end:
        return None
    segment = segment_of(line, index, tokens[first].start, tokens[end - 1].end)
    # `(7)` after a caption is the number of the field, as passports print it.
    return segment if squash(segment.text) and not re.fullmatch(r"\(\d{1,2}\)", segment.text) else None
