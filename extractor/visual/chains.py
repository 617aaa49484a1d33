"""Chains of words that are one field's value, by the layout reader's probabilities.

A word belongs to the field that is likeliest for it. Words of a field are chained by the pointer to the word before;
chains that point to the same caption are one value that the page breaks. A caption that the vocabulary does not know, a
user's own, is found on the page by its words; its value are the words that point to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from extractor.schemas.bilingual import is_latin
from extractor.schemas.captions import CAPTIONS
from extractor.schemas.text import fold, spell
from extractor.schemas.vocabulary import FieldSpec, Kind
from extractor.visual.beside import CAPTION_LIKENESS, is_next, spans_of_caption, words_beside
from extractor.visual.reader import Layout
from extractor.visual.tags import FIELDS, VALUE_TAGS
from extractor.visual.values import answer_of

#: A word is taken for a field's from this probability on, if no other field and no caption is likelier.
_LEAST = 0.3
#: From this probability on two chains of a field that point to the same caption are one value.
_SAME_CAPTION = 0.5
#: From this score on a chain is surely a part of the holder's name.
_PART_OF_NAME = 0.7
#: Between two names that are one.
_HYPHENS = frozenset("-\u2010\u2011\u2013\u2014")
#: Score of a value that was found by its position beside a user's caption, where the network points to no caption.
_BESIDE = 0.5
#: Kinds whose values are told by their format: words may be such a value although the network takes them for a caption.
_FORMED = frozenset({Kind.DATE, Kind.SEX, Kind.STATE, Kind.NUMBER, Kind.CODE, Kind.LIST, Kind.FLAG})
#: Kinds whose values may take several lines.
_BROKEN = frozenset({Kind.ADDRESS, Kind.TEXT, Kind.NAME, Kind.LIST})


@dataclass(frozen=True)
class Chain:
    words: tuple[int, ...]
    chances: tuple[float, ...]

    @property
    def score(self) -> float:
        """The geometric mean: one doubtful word of five does not sink a value, and is not forgotten."""
        return float(np.exp(np.mean(np.log(np.maximum(self.chances, 1e-6)))))


def chains_of_field(layout: Layout, field: int, kind: Kind) -> list[Chain]:
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


def _by_script(layout: Layout, chain: Chain) -> list[Chain]:
    """A name in two scripts, or on both sides of a slash, as two: each is a reading of its own. A hyphen joins."""
    parts: list[list[int]] = []
    before: bool | None = None
    for position, index in enumerate(chain.words):
        text = layout.words[index].text
        script = before if text in _HYPHENS else is_latin(text)
        if parts and script in (None, before):
            parts[-1].append(position)
        else:
            parts.append([position])
        before = script
    return [Chain(tuple(chain.words[i] for i in part), tuple(chain.chances[i] for i in part)) for part in parts]


def _with_patronymic(layout: Layout, chains: list[Chain]) -> list[Chain]:
    """Surname and given names before a name in their own script that has neither: a patronymic, which no field of its
    own has, with what it completes. (In Latin letters the zone says what the name is.)"""
    own = [chain for chain in chains if is_latin(_text(layout, chain)) is False and chain.score >= _PART_OF_NAME]
    parts = []
    for name in ("surname", "given_names"):
        found = chains_of_field(layout, FIELDS.index(name), Kind.NAME)
        parts += [chain for chain in found if is_latin(_text(layout, chain)) is False][:1]
    apart = all(_letters(layout, one).isdisjoint(_letters(layout, part)) for one in own for part in parts)
    return [*parts, *chains] if len(own) == 1 and len(parts) == 2 and apart else chains


def _text(layout: Layout, chain: Chain) -> str:
    return "".join(layout.words[index].text for index in chain.words)


def _whole_names(layout: Layout, chains: Sequence[Chain]) -> list[Chain]:
    """A name whose parts stand apart, each with a caption of its own, as one: sure chains of one script, in their
    order on the page. A part that is printed twice counts once."""
    whole: dict[bool | None, Chain] = {}
    rest = []
    for chain in chains:
        script = is_latin(_text(layout, chain))
        before = whole.get(script)
        if chain.score < _PART_OF_NAME:
            rest.append(chain)
        elif before is None:
            whole[script] = chain
        elif _letters(layout, before).isdisjoint(_letters(layout, chain)):
            whole[script] = Chain(before.words + chain.words, before.chances + chain.chances)
        else:
            rest.append(chain)
    return [*whole.values(), *rest]


def _letters(layout: Layout, chain: Chain) -> set[str]:
    return {fold(layout.words[index].text) for index in chain.words}


def _linked(layout: Layout, mine: Sequence[int], chances: np.ndarray) -> list[Chain]:
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
    return [Chain(tuple(chain), tuple(float(chances[i]) for i in chain)) for chain in chains]


def _joined(layout: Layout, chains: Sequence[Chain]) -> list[Chain]:
    """Chains that point to the same caption as one, in their order on the page."""
    joined: list[Chain] = []
    for chain in chains:
        last = joined[-1] if joined else None
        caption = _caption_of(layout, chain)
        apart = last is None or _words(layout, last).isdisjoint(_words(layout, chain))
        if last and caption is not None and caption == _caption_of(layout, last) and apart:
            joined[-1] = Chain(last.words + chain.words, last.chances + chain.chances)
        else:
            joined.append(chain)
    return joined


def _words(layout: Layout, chain: Chain) -> set[str]:
    """The longer words of a chain: a value that is printed twice is not one of twice the length."""
    return {fold(layout.words[index].text) for index in chain.words if len(layout.words[index].text) > 2}


def has_caption(layout: Layout, words: Sequence[int]) -> bool:
    """Whether words surely point to a caption."""
    return _pointed(layout, words) is not None


def _caption_of(layout: Layout, chain: Chain) -> int | None:
    """The word that begins a chain's caption, if the chain points to one surely."""
    return _pointed(layout, chain.words)


