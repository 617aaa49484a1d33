"""One row of the page laid on one line of a format: alignments, worn print, names against fillers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from extractor.mrz.align import Alignment, align, alignments, best_fit
from extractor.mrz.checkdigit import FILLER, INDEX
from extractor.mrz.confusion import Array, Print
from extractor.mrz.formats import Alphabet, MrzFormat
from extractor.mrz.lattice import Lattice
from extractor.mrz.namefield import NamePart, spell, split_letters
from extractor.mrz.prior import line_prior
from extractor.mrz.reading import LineEvidence

# Rivals of the best alignment: how much more they may cost (nats), and how many are kept per line.
_WITHIN, _RIVALS = 7.0, 16
# Below this cost a line without a name needs no second look as worn print.
_CLEAN_ENOUGH = 4.0
# Penalty in nats on letters among fillers, or fillers among letters, once a name field is split: added to their own
# cost, and the least distance to the winner.
_LOSES, _BEHIND = 4.0, 2.0
_PARTS = {"name": NamePart.WHOLE, "surname": NamePart.SURNAME, "given_names": NamePart.GIVEN}


@dataclass(frozen=True)
class LineFit:
    """One line of a format laid on one row of the page; `cost` in nats, spelling of names not counted."""

    evidence: tuple[LineEvidence, ...]
    cost: float


def rough_cost(layout: MrzFormat, line: int, lattice: Lattice) -> float:
    """A lower bound for `fit_line`'s cost in clean print, at a tenth of its price; infinite where it cannot fit."""
    emit, skip = lattice.costs(Print.CLEAN)
    alignment = align(best_fit(emit, line_prior(layout, line)), skip)
    return alignment.cost if alignment else float("inf")


def fit_line(layout: MrzFormat, line: int, lattice: Lattice) -> LineFit | None:
    """Lays a lattice on a line of a format: the best evidence first, then its rivals. None if it cannot fit."""
    best: LineFit | None = None
    lowest = np.inf
    has_name = any(field.alphabet is Alphabet.NAME and field.span.line == line for field in layout.fields)
    for grade in Print:
        found = _fit(layout, line, lattice, grade)
        if found is None:
            return best
        spelled, fit = found
        if spelled + grade.value < lowest:
            best, lowest = fit, spelled + grade.value
        if fit.cost < _CLEAN_ENOUGH and not has_name:
            break
    return best


def _fit(layout: MrzFormat, line: int, lattice: Lattice, grade: Print) -> tuple[float, LineFit] | None:
    emit, skip = lattice.costs(grade)
    prior = line_prior(layout, line)
    found = alignments(emit, skip, prior, lattice.is_gap, within=_WITHIN, limit=_RIVALS)
    if not found:
        return None
    evidence = []
    spelled = 0.0
    for rank, alignment in enumerate(found):
        costs = emit[list(alignment.columns)]
        extra, spelling = _part_names(layout, line, costs, prior)
        if rank == 0:
            spelled = alignment.cost + extra + spelling
        evidence.append(_evidence(lattice, alignment, costs, alignment.cost + extra))
    evidence.sort(key=lambda item: item.cost)
    return spelled, LineFit(tuple(evidence), evidence[0].cost + grade.value)


def _evidence(lattice: Lattice, alignment: Alignment, costs: Array, cost: float) -> LineEvidence:
    laid = {column: place for place, column in enumerate(alignment.columns)}
    dropped = []
    place = 0
    for column, read in enumerate(lattice.read):
        if column in laid:
            place = laid[column] + 1
        elif read:
            dropped.append((place, read))
    read_at = tuple(lattice.read[column] for column in alignment.columns)
    sure = lattice.sure[list(alignment.columns)]
    return LineEvidence(costs, read_at, sure, tuple(dropped), lattice.text, cost)


def _part_names(layout: MrzFormat, line: int, costs: Array, prior: Array) -> tuple[float, float]:
    """Decides letters against fillers in the line's name fields, in place, by adding to the cost of the loser.

    Returns the nats this adds to the line, and the cost of the spelling.
    """
    added = spelling = 0.0
    for field in layout.fields:
        if field.alphabet is not Alphabet.NAME or field.span.line != line:
            continue
        start, end = field.span.start, field.span.end
        fillers, total = split_letters(costs[start:end], _PARTS[field.name])
        block = costs[start:end] + prior[start:end]
        before = float(block.min(axis=1).sum())
        losers = np.ones(block.shape, dtype=bool)
        losers[:, INDEX[FILLER]] = False
        losers[~fillers] = ~losers[~fillers]
        # Check digits that cover names (the French card) may still overrule this with strong evidence.
        least = np.where(losers, np.inf, block).min(axis=1, keepdims=True)
        costs[start:end] = np.where(losers, np.maximum(costs[start:end] + _LOSES, least + _BEHIND), costs[start:end])
        for place, letter in spell(costs[start:end], fillers).items():
            row = costs[start + place]
            row[INDEX["A"] + letter] = row[INDEX["A"] : INDEX["Z"] + 1].min() - 1e-3
        after = float((costs[start:end] + prior[start:end]).min(axis=1).sum())
        added += max(after - before, 0.0)
        spelling += total - after
    return added, spelling
