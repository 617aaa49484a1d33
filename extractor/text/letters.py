"""The letters that a state's documents print, put upon what a recogniser sees: Latin and Cyrillic ones.

A network that knows every alphabet sees marks in dirt (`HÈLSINḰI`), and one state's marks for another's (`KVĔTA`
for KVĚTA). What it gives to a letter that the state does not have belongs to the likeliest one that it has: of the same
base, with a mark on the same side, else without one.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np

from extractor.schemas.data import load_table
from extractor.schemas.text import fold, scripts
from extractor.text.ocr import alphabet

#: Of marks below a letter: combining classes of Unicode up to this one.
_BELOW = 220
#: Probability from which a foreign letter, as in a foreigner's name, is printed.
_SURELY_FOREIGN = 0.95
#: Probability that is worth passing on.
_LEAST = 0.01


def letters_of(state: str) -> frozenset[str] | None:
    """Letters beside a to z that a state's documents print, in both cases; None where not known."""
    own = load_letters().get(state)
    return None if own is None else frozenset(own + own.upper() + _capital_i(own))


@cache
def load_letters() -> dict[str, str]:
    """Small letters beside a to z, by state (alpha-3); from CLDR's exemplar characters."""
    return dict(load_table("letters")["states"])


def _capital_i(own: str) -> str:
    """Where i without its dot is a letter, I with one is too."""
    return "İI" if "ı" in own else ""


def in_alphabet(probabilities: np.ndarray, state: str) -> np.ndarray:
    """A line's probabilities (frames, classes) from the network `scripts`, with those of letters that `state` lacks
    passed on: of Latin letters, and of Cyrillic ones where the state has any."""
    targets = _passed_on(state)
    used = [index for index in targets if probabilities[:, index].max() > _LEAST]
    if not used:
        return probabilities
    kept = probabilities.copy()
    frames = np.arange(len(kept))
    for index in used:
        near = np.array(targets[index])
        best = near[probabilities[:, near].argmax(axis=1)]
        passed = np.where(kept[:, index] < _SURELY_FOREIGN, kept[:, index], 0.0)
        np.add.at(kept, (frames, best), passed)
        kept[:, index] -= passed
    return kept


def in_script(probabilities: np.ndarray, script: str) -> np.ndarray:
    """A line's probabilities (frames, classes) from the network `scripts` without letters of other scripts than
    `script` (its Unicode name) and Latin: a page prints two at most."""
    return np.where(_of_others(script), 0.0, probabilities)


@cache
def _of_others(script: str) -> np.ndarray:
    return np.array([bool(scripts(character) - {script, "LATIN"}) for character in alphabet("scripts")])


@cache
def _passed_on(state: str) -> dict[int, tuple[int, ...]]:
    """Classes of letters that the state does not have, and for each those that it may be."""
    classes = alphabet("scripts")
    own = letters_of(state) or frozenset()
    alphabets = {"LATIN"} | (scripts("".join(own)) & {"CYRILLIC"})
    places = {character: index for index, character in enumerate(classes)}
    targets: dict[int, tuple[int, ...]] = {}
    for index, character in enumerate(classes):
        if len(character) != 1 or character.isascii() or character in own or not character.isalpha():
            continue
        if not scripts(character) <= alphabets:
            continue
        base = fold(character)
        plain = base.upper() if character.isupper() else base
        alike = [other for other in own if fold(other) == base and other.isupper() == character.isupper()]
        marked = [other for other in alike if _is_below(other) == _is_below(character)]
        found = tuple(places[other] for other in (marked or [plain]) if other in places)
        if found:
            targets[index] = found
    return targets


def _is_below(character: str) -> bool:
    """Whether a letter's mark stands below it, or hangs on it."""
    marks = unicodedata.normalize("NFD", character)[1:]
    return any(0 < unicodedata.combining(mark) <= _BELOW for mark in marks)
