"""Exact joint choice of the characters that check digits cover.

Given the cost of every character in every place, find the cheapest assignment that satisfies all check digits at
once, the composite included, and how probable it is among all assignments. Enumerating is hopeless (37 characters
in some 40 places); but a check digit sees a character only as its value modulo 10, so a dynamic programme whose state
is (residue of the current check digit, residue of the composite), 100 states, covers every assignment exactly in
about a millisecond. Run once with (min, +) it gives the best assignment, once with (+, x) the probability of every
character in every place given the check digits.

A document may truly carry a wrong check digit (specimens often do). Each check digit may therefore be left
unsatisfied at a price, which keeps the choice between "misread" and "misprinted" inside the same sum.

What makes a proof worth something is then no special rule but the posterior probability: a repair is believable
when no other assignment that satisfies the check digits comes near it. A cheap rival that the sum cannot tell apart
(G and 6, see `checkdigit`) or one of many expensive ones (one in ten fits by chance) lowers it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from extractor.mrz.checkdigit import CHARACTERS, DIGITS, FILLER, INDEX, VALUES, WEIGHTS
from extractor.mrz.confusion import Array
from extractor.mrz.formats import CheckRule, MrzFormat

Position = tuple[int, int]  # line, position

# Cost in nats of believing that a document was printed with this check digit wrong.
MISPRINT = 7.0
_RESIDUE = VALUES % 10


@dataclass(frozen=True)
class Step:
    """One place in the order in which the programme visits it, with its weight in its own check digit and in the
    composite (0: not covered; a check digit's own place weighs -1 in the check it closes)."""

    place: Position
    own: int
    composite: int
    closes: bool = False


@dataclass(frozen=True)
class Proof:
    """The outcome. `posterior[place]` is (37,), the probability of each character there given the check digits;
    `unsatisfied` are the names of the check digits that the best assignment leaves wrong."""

    chosen: dict[Position, str]
    posterior: dict[Position, Array]
    unsatisfied: frozenset[str]
    cost: float


def _places(check: CheckRule) -> list[Position]:
    return [(span.line, k) for span in check.covers for k in range(span.start, span.end)]


def plan(layout: MrzFormat) -> tuple[list[Step], list[str]]:
    """The steps of a layout: every covered place once, group by group; and the groups' names.

    Groups are the check digits other than the composite, whose covered places never overlap (the French licence,
    whose composite covers all of its other check digit, included); places only the composite covers come last.
    """
    composite = layout.check("composite")
    weight = {place: WEIGHTS[k % 3] for k, place in enumerate(_places(composite))} if composite else {}
    steps: list[Step] = []
    names: list[str] = []
    for check in layout.checks:
        if check is composite:
            continue
        names.append(check.name)
        for k, place in enumerate(_places(check)):
            steps.append(Step(place, WEIGHTS[k % 3], weight.get(place, 0)))
        own = (check.place.line, check.place.start)
        steps.append(Step(own, -1, weight.get(own, 0), closes=True))
    if composite:
        seen = {step.place for step in steps}
        steps.extend(Step(place, 0, weight[place]) for place in weight if place not in seen)
        steps.append(Step((composite.place.line, composite.place.start), 0, -1))
    return steps, names


@lru_cache(maxsize=64)
def _moves(own: int, composite: int) -> NDArray[np.int64]:
    """(10, 100): from which state a place whose value is v modulo 10 leads to each state."""
    state = np.arange(100)
    r1, r2 = state // 10, state % 10
    value = np.arange(10)[:, None]
    return np.asarray(((r1 - own * value) % 10) * 10 + (r2 - composite * value) % 10)


def _by_residue(costs: Array) -> tuple[Array, NDArray[np.int64], Array]:
    """(N, 37) costs -> per value modulo 10: least cost (N, 10), the character that has it, summed probability."""
    least = np.full((len(costs), 10), np.inf)
    which = np.zeros((len(costs), 10), dtype=np.int64)
    mass = np.zeros((len(costs), 10))
    for residue in range(10):
        members = np.flatnonzero(residue == _RESIDUE)
        least[:, residue] = costs[:, members].min(axis=1)
        which[:, residue] = members[costs[:, members].argmin(axis=1)]
        mass[:, residue] = np.exp(-costs[:, members]).sum(axis=1)
    return least, which, mass


def prove(layout: MrzFormat, tables: list[Array], *, misprint: float = MISPRINT) -> Proof:
    """Chooses the characters of every place that a check digit of `layout` covers.

    tables: per line (L, 37) nats for each character in each place, least cost 0 or more; all lines are needed.
    """
    steps, names = plan(layout)
    if not steps:
        return Proof({}, {}, frozenset(), 0.0)
    costs = np.array([tables[step.place[0]][step.place[1]] for step in steps])
    costs = costs + _check_place_prior(layout, steps)
    floor = costs.min(axis=1, keepdims=True)
    costs, base = costs - floor, float(floor.sum())
    least, which, mass = _by_residue(costs)
    residues, wrong, best = _cheapest(steps, least, misprint)
    posterior = _posterior(steps, mass, misprint)
    chosen: dict[Position, str] = {}
    odds: dict[Position, Array] = {}
    for k, step in enumerate(steps):
        chosen[step.place] = CHARACTERS[which[k, residues[k]]]
        share = np.exp(-costs[k]) * posterior[k][_RESIDUE] / np.maximum(mass[k][_RESIDUE], 1e-300)
        odds[step.place] = share / max(float(share.sum()), 1e-300)
    unsatisfied = {names[g] for g in wrong if g < len(names)} | ({"composite"} if len(names) in wrong else set())
    return Proof(chosen, odds, frozenset(unsatisfied), best + base)


def _check_place_prior(layout: MrzFormat, steps: list[Step]) -> Array:
    """A check digit's own place holds a digit; a filler only where the format says so, and then it is a zero."""
    prior = np.zeros((len(steps), len(CHARACTERS)))
    own = {(check.place.line, check.place.start): check for check in layout.checks}
    for k, step in enumerate(steps):
        check = own.get(step.place)
        if check is None:
            continue
        for character, index in INDEX.items():
            if character in DIGITS or (character == FILLER and check.filler_means_zero):
                continue
            prior[k, index] = 6.0
    return prior


def _cheapest(steps: list[Step], least: Array, misprint: float) -> tuple[list[int], set[int], float]:
    """(min, +): the residue chosen at each step, the groups left wrong, and the cost."""
    cost = np.full(100, np.inf)
    cost[0] = 0.0
    trace: list[tuple[NDArray[np.int64], NDArray[np.int64] | None]] = []
    for k, step in enumerate(steps):
        options = cost[_moves(step.own, step.composite)] + least[k][:, None]
        pick = options.argmin(axis=0)
        cost = options[pick, np.arange(100)]
        closed = None
        if step.closes:
            # Only residue 0 satisfies the check digit; any other may pass at the price of a misprint.
            grid = cost.reshape(10, 10) + np.where(np.arange(10) == 0, 0.0, misprint)[:, None]
            closed = grid.argmin(axis=0)
            cost = np.full(100, np.inf)
            cost[:10] = grid.min(axis=0)
        trace.append((pick, closed))
    has_composite = any(step.composite for step in steps)
    final = cost + (np.where(np.arange(100) % 10 == 0, 0.0, misprint) if has_composite else 0.0)
    state = int(final.argmin())
    groups = sum(step.closes for step in steps)
    wrong = {groups} if has_composite and state % 10 else set()
    residues = [0] * len(steps)
    for k in range(len(steps) - 1, -1, -1):
        pick, closed = trace[k]
        if closed is not None:
            groups -= 1
            r1 = int(closed[state % 10])
            if r1:
                wrong.add(groups)
            state = r1 * 10 + state % 10
        residues[k] = int(pick[state])
        state = int(_moves(steps[k].own, steps[k].composite)[residues[k], state])
    return residues, wrong, float(final.min())


def _posterior(steps: list[Step], mass: Array, misprint: float) -> list[Array]:
    """(+, x): per step the unnormalised probability of each value modulo 10, by a forward and a backward pass."""
    slip = float(np.exp(-misprint))
    closing = np.where(np.arange(10) == 0, 1.0, slip)
    forward = [np.zeros(100)]
    forward[0][0] = 1.0
    for k, step in enumerate(steps):
        after = (forward[-1][_moves(step.own, step.composite)] * mass[k][:, None]).sum(axis=0)
        if step.closes:
            grid = (after.reshape(10, 10) * closing[:, None]).sum(axis=0)
            after = np.append(grid, np.zeros(90))
        forward.append(after / after.sum())
    has_composite = any(step.composite for step in steps)
    backward = np.where(np.arange(100) % 10 == 0, 1.0, slip) if has_composite else np.ones(100)
    result = [np.zeros(10)] * len(steps)
    for k in range(len(steps) - 1, -1, -1):
        step = steps[k]
        if step.closes:
            backward = (backward[None, :10] * closing[:, None]).reshape(100)
        moves = _moves(step.own, step.composite)
        paths = forward[k][moves] * backward[None, :]
        result[k] = paths.sum(axis=1) * mass[k]
        spread = np.zeros(100)
        np.add.at(spread, moves.ravel(), (backward[None, :] * mass[k][:, None]).ravel())
        backward = spread / spread.sum()
    return result
