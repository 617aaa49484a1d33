"""From the layout reader's probabilities to values: chains of words, each the value of one field.

A chain's text is parsed by the kind of its field, and one that cannot be such a value (an impossible date) is no
candidate. Dates for which no chain was found are taken from what is printed as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from extractor.schemas.dates import find_dates
from extractor.schemas.text import fold
from extractor.schemas.vocabulary import VOCABULARY, FieldSpec, Kind
from extractor.text.ocr import Line
from extractor.visual.beside import LEFTWARDS
from extractor.visual.chains import Chain, chains_of_caption, chains_of_field
from extractor.visual.reader import Layout
from extractor.visual.tags import FIELDS
from extractor.visual.values import OTHER_NAME, Context, Value, is_overprint, value_of
from extractor.visual.words import Word

#: A printed date is a field's from this mean probability of its words on: few fields can have one.
_LEAST_DATE = 0.05
#: Where a period is read as one date's value, it is the other's too.
_ENDS_OF_PERIODS = ("issue_date", "expiry_date")
#: The conventions of Geneva and New York, which travel documents issued under them name, and words for such.
_TREATIES = frozenset({"1951-07-28", "1954-09-28"})
_TREATY = tuple(map(fold, ("conven", "konven", "konwen", "конвенц", "abkommen", "übereinkommen", "sözleşme", "公约")))
#: Scripts that are written without spaces.
_UNSPACED = re.compile(r"[\u2e80-\u2fdf\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0eff]")


@dataclass(frozen=True)
class Candidate:
    """A value that a field may have: the words it stands in (indices of the layout's), their text as printed, the
    value, and the score of the assignment, 0..1. `own`: it stands beside a caption of the user's."""

    field: str
    words: tuple[int, ...]
    text: str
    value: Value
    score: float
    own: bool = False


def find_candidates(
    layout: Layout, lines: Sequence[Line], specs: Mapping[str, FieldSpec], context: Context
) -> list[Candidate]:
    """Candidates for the fields of a schema, best first for each field."""
    found = []
    for name, spec in specs.items():
        if spec.kind is Kind.MRZ:
            continue
        known = name in FIELDS and name in VOCABULARY
        chains = chains_of_field(layout, FIELDS.index(name), spec.kind) if known else chains_of_caption(layout, spec)
        own = [one for chain in chains for one in _candidates(layout, lines, name, spec, chain, context)]
        if known and spec.own:
            # The caption of a user's own may name something else on other documents: a place, a class.
            chains = chains_of_caption(layout, replace(spec, captions=spec.own))
            beside = [one for chain in chains for one in _candidates(layout, lines, name, spec, chain, context)]
            named = {one.words: one.score for one in beside}
            own = [
                replace(one, own=one.words in named, score=max(one.score, named.get(one.words, 0.0)))
                for one in own or beside
            ]
        found += sorted(_agreeing(own), key=lambda one: -one.score)
    found = _after_comma(layout, lines, found, specs, context) + _periods(found, specs, context)
    found = _no_end_that_begins(found)
    found += _dates(layout, lines, specs, context, found)
    return [one for one in found if not _is_of_treaty(layout, lines, one)]


def _is_of_treaty(layout: Layout, lines: Sequence[Line], one: Candidate) -> bool:
    """Whether a date is that of a convention which refugees' and stateless persons' documents name."""
    named = " ".join(fold(lines[layout.words[index].line].text) for index in one.words[:1])
    return str(one.value.value) in _TREATIES and any(stem in named for stem in _TREATY)


def _no_end_that_begins(found: list[Candidate]) -> list[Candidate]:
    """The candidates without those that give one printed date to the beginning and to the end of a validity, the less
    sure way."""

    def is_beaten(one: Candidate) -> bool:
        begins, ends = _ENDS_OF_PERIODS
        other = {begins: ends, ends: begins}.get(one.field)
        return any(
            rival.field == other
            and rival.score > one.score
            and rival.value.value == one.value.value
            and not set(rival.words).isdisjoint(one.words)
            for rival in found
        )

    return [one for one in found if not is_beaten(one)]


def _after_comma(
    layout: Layout,
    lines: Sequence[Line],
    found: list[Candidate],
    specs: Mapping[str, FieldSpec],
    context: Context,
) -> list[Candidate]:
    """`ERIKSSON, ANNA MARIA`: what is read as the surname's, and stands behind a comma, begins the given names."""
    whole = next((one for one in found if one.field == "surname"), None)
    ends = [i for i, index in enumerate(whole.words) if layout.words[index].text.endswith(",")] if whole else []
    if whole is None or not ends or ends[0] + 1 == len(whole.words) or "given_names" not in specs:
        return found
    own, rest = whole.words[: ends[0] + 1], whole.words[ends[0] + 1 :]
    given = next((one for one in found if one.field == "given_names"), None)
    follows = given is not None and min(given.words) > max(rest)
    scores = (whole.score, *((given.score,) if given and follows else ()))
    parts = {"surname": own, "given_names": rest + (given.words if given and follows else ())}
    made = [
        one
        for name, words in parts.items()
        for one in _candidates(layout, lines, name, specs[name], Chain(words, scores), context)
    ]
    replaced = (whole, given if follows else None)
    return [*made, *(one for one in found if one not in replaced)] if len(made) == len(parts) else found


def _periods(found: Sequence[Candidate], specs: Mapping[str, FieldSpec], context: Context) -> list[Candidate]:
    """What else a period of validity says that was read as one value: its end, its beginning, or that it has none."""
    added: list[Candidate] = []
    named = {one.field for one in found}
    for one in found:
        if one.field not in _ENDS_OF_PERIODS:
            continue
        dates = find_dates(one.text, order=context.order, today=context.today, issuer=context.issuer)
        endless = "permanent" in specs and value_of("permanent", Kind.FLAG, one.text, context)
        for name in _ENDS_OF_PERIODS if len(dates) == 2 else ("permanent",) if endless else ():
            value = value_of(name, specs[name].kind, one.text, context) if name in specs and name not in named else None
            if value:
                named.add(name)
                added.append(replace(one, field=name, value=value))
    return added


def _dates(
    layout: Layout, lines: Sequence[Line], specs: Mapping[str, FieldSpec], context: Context, others: Sequence[Candidate]
) -> list[Candidate]:
    """Dates for the fields that have none yet: of what is printed as a date, the likeliest for each, and none twice; a
    validity does not end with the date that others say it begins with."""
    known = {one.field for one in others}
    begun = {index for one in others if one.field == "issue_date" for index in one.words}
    wanted = [name for name, spec in specs.items() if spec.kind is Kind.DATE and name in FIELDS and name not in known]
    options = []
    for index, line in enumerate(lines if wanted else ()):
        for printed in find_dates(line.text, order=context.order, today=context.today, issuer=context.issuer):
            words = tuple(
                i
                for i, word in enumerate(layout.words)
                if word.line == index and word.start < printed.end and printed.start < word.end
            )
            for name in wanted if words else ():
                chances = layout.values[list(words), FIELDS.index(name)]
                options.append((float(chances.mean()), name, words))
    found: list[Candidate] = []
    taken: set[int] = set()
    for score, name, words in sorted(options, reverse=True):
        used = taken | begun if name == "expiry_date" else taken
        if score < _LEAST_DATE or used & set(words) or any(one.field == name for one in found):
            continue
        value = value_of(name, Kind.DATE, text_of(layout, lines, words), context)
        if value:
            taken |= set(words)
            found.append(Candidate(name, words, text_of(layout, lines, words), value, score))
    return found


def _candidates(
    layout: Layout, lines: Sequence[Line], name: str, spec: FieldSpec, chain: Chain, context: Context
) -> Iterator[Candidate]:
    words = _read_leftwards(layout, chain.words)
    if name == "surname":
        words = tuple(index for index in words if not _is_other_name(layout.words[index], lines))
        if not words:
            return
    text = text_of(layout, lines, words)
    value = value_of(name, spec.kind, text, context)
    if value is None or (spec.kind is Kind.NAME and is_overprint(text) and chain.score < 0.9):
        return
    if spec.kind is Kind.DATE and _is_cut_off(layout, lines, words, value, context):
        return
    whole = name not in VOCABULARY or text == lines[layout.words[words[0]].line].text.strip()
    if spec.kind is Kind.TEXT and text.isdigit() and not whole:
        return  # a text may be a number (Ukraine's authorities are), but not the number within a text
    yield Candidate(name, words, text, value, chain.score * (0.5 + 0.5 * value.fit))


def _is_other_name(word: Word, lines: Sequence[Line]) -> bool:
    """Whether a word belongs to the name at birth, or to the husband's or wife's, behind a surname."""
    marked = OTHER_NAME.search(lines[word.line].text)
    return marked is not None and word.start > marked.start()


def _is_cut_off(layout: Layout, lines: Sequence[Line], words: Sequence[int], value: Value, context: Context) -> bool:
    """Whether a month or a year is a part of a whole date in its line, of which a word was not taken."""
    first, last = (layout.words[words[end]] for end in (0, -1))
    if len(str(value.value)) == 10 or first.line != last.line:
        return False
    dates = find_dates(lines[first.line].text, order=context.order, today=context.today, issuer=context.issuer)
    return any(len(one.iso) == 10 and one.start < last.end and first.start < one.end for one in dates)


def _read_leftwards(layout: Layout, words: tuple[int, ...]) -> tuple[int, ...]:
    """Words of a script that is written to the left: of pieces in one row the right one comes first. In a line that was
    read as one they are in order."""
    if not LEFTWARDS.search("".join(layout.words[index].text for index in words)):
        return words
    rows: list[list[int]] = []
    for index in words:
        top, bottom = layout.words[index].box[1::2]
        last = layout.words[rows[-1][-1]].box if rows else None
        if last and abs((top + bottom) - (last[1] + last[3])) < min(bottom - top, last[3] - last[1]):
            rows[-1].append(index)
        else:
            rows.append([index])
    ordered: list[int] = []
    for row in rows:
        pieces = {layout.words[index].line: 0.0 for index in row}
        for line in pieces:
            pieces[line] = max(layout.words[index].box[2] for index in row if layout.words[index].line == line)
        ordered += sorted(row, key=lambda index: (-pieces[layout.words[index].line], row.index(index)))
    return tuple(ordered)


def text_of(layout: Layout, lines: Sequence[Line], indices: Sequence[int]) -> str:
    """The text that words stand in: as printed where they follow each other in a line."""
    text = ""
    for position, index in enumerate(indices):
        word = layout.words[index]
        before = layout.words[indices[position - 1]] if position else None
        if before and before.line == word.line and 0 <= word.start - before.end <= 3:
            between = lines[word.line].text[before.end : word.start]
            text += between if not between.strip(" ") or between.strip() in "/-,." else " "
        elif before:
            text += "" if _UNSPACED.match(word.text) and _UNSPACED.search(before.text[-1:]) else " "
        text += word.text
    return text


def _agreeing(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Candidates with the same value as one: what stands on the page twice is surer."""
    found: dict[str, Candidate] = {}
    for one in sorted(candidates, key=lambda one: -one.score):
        key = fold(str(one.value.value)).replace(" ", "")
        if key in found:
            found[key] = replace(found[key], score=1 - (1 - found[key].score) * (1 - one.score))
        else:
            found[key] = one
    return list(found.values())
