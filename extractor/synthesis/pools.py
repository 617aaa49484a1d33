"""Two pools that share nothing: what a model is trained on, and what it is measured on.

Every entry of a word list (names, places, streets, authorities) belongs to one pool by a hash of its folded text:
adding entries moves none and the same word never stands in both, whatever list it comes from. Fonts, layouts and
background styles are listed per pool in their own files, and random numbers are seeded with the pool's name. What law
or custom closes is common to both: captions, states, months, sexes, ethnicities, provinces, vehicle classes. A Chinese
given name belongs to a pool as a whole; its characters are the alphabet, and are common.
"""

from __future__ import annotations

import json
import random
import zlib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from extractor.schemas.text import fold

Pool = Literal["training", "evaluation"]
POOLS: tuple[Pool, ...] = ("training", "evaluation")


def pool_of(entry: str) -> Pool:
    """The pool that a word list's entry belongs to."""
    return POOLS[zlib.crc32((fold(entry) or entry).encode()) >> 7 & 1]


@cache
def data_file(name: str) -> Any:
    """The parsed JSON file `name` of this package."""
    return json.loads(files("extractor.synthesis").joinpath(name).read_text("utf-8"))


def word_file(name: str) -> Any:
    """The parsed word list `name`, a file of `words/`."""
    return data_file(f"words/{name}.json")


@cache
def word_list(language: str, key: str, pool: Pool, state: str | None = None) -> tuple[str, ...]:
    """The entries of a word list that belong to `pool`; underscores stand for spaces.

    An entry may carry a romanisation (`native:ROMAN`) and a state (`Liège@BEL`). With a `state`, its own entries are
    returned if the list has any, else those of no particular state; without one, all. A pool never gets the other's:
    an entry belongs to its pool by its native text alone.
    """
    mine = [entry for entry in _entries(language, key) if pool_of(entry[0].split(":")[0]) == pool]
    if state is not None:
        mine = [entry for entry in mine if entry[1] == state] or [entry for entry in mine if not entry[1]] or mine
    return tuple(text for text, _ in mine)


@cache
def whole_word_list(language: str, key: str) -> tuple[str, ...]:
    """All entries of a word list, of both pools: for what law or custom closes."""
    return tuple(text for text, _ in _entries(language, key))


@cache
def _entries(language: str, key: str) -> tuple[tuple[str, str], ...]:
    """(text, state or nothing) of every entry."""
    table = word_file(language)[key]
    entries = table.split() if isinstance(table, str) else table
    parted = (entry.replace("_", " ").partition("@") for entry in entries)
    return tuple((text, state) for text, _, state in parted)


def seeded(pool: Pool, *parts: object) -> random.Random:
    """Random numbers for one specimen: the same on every machine, and never the other pool's."""
    return random.Random(":".join(map(str, (pool, *parts))))
