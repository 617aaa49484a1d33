"""Names of months, in every language that is official somewhere (CLDR, see `cldr`; `months.json` adds what documents
print besides), as OCR reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from extractor.schemas.data import load_table
from extractor.schemas.text import fold, spell


def month_of(printed: str, issuer: str | None = None) -> int | None:
    """The month a printed word, or pair of words, means; of a pair, the English word decides where there is one. What
    means two months in different languages is read in those of the issuer (`listopad`)."""
    if len(printed.split()) == 2 and not re.search(r"[/|\\]", printed):
        exact = _named(spell(printed))
        return next(iter(exact)) if len(exact) == 1 else None
    parts = [spell(part) for part in re.split(r"[/|\\]", printed)]
    for part in reversed(parts):
        if len(parts) > 1 and part in _english():
            return _english()[part]
    meanings = [found for part in parts if (found := _month_meanings(part))]
    if not meanings:
        return None
    common = frozenset.intersection(*meanings) or meanings[-1]
    if len(common) > 1:
        common &= frozenset().union(*(_own_months(issuer or "").get(part, frozenset()) for part in parts))
    return next(iter(common)) if len(common) == 1 else _english().get(parts[-1])


@cache
def _month_words() -> tuple[Mapping[str, frozenset[int]], ...]:
    """Folded month word -> the months it means (some mean two in different languages), in three levels: full names in
    the languages of most documents, their short ones, names in all other languages."""
    levels: list[dict[str, set[int]]] = [{}, {}, {}]
    own: dict[str, dict[str, str]] = load_table("months")
    for language, months in load_table("cldr")["months"].items():
        for number, names in enumerate(months, start=1):
            for level, words in enumerate(names.split("|")):
                for word in words.split():
                    if language in own or len(word) > 2 or not word.isascii():
                        levels[level if language in own else 2].setdefault(word, set()).add(number)
    for added in own.values():
        for month, words in added.items():
            for word in words.split():
                levels[1].setdefault(spell(word), set()).add(int(month))
    return tuple({word: frozenset(numbers) for word, numbers in level.items()} for level in levels)


@cache
def _bare() -> Mapping[str, frozenset[int]]:
    """Month words without the vowel signs that OCR loses -> the months they may be."""
    words: dict[str, frozenset[int]] = {}
    for level in _month_words():
        for word, numbers in level.items():
            if (bare := fold(word)) != word:
                words[bare] = words.get(bare, frozenset()) | numbers
    return words


def _named(word: str) -> frozenset[int]:
    """The months that a word, spelled with its vowel signs or without them, names to the letter. One without any may
    have lost them: Thailand's `มค` (January) may be `มีค` (March)."""
    exact = next((level[word] for level in _month_words() if word in level), frozenset())
    return exact if word.isascii() or (exact and fold(word) != word) else exact | _bare().get(fold(word), frozenset())


@cache
def _english() -> dict[str, int]:
    months: list[str] = load_table("cldr")["months"]["en"]
    words = {word: number for number, names in enumerate(months, start=1) for word in names.replace("|", " ").split()}
    return {**words, "sept": 9}


@cache
def _own_months(issuer: str) -> Mapping[str, frozenset[int]]:
    """Folded month word -> the months it means in the official languages of a state."""
    words: dict[str, set[int]] = {}
    for language in load_table("cldr")["languages"].get(issuer, ()):
        for number, names in enumerate(load_table("cldr")["months"][language], start=1):
            for word in names.replace("|", " ").split():
                words.setdefault(word, set()).add(number)
    return {word: frozenset(numbers) for word, numbers in words.items()}


def _month_meanings(word: str) -> frozenset[int] | None:
    """Months that `word` may name: as it stands, with OCR's usual confusions undone, as a prefix, or one letter off."""
    if len(word) < 2:
        return None
    letters = word.translate(str.maketrans("0158", "oisb"))
    # Hebrew writes "in" into the word: `12 באוגוסט 1974`.
    for spelled in (word, letters, word.removeprefix("ב")):
        if exact := _named(spelled):
            return exact
    if len(letters) < 3:
        return None
    known = [entry for level in _month_words()[:2] for entry in level.items()]
    by_prefix = frozenset().union(*(numbers for name, numbers in known if name.startswith(letters)))
    if by_prefix:
        return by_prefix
    from rapidfuzz.distance import Levenshtein

    near = {
        number
        for name, numbers in known
        if abs(len(name) - len(letters)) <= 1 and len(name) >= 3
        if Levenshtein.distance(name, letters, score_cutoff=1) <= 1
        for number in numbers
    }
    return frozenset(near) if len(near) == 1 else None
