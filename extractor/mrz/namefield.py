"""Where does the name end and where do the fillers begin?

No check digit covers the names of ICAO formats, and on a bad print the recogniser turns the run of fillers after
them into K, C, S, E, ... This module weighs, place by place, "the letter that was read" against "a filler that was
read as that letter": the recogniser's costs on one side, on the other the grammar of the field (ICAO Doc 9303-3,
4.6: words parted by `<`, surname and given names by `<<`, then fillers to the end) and how much the letters look
like a name in any of some sixty languages. What was read as a letter is never exchanged for another letter here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from extractor.mrz.checkdigit import FILLER, INDEX
from extractor.mrz.confusion import Array

# Cost in quarter nats (base 36 digits) of the column's letter after the row's; `<` is the edge of a word. Counted
# over the person names of Faker's Latin-script locales and the romanised ones of its Cyrillic and Greek locales,
# every locale with the same weight, and over pinyin syllables.
_BIGRAMS = (
    "zaccddeddfdcc9dfdmdadlehnig 6gfgehkhgekgbd7hlp9cefgmphj e6hqh5xtg9ipesm8wz9jqcqqzkv "
    "a7sio9un5audepm9skgkifqrzkh 87osi7rmh8mohkl8wuahmbkkzhk 7fihegjijekg9e8hjt8cckemlgh "
    "b7sqq7dpl7npcmkaww8kiduwwnt 77loj8rid9unemfawycln9pkziq 85omm7rrp9olghhauzdhiaonzjs "
    "89ibebkgliiead7ejmcaehgppji e4tjk8xumbtilmi6vzoim8qozqo 86nqraxsd9ohfmk7wzdejcpkrhv "
    "96ikf8jlm7kjahmaoxnhichrwgo b4fio9ppm7pmlfl9hukjncqmzjn 68nfb9qbnajgmodctvkedhqszhj "
    "7hgifejhigkhad8hhu9bfcajsji d5qnq7pub9uigpm8ezchkdusznx b9pttexut7wtmlpgwzpmo2gqzwx "
    "87ihe9pem7mhghf9nrefcekpwhl 68nfq9rpcapeghkbiqld9ekozki 97sos8qqa8nkknl9wycecenpzij "
    "9cfedakfhclfaeahiq9aeklikkg 85uln8vns6tmgsfduzgdnjrzzks d4spp7quj7rlimibwzhgmeuszjv "
    "56utrbtuo6wtipmdozklgbumxro 57ljfaolmdrhchcbozfehdiqujq 66lkg9xmc8oihhjarmmijclmzgi"
)
# No pair is held against a name for more than this: names of the rest of the world look unlikely, too.
_RARE = 4.5
BIGRAM = np.minimum(np.array([[int(digit, 36) / 4 for digit in row] for row in _BIGRAMS.split()]), _RARE)
# The same letter three times in a row is no name.
_TRIPLE = 4.0
# A letter after the field has ended; the start of the field with a filler; a field cut in the middle of a word.
_AFTER_END, _STARTS_EMPTY, _CUT = 7.0, 4.0, 1.5
# One more word in a surname or among the given names.
_ANOTHER_WORD = 1.0
# From this cost on (nats), the letter that fits best was not read as a letter.
_NOT_READ = 1.5

# A node of the grammar: where in the field, and what stood in the last place.
_Node = tuple[int, int]
_SURNAME, _SURNAME_GAP, _MIDDLE, _GIVEN, _GIVEN_GAP, _TAIL = range(6)
_FILLER, _LETTER, _TWICE = range(3)
# Where a letter, and a filler, leads from each state; a field starts as if it were inside a surname.
_ON_LETTER = (_SURNAME, _SURNAME, _GIVEN, _GIVEN, _GIVEN, _GIVEN)
_ON_FILLER = (_SURNAME_GAP, _MIDDLE, _TAIL, _GIVEN_GAP, _TAIL, _TAIL)


@dataclass(frozen=True)
class _Places:
    """Per place: which letter is the likeliest, and the nats of that letter and of a filler."""

    letter: NDArray[np.int64]
    as_letter: Array
    as_filler: Array

    @classmethod
    def of(cls, table: Array) -> _Places:
        letters = table[:, INDEX["A"] : INDEX["Z"] + 1]
        return cls(letters.argmin(axis=1), letters.min(axis=1), table[:, INDEX[FILLER]])


class NamePart(Enum):
    """What a name field holds; the value is the nats for a letter after `<<`: where a surname ends or begins, and
    where the whole name has ended."""

    WHOLE = (0.0, _AFTER_END)
    SURNAME = (_AFTER_END, _AFTER_END)
    GIVEN = (0.0, 1.0)  # of the French card, which parts given names by `<<`


def split_letters(table: Array, part: NamePart = NamePart.WHOLE) -> tuple[NDArray[np.bool_], float]:
    """Which places of a name field are fillers.

    table: (L, 37) nats of each character in each place. Returns (L,) booleans and the cost of the field in nats,
    spelling included.
    """
    places = _Places.of(table)
    # cost[node]: the best field so far that ends in a node of the grammar; came[place][node]: from which node.
    cost = {(_SURNAME_GAP, _FILLER): 0.0}
    came: list[dict[_Node, _Node]] = []
    for place in range(len(table)):
        new: dict[_Node, float] = {}
        step: dict[_Node, _Node] = {}
        for node, before in cost.items():
            for target, price in _moves(places, place, node, part):
                if before + price < new.get(target, np.inf):
                    new[target], step[target] = before + price, node
        cost = new
        came.append(step)
    cost = {node: total + (0.0 if node[1] == _FILLER else _CUT) for node, total in cost.items()}
    node = min(cost, key=lambda end: cost[end])
    total = cost[node]
    fillers = np.zeros(len(table), dtype=bool)
    for place in range(len(table) - 1, -1, -1):
        fillers[place] = node[1] == _FILLER
        node = came[place][node]
    return fillers, total


def spell(table: Array, fillers: NDArray[np.bool_]) -> dict[int, int]:
    """Letters for the places of a name where something else was read (a digit, a stroke): place -> letter, A = 0.

    A 1 among letters is an I or an L; what stands beside it tells which. Places read as letters are left alone.
    """
    costs = table[:, INDEX["A"] : INDEX["Z"] + 1]
    known = np.where(fillers, 0, 1 + costs.argmin(axis=1))
    edge = np.concatenate([[0], known, [0]])
    open_places = np.flatnonzero(~fillers & (costs.min(axis=1) > _NOT_READ))
    return {
        int(place): int((costs[place] + BIGRAM[edge[place], 1:] + BIGRAM[1:, edge[place + 2]]).argmin())
        for place in open_places
    }


def _moves(places: _Places, place: int, node: _Node, part: NamePart) -> Iterator[tuple[_Node, float]]:
    """The nodes that a letter and a filler in `place` lead to, and their prices."""
    state, last = node
    previous = 0 if last == _FILLER else 1 + int(places.letter[place - 1])
    same = last != _FILLER and places.letter[place] == places.letter[place - 1]
    spelled = float(places.as_letter[place] + BIGRAM[previous, 1 + int(places.letter[place])])
    if same and last == _TWICE:
        spelled += _TRIPLE
    if place and state in {_SURNAME_GAP, _GIVEN_GAP}:
        spelled += _ANOTHER_WORD
    if state in {_MIDDLE, _TAIL}:
        spelled += part.value[state == _TAIL]
    yield (_ON_LETTER[state], _TWICE if same else _LETTER), spelled
    ended = BIGRAM[previous, 0] if last != _FILLER else 0.0
    yield (_ON_FILLER[state], _FILLER), float(places.as_filler[place] + ended + (_STARTS_EMPTY if not place else 0.0))
