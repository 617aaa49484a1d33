"""From the layout reader's probabilities to values: chains of words, each the value of one field.

A word belongs to the field that is likeliest for it. Words of a field are chained by the pointer to the word before;
chains that point to the same caption are one value that the page breaks. A chain's text is parsed by the kind of its
field, and one that cannot be such a value (an impossible date) is no candidate. A caption that the vocabulary does not
know, a user's own, is found on the page by its words; its value are the words that point to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from extractor.schemas.bilingual import is_latin
from extractor.schemas.dates import find_dates
from extractor.schemas.text import fold
from extractor.schemas.vocabulary import VOCABULARY, FieldSpec, Kind
from extractor.text.ocr import Line
from extractor.visual.reader import Layout
from extractor.visual.tags import FIELDS, VALUE_TAGS
from extractor.visual.values import Context, Value, is_overprint, value_of

#: A word is taken for a field's from this probability on, if no other field and no caption is likelier.
_LEAST = 0.3
#: The same for what is printed as a date, which few fields can have.
_LEAST_DATE = 0.05
#: From this probability on two chains of a field that point to the same caption are one value.
_SAME_CAPTION = 0.5
#: From this score on a chain is surely a part of the holder's name.
_PART_OF_NAME = 0.7
#: Similarity (rapidfuzz ratio) of a user's caption to words of the page, 0..100.
_CAPTION_LIKENESS = 86.0
#: Where a period is read as one date's value, it is the other's too.
_ENDS_OF_PERIODS = ("issue_date", "expiry_date")
#: The conventions of Geneva and New York, which travel documents issued under them name, and words for such.
_TREATIES = frozenset({"1951-07-28", "1954-09-28"})
_TREATY = tuple(map(fold, ("conven", "konven", "konwen", "конвенц", "abkommen", "übereinkommen", "sözleşme", "公约")))
#: Kinds whose values may take several lines.
_BROKEN = frozenset({Kind.ADDRESS, Kind.TEXT, Kind.NAME, Kind.LIST})
#: Hebrew, Arabic, Syriac, Thaana.
_LEFTWARDS = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
#: Scripts that are written without spaces.
_UNSPACED = re.compile(r"[\u2e80-\u2fdf\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0eff]")


@dataclass(frozen=True)
class Candidate:
    """A value that a field may have: the words it stands in (indices of the layout's), their text as printed, the
    value, and the score of the assignment, 0..1."""

    field: str
    words: tuple[int, ...]
    text: str
    value: Value
    score: float


def find_candidates(
    layout: Layout, lines: Sequence[Line], specs: Mapping[str, FieldSpec], context: Context
) -> list[Candidate]:
    """Candidates for the fields of a schema, best first for each field."""
    found = []
    for name, spec in specs.items():
        if spec.kind is Kind.MRZ:
            continue
        known = name in FIELDS and name in VOCABULARY
        chains = _chains_of_field(layout, FIELDS.index(name), spec.kind) if known else _chains_of_caption(layout, spec)
        own = [one for chain in chains for one in _candidates(layout, lines, name, spec, chain, context)]
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
        for one in _candidates(layout, lines, name, specs[name], _Chain(words, scores), context)
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


@dataclass(frozen=True)
class _Chain:
    words: tuple[int, ...]
    chances: tuple[float, ...]

    @property
    def score(self) -> float:
        """The geometric mean: one doubtful word of five does not sink a value, and is not forgotten."""
        return float(np.exp(np.mean(np.log(np.maximum(self.chances, 1e-6)))))


def _chains_of_field(layout: Layout, field: int, kind: Kind) -> list[_Chain]:
    chances = layout.values[:, field]
    best = layout.tags.argmax(axis=1) == VALUE_TAGS.start + field
    likeliest = layout.values.argmax(axis=1) == field
    mine = [i for i in range(len(chances)) if best[i] or (chances[i] >= _LEAST and likeliest[i])]
    chains = _linked(layout, mine, chances)
    chains = _joined(layout, chains) if kind in _BROKEN else chains
    if kind is Kind.NAME:
        chains = [part for chain in chains for part in _by_script(layout, chain)]
    if field == FIELDS.index("name"):
        chains = _whole_names(layout, _with_patronymic(layout, chains))
    return chains


def _by_script(layout: Layout, chain: _Chain) -> list[_Chain]:
    """A name in two scripts as two: each is a reading of its own."""
    parts: list[list[int]] = []
    for position, index in enumerate(chain.words):
        script = is_latin(layout.words[index].text)
        if parts and script in (None, is_latin(layout.words[chain.words[parts[-1][-1]]].text)):
            parts[-1].append(position)
        else:
            parts.append([position])
    return [_Chain(tuple(chain.words[i] for i in part), tuple(chain.chances[i] for i in part)) for part in parts]


def _with_patronymic(layout: Layout, chains: list[_Chain]) -> list[_Chain]:
    """Surname and given names before a name in their own script that has neither: a patronymic, which no field of its
    own has, with what it completes. (In Latin letters the zone says what the name is.)"""
    own = [chain for chain in chains if is_latin(_text(layout, chain)) is False and chain.score >= _PART_OF_NAME]
    parts = []
    for name in ("surname", "given_names"):
        found = _chains_of_field(layout, FIELDS.index(name), Kind.NAME)
        parts += [chain for chain in found if is_latin(_text(layout, chain)) is False][:1]
    apart = all(_letters(layout, one).isdisjoint(_letters(layout, part)) for one in own for part in parts)
    return [*parts, *chains] if len(own) == 1 and len(parts) == 2 and apart else chains


def _text(layout: Layout, chain: _Chain) -> str:
    return "".join(layout.words[index].text for index in chain.words)


def _whole_names(layout: Layout, chains: Sequence[_Chain]) -> list[_Chain]:
    """A name whose parts stand apart, each with a caption of its own, as one: sure chains of one script, in their
    order on the page. A part that is printed twice counts once."""
    whole: dict[bool | None, _Chain] = {}
    rest = []
    for chain in chains:
        script = is_latin(_text(layout, chain))
        before = whole.get(script)
        if chain.score < _PART_OF_NAME:
            rest.append(chain)
        elif before is None:
            whole[script] = chain
        elif _letters(layout, before).isdisjoint(_letters(layout, chain)):
            whole[script] = _Chain(before.words + chain.words, before.chances + chain.chances)
        else:
            rest.append(chain)
    return [*whole.values(), *rest]


def _letters(layout: Layout, chain: _Chain) -> set[str]:
    return {fold(layout.words[index].text) for index in chain.words}


def _linked(layout: Layout, mine: Sequence[int], chances: np.ndarray) -> list[_Chain]:
    """Words chained by the pointer to the word before."""
    chains: list[list[int]] = []
    ends: dict[int, int] = {}
    for word in mine:
        options = [other for other in mine if other < word and other in ends]
        before = max(options, key=lambda other: layout.before[word, other], default=None)
        if before is not None and layout.before[word, before] > layout.before[word, -1]:
            at = ends.pop(before)
            chains[at].append(word)
            ends[word] = at
        else:
            chains.append([word])
            ends[word] = len(chains) - 1
    return [_Chain(tuple(chain), tuple(float(chances[i]) for i in chain)) for chain in chains]


def _joined(layout: Layout, chains: Sequence[_Chain]) -> list[_Chain]:
    """Chains that point to the same caption as one, in their order on the page."""
    joined: list[_Chain] = []
    for chain in chains:
        last = joined[-1] if joined else None
        caption = _caption_of(layout, chain)
        apart = last is None or _words(layout, last).isdisjoint(_words(layout, chain))
        if last and caption is not None and caption == _caption_of(layout, last) and apart:
            joined[-1] = _Chain(last.words + chain.words, last.chances + chain.chances)
        else:
            joined.append(chain)
    return joined


def _words(layout: Layout, chain: _Chain) -> set[str]:
    """The longer words of a chain: a value that is printed twice is not one of twice the length."""
    return {fold(layout.words[index].text) for index in chain.words if len(layout.words[index].text) > 2}


def has_caption(layout: Layout, words: Sequence[int]) -> bool:
    """Whether words surely point to a caption."""
    return _pointed(layout, words) is not None


def _caption_of(layout: Layout, chain: _Chain) -> int | None:
    """The word that begins a chain's caption, if the chain points to one surely."""
    return _pointed(layout, chain.words)


def _pointed(layout: Layout, words: Sequence[int]) -> int | None:
    pointed = layout.caption[list(words)].mean(axis=0)
    at = int(pointed.argmax())
    return at if at < len(layout.words) and pointed[at] >= _SAME_CAPTION else None


def _chains_of_caption(layout: Layout, spec: FieldSpec) -> list[_Chain]:
    """The value beside a caption that only the schema knows."""
    spans = _spans_of_caption(layout, spec)
    if not spans:
        return []
    taken = {index for span in spans for index in span}
    pointed = layout.caption[:, sorted(taken)].sum(axis=1)
    shown = layout.captions.max(axis=1)
    mine = [i for i in range(len(layout.words)) if i not in taken and pointed[i] >= _LEAST and shown[i] < 0.5]
    return _joined(layout, _linked(layout, mine, pointed))


def _spans_of_caption(layout: Layout, spec: FieldSpec) -> list[range]:
    """Where the page has one of a field's captions: runs of words."""
    from rapidfuzz import fuzz

    phrases = {fold(phrase) for by_language in spec.captions.values() for phrase in by_language}
    texts = [fold(word.text) for word in layout.words]
    best: tuple[float, list[range]] = (_CAPTION_LIKENESS, [])
    for phrase in phrases - {""}:
        count = len(phrase.split())
        for start in range(len(texts)):
            for length in {count, count + 1, max(1, count - 1)}:
                shown = " ".join(filter(None, texts[start : start + length]))
                if abs(len(shown) - len(phrase)) > 0.25 * len(phrase) + 1:
                    continue
                likeness = fuzz.ratio(shown, phrase)
                if likeness > best[0]:
                    best = (likeness, [range(start, start + length)])
                elif likeness == best[0] and best[1]:
                    best[1].append(range(start, start + length))
    return best[1]


def _candidates(
    layout: Layout, lines: Sequence[Line], name: str, spec: FieldSpec, chain: _Chain, context: Context
) -> Iterator[Candidate]:
    words = _read_leftwards(layout, chain.words)
    text = text_of(layout, lines, words)
    value = value_of(name, spec.kind, text, context)
    if value is None or (spec.kind is Kind.NAME and is_overprint(text) and chain.score < 0.9):
        return
    if spec.kind is Kind.TEXT and text.isdigit() and text != lines[layout.words[words[0]].line].text.strip():
        return  # a text may be a number (Ukraine's authorities are), but not the number within a text
    yield Candidate(name, words, text, value, chain.score * (0.5 + 0.5 * value.fit))


def _read_leftwards(layout: Layout, words: tuple[int, ...]) -> tuple[int, ...]:
    """Words of a script that is written to the left: of pieces in one row the right one comes first. In a line that was
    read as one they are in order."""
    if not _LEFTWARDS.search("".join(layout.words[index].text for index in words)):
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