def _pointed(layout: Layout, words: Sequence[int]) -> int | None:
    """The word that begins the caption of words, if they surely point to one; words are no caption of their own."""
    pointed = layout.caption[list(words)].mean(axis=0)
    at = int(pointed.argmax())
    return at if at < len(layout.words) and at not in words and pointed[at] >= _SAME_CAPTION else None


def chains_of_caption(layout: Layout, spec: FieldSpec) -> list[Chain]:
    """The value beside a caption that only the schema knows: words that point to it, else those that stand there."""
    words = layout.words
    spans = [span for span in spans_of_caption(words, spec) if not _is_in_known_caption(layout, span)]
    # Of `Room: Blue Room 3` only the first is the caption.
    spans = [one for one in spans if _stands_first(layout, one)] or spans
    if not spans:
        return []
    taken = {index for span in spans for index in span}
    pointed = layout.caption[:, sorted(taken)].sum(axis=1)
    known = np.delete(layout.captions, FIELDS.index("other"), axis=1).max(axis=1)
    answers = [spec.kind is Kind.FLAG and answer_of(word.text) is not None for word in words]
    free = [i for i in range(len(words)) if i not in taken and (known[i] < _SAME_CAPTION or answers[i])]
    chains = _joined(layout, _linked(layout, [i for i in free if pointed[i] >= _LEAST], pointed))
    chains = [one for one in chains if not _is_caption(layout, spec, one)]
    if chains and spec.kind not in _BROKEN:
        return chains
    used = {index for chain in chains for index in chain.words}
    mine = {i for i in free if i not in used and _pointed(layout, [i]) in {None, *taken}}
    if chains:
        return [_whole(layout, chain, mine, taken) for chain in chains]
    runs = [words_beside(words, span, mine) for span in spans]
    chains = [Chain(run, (_BESIDE,) * len(run)) for run in runs if run]
    return [one for one in chains if not _is_caption(layout, spec, one)]


def _is_in_known_caption(layout: Layout, span: range) -> bool:
    """Whether words are a part of a longer caption of the vocabulary: a user's `Date` is not in `Date of birth`."""
    from rapidfuzz import process

    words, shown = layout.words, layout.captions.max(axis=1) >= _SAME_CAPTION

    def goes_on(index: int) -> bool:
        inside = 0 <= index < len(words) and words[index].line == words[span[0]].line
        return inside and bool(shown[index]) and bool(spell(words[index].text))

    first, end = span.start, span.stop
    while goes_on(first - 1):
        first -= 1
    while goes_on(end):
        end += 1
    whole = "".join(spell(word.text) for word in words[first:end])
    longer = (first, end) != (span.start, span.stop)
    return longer and process.extractOne(whole, _known_captions(), score_cutoff=CAPTION_LIKENESS) is not None


def _begins_caption(layout: Layout, index: int) -> bool:
    """Whether a word that looks like a caption begins one: the vocabulary's, or one that ends in a colon."""
    from rapidfuzz import fuzz, process

    words, shown = layout.words, layout.captions.max(axis=1) >= _SAME_CAPTION
    end = index
    while end < len(words) and shown[end] and spell(words[end].text) and words[end].line == words[index].line:
        end += 1
    if end == index:
        return False
    followed = end < len(words) and words[end].line == words[index].line and words[end].text.startswith(":")
    whole = "".join(spell(word.text) for word in words[index:end])
    known = process.extractOne(whole, _known_captions(), scorer=fuzz.ratio, score_cutoff=CAPTION_LIKENESS)
    return followed or known is not None


@cache
def _known_captions() -> tuple[str, ...]:
    """Every caption of the vocabulary, as `spell` gives it."""
    return tuple({spell(phrase) for own in CAPTIONS.values() for phrases in own.values() for phrase in phrases})


def _is_caption(layout: Layout, spec: FieldSpec, chain: Chain) -> bool:
    """Whether the network takes words for a caption, and their kind has no format that would show a value."""
    shown = layout.captions[list(chain.words)].max(axis=1)
    return spec.kind not in _FORMED and float(shown.mean()) >= _SAME_CAPTION


def _stands_first(layout: Layout, span: range) -> bool:
    """Whether a caption begins what is printed in one piece, or ends in a colon."""
    words = layout.words
    behind = span.stop < len(words) and words[span.stop].text.startswith(":")
    return behind or span.start == 0 or not is_next(words[span.start - 1], words[span.start])


def _whole(layout: Layout, chain: Chain, mine: set[int], taken: set[int]) -> Chain:
    """A value with those other words that stand in a line with its own, without a gap: of the caption's own value no
    part is left out because the network takes it for a caption."""
    words = layout.words
    first = next((i for i, index in enumerate(chain.words) if spell(words[index].text)), 0)  # not the caption's colon
    found = list(chain.words[first : first + 1])
    for index in chain.words[first + 1 :]:
        found += range(found[-1] + 1, index) if words[index].line == words[found[-1]].line else ()
        found.append(index)

    def belongs(index: int, neighbour: int) -> bool:
        if not 0 <= index < len(words) or index in taken or not spell(words[index].text):
            return False
        if not is_next(words[min(index, neighbour)], words[max(index, neighbour)]) or _begins_caption(layout, index):
            return False
        # It may point to itself or to a word of the value, where the network takes that for its caption.
        return index in mine or _pointed(layout, [index]) in {None, index, *found, *taken}

    for end, step in ((0, -1), (-1, 1)):
        while belongs(index := found[end] + step, found[end]):
            found.insert(0 if step < 0 else len(found), index)
    return Chain(tuple(found), chain.chances)
