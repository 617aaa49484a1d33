"""From what is known about a zone's lines to the reading that explains it best, under one format.

Each line is laid on its places (`align`), in clean and in worn print; name fields are parted from their fillers
(`namefield`); the check digits choose among what is left (`proof`). Two kinds of change are told apart:

- what the format forces: a letter in a date, a digit in a name or state, a filler lost or doubled;
- what check digits prove: accepted only when the proof's posterior probability is high, and higher still when another
  check digit of the zone is wrong, because then the zone is one whose check digits do not mean much (specimens).

Everything else stays as it was read, with less confidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import product

import numpy as np
from numpy.typing import NDArray

from extractor.evidence.mrz.align import Alignment, align, alignments, best_fit
from extractor.evidence.mrz.checkdigit import CHARACTERS, FILLER, INDEX
from extractor.evidence.mrz.confusion import Print
from extractor.evidence.mrz.formats import Alphabet, MrzFormat, layouts
from extractor.evidence.mrz.lattice import Lattice
from extractor.evidence.mrz.namefield import Grammar, spell, split_letters
from extractor.evidence.mrz.parse import parse, verify
from extractor.evidence.mrz.prior import (
    OUT_OF_PLACE,
    Code,
    best_code,
    best_state,
    fixed_opening,
    known_state,
    line_prior,
    special_layout_cost,
)
from extractor.evidence.mrz.proof import Place, Proof, prove
from extractor.evidence.mrz.reading import LineEvidence, MrzReading, Reason, Repair

Array = NDArray[np.float64]

# Posterior that a repair needs when all other check digits of the zone hold, and while another one is wrong.
_TOGETHER, _ALONE = 0.75, 0.985
# Probability that everything a check digit covers must have, repairs and the rest.
_WHOLE_GROUP = 0.3
# A repair must resemble what was read: be cheaper than an arbitrary confusion (nats).
_RESEMBLES = 9.0
# Rivals of the best alignment: how much dearer they may be, and how many are tried per line.
_WITHIN, _RIVALS = 7.0, 16
# Choices of one alignment per line that are weighed against each other.
_COMBINED = 16
# Below this cost a line needs no second look as worn print; below that one a zone has no rivals worth weighing.
_CLEAN_ENOUGH, _FLAWLESS = 4.0, 1.0
# How much dearer (nats) characters are that would break up a code.
_CODE_STANDS = 3.0
_GRAMMAR = {"name": Grammar.WHOLE, "surname": Grammar.SURNAME, "given_names": Grammar.GIVEN}
# How much dearer (nats) a character is that stands alone among fillers.
_ISLAND = 7.0
# Doubts about the places of a zone have common causes, so their product is too pessimistic; fitted on specimens.
_CALIBRATION = 1 / 3
# What a line of ordinary text costs when it is taken for a line of a zone, per character read.
NULL_COST = 1.6
# A line of the format that was not found.
MISSING_LINE = 12.0


@dataclass(frozen=True)
class LineFit:
    """One line of a format laid on one row of the page; `cost` in nats, spelling of names not counted."""

    evidence: tuple[LineEvidence, ...]
    cost: float


def rough_cost(layout: MrzFormat, line: int, lattice: Lattice) -> float:
    """A lower bound for `fit_line`'s cost, at a tenth of its price; infinite where the line cannot fit."""
    emit, skip = lattice.costs(Print.CLEAN)
    alignment = align(best_fit(emit, line_prior(layout, line)), skip)
    return alignment.cost if alignment else float("inf")


def fit_line(layout: MrzFormat, line: int, lattice: Lattice) -> LineFit | None:
    """Lays a lattice on a line of a format: the best evidence first, then its rivals. None if it cannot fit."""
    best: LineFit | None = None
    lowest = np.inf
    for grade in Print:
        found = _fit(layout, line, lattice, grade)
        if found is None:
            return best
        spelled, fit = found
        if spelled + grade.value < lowest:
            best, lowest = fit, spelled + grade.value
        if fit.cost < _CLEAN_ENOUGH and not _has_name(layout, line):
            break
    return best


def _has_name(layout: MrzFormat, line: int) -> bool:
    return any(field.alphabet is Alphabet.NAME and field.span.line == line for field in layout.fields)


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
    return LineEvidence(costs, read_at, tuple(dropped), lattice.text, cost)


def _part_names(layout: MrzFormat, line: int, costs: Array, prior: Array) -> tuple[float, float]:
    """Decides letters against fillers in the line's name fields, in place: the loser is made dear.

    Returns the nats this adds to the line, and the cost of the spelling.
    """
    added = spelling = 0.0
    for field in layout.fields:
        if field.alphabet is not Alphabet.NAME or field.span.line != line:
            continue
        start, end = field.span.start, field.span.end
        fillers, total = split_letters(costs[start:end], _GRAMMAR[field.name])
        block = costs[start:end] + prior[start:end]
        before = float(block.min(axis=1).sum())
        losers = np.ones(block.shape, dtype=bool)
        losers[:, INDEX[FILLER]] = False
        losers[~fillers] = ~losers[~fillers]
        # Check digits that cover names (the French card) may still overrule this, if they speak loudly.
        least = np.where(losers, np.inf, block).min(axis=1, keepdims=True)
        costs[start:end] = np.where(losers, np.maximum(costs[start:end] + 4.0, least + 2.0), costs[start:end])
        for place, letter in spell(costs[start:end], fillers).items():
            row = costs[start + place]
            row[INDEX["A"] + letter] = row[INDEX["A"] : INDEX["Z"] + 1].min() - 1e-3
        after = float((costs[start:end] + prior[start:end]).min(axis=1).sum())
        added += max(after - before, 0.0)
        spelling += total - after
    return added, spelling


@dataclass(frozen=True)
class _Candidate:
    layout: MrzFormat
    evidence: tuple[LineEvidence | None, ...]
    tables: list[Array]  # per line (L, 37) nats, priors included
    codes: dict[Place, Code]
    proof: Proof | None
    cost: float

    def lines(self) -> list[str]:
        """The likeliest lines, check digits taken at their word."""
        lines = [list(_cheapest(table)) if item else [] for table, item in zip(self.tables, self.evidence, strict=True)]
        for (line, place), character in (self.proof.chosen if self.proof else {}).items():
            lines[line][place] = character
        return ["".join(line) for line in lines]


def conclude(general: MrzFormat, fits: Sequence[LineFit | None], *, today: date | None = None) -> MrzReading | None:
    """The best reading of rows that were laid on the lines of a format (None: a line that was not found)."""
    if not any(fits):
        return None
    candidates: list[_Candidate] = []
    for evidence in _combinations(general, fits):
        candidates.extend(_prove(layout, evidence) for layout in _layouts(general, evidence))
        best = min(candidates, key=lambda candidate: candidate.cost)
        if best.proof and not best.proof.unsatisfied and best.cost < _FLAWLESS:
            break
    return _read(best, _agreement(best, candidates), today)


def _agreement(best: _Candidate, candidates: list[_Candidate]) -> tuple[Array, ...]:
    """Per line and place the probability that `best` is right about how columns lie on places.

    Its rivals (other alignments, another length of the document number) count with their likelihoods, where they
    want another character.
    """
    lines = best.lines()
    agreement = [np.zeros(len(line)) for line in lines]
    total = 0.0
    for candidate in candidates:
        weight = float(np.exp(best.cost - candidate.cost))
        total += weight
        for line, (ours, theirs) in enumerate(zip(lines, candidate.lines(), strict=True)):
            agreement[line] += [weight * (a == b) for a, b in zip(ours, theirs, strict=True)]
    return tuple(row / total for row in agreement)


def _combinations(general: MrzFormat, fits: Sequence[LineFit | None]) -> list[tuple[LineEvidence | None, ...]]:
    """Choices of one alignment per line, cheapest first; rivals only where a check digit can tell them apart."""
    checked = {span.line for check in general.checks for span in (check.place, *check.covers)}
    options = [
        (None,) if fit is None else fit.evidence if line in checked else fit.evidence[:1]
        for line, fit in enumerate(fits)
    ]
    choices = sorted(product(*options), key=lambda chosen: sum(item.cost for item in chosen if item))
    return choices[:_COMBINED]


def _layouts(general: MrzFormat, evidence: tuple[LineEvidence | None, ...]) -> tuple[MrzFormat, ...]:
    lines = tuple(_cheapest(item.costs + line_prior(general, k)) if item else "" for k, item in enumerate(evidence))
    return layouts(general, lines)


def _cheapest(costs: Array) -> str:
    return "".join(CHARACTERS[k] for k in costs.argmin(axis=1))


def _doubt_islands(layout: MrzFormat, tables: list[Array]) -> None:
    """Makes single characters amid fillers dear, in place.

    Data fill a field from the left; a lone K among fillers is a filler read badly, and no check digit can tell the
    two apart, because both count for zero.
    """
    for field in layout.fields:
        table = tables[field.span.line]
        start, end = field.span.start, field.span.end
        if field.alphabet not in {Alphabet.ANY, Alphabet.MOSTLY_DIGITS} or end - start < 3:
            continue
        filler = table[start:end].argmin(axis=1) == INDEX[FILLER]
        before, after = np.append(False, filler[:-1]), np.append(filler[1:], True)
        alone = np.flatnonzero(before & after & ~filler) + start
        others = np.arange(len(CHARACTERS)) != INDEX[FILLER]
        table[np.ix_(alone, others)] += _ISLAND


def _tables(layout: MrzFormat, evidence: tuple[LineEvidence | None, ...]) -> list[Array]:
    return [
        item.costs + line_prior(layout, k) if item else np.zeros((layout.lengths[k], len(CHARACTERS)))
        for k, item in enumerate(evidence)
    ]


def _prove(layout: MrzFormat, evidence: tuple[LineEvidence | None, ...]) -> _Candidate:
    tables = _tables(layout, evidence)
    _doubt_islands(layout, tables)
    codes = _settle_codes(layout, evidence)
    cost = sum(item.cost for item in evidence if item)
    for place, code in codes.items():
        block = tables[place[0]][place[1] : place[1] + len(code.text)]
        cost += max(0.0, code.cost - float(block.min(axis=1).sum()))
        # From here on, the code's characters stand unless check digits speak loudly against them.
        chosen = [INDEX[c] for c in code.text]
        rows = np.arange(len(chosen))
        block[rows, chosen] = np.minimum(block[rows, chosen], block.min(axis=1) - _CODE_STANDS)
    cost += special_layout_cost(layout, "".join(code.text for code in list(codes.values())[:2]))
    present = tuple(
        check for check in layout.checks if all(evidence[span.line] for span in (*check.covers, check.place))
    )
    if not present:
        return _Candidate(layout, evidence, tables, codes, None, cost)
    proof = prove(replace(layout, checks=present), tables)
    cheapest = sum(float(tables[line][k].min()) for line, k in proof.chosen)
    return _Candidate(layout, evidence, tables, codes, proof, cost + proof.cost - cheapest)


def _settle_codes(layout: MrzFormat, evidence: tuple[LineEvidence | None, ...]) -> dict[Place, Code]:
    """Document code, issuing state and nationality, chosen as whole codes, by the place where each begins."""
    issuing = None
    codes: dict[Place, Code] = {}
    for name in ("document_code", "issuing_state", "nationality"):
        field = layout.field(name)
        item = evidence[field.span.line] if field else None
        if field is None or item is None:
            continue
        costs = item.costs[field.span.start : field.span.end]
        if name == "document_code":
            code = best_code(costs, layout)
        else:
            code = best_state(costs, issuing, only=fixed_opening(layout)[2:] if name == "issuing_state" else "")
        codes[field.span.line, field.span.start] = code
        issuing = code.text if name == "issuing_state" else issuing
    return codes


def _read(candidate: _Candidate, agreement: tuple[Array, ...], today: date | None) -> MrzReading:
    layout, evidence, tables = candidate.layout, candidate.evidence, candidate.tables
    by_format = [_cheapest(table) if item else "" for table, item in zip(tables, evidence, strict=True)]
    lines, by_proof = _accept(candidate, by_format)
    proven = _format_proven(layout, lines, evidence)
    mrz = parse(lines if proven else _without_check_digits(layout, lines, evidence), layout, today=today)
    certainty = tuple(sure * agreed for sure, agreed in zip(_certainty(lines, candidate), agreement, strict=True))
    reported = tuple(
        _reported(line, item, proven) for line, item in zip(lines, evidence, strict=True) if item is not None
    )
    confidence = float(np.prod([c for row in certainty for c in row])) ** _CALIBRATION
    missing = sum(item is None for item in evidence)
    read = sum(len(item.text) for item in evidence if item)
    return MrzReading(
        mrz=mrz,
        lines=reported,
        raw_lines=tuple(item.text for item in evidence if item),
        repairs=_repairs(lines, evidence, by_proof, proven),
        confidence=confidence if proven and not missing else confidence / 2,
        proven=proven,
        score=NULL_COST * read - candidate.cost - MISSING_LINE * missing,
        layout=layout,
        evidence=evidence,
        certainty=certainty,
    )


def _accept(candidate: _Candidate, lines: list[str]) -> tuple[tuple[str, ...], set[Place]]:
    """Takes from the proof, check digit by check digit, the changes that it makes certain enough."""
    proof = candidate.proof
    if proof is None:
        return tuple(lines), set()
    changed: set[Place] = set()
    concluded = [list(line) for line in lines]
    owner = {place: name for place, name in _owners(candidate.layout).items() if place in proof.chosen}
    for group in dict.fromkeys(owner.values()):
        moves = [
            place for place, name in owner.items() if name == group and proof.chosen[place] != lines[place[0]][place[1]]
        ]
        needed = _ALONE if proof.unsatisfied - {group} else _TOGETHER
        sure = all(
            proof.posterior[place][INDEX[proof.chosen[place]]] >= needed and _seen(candidate, place) for place in moves
        )
        # Where most of a field is guesswork, its check digit can always be made to hold.
        whole = np.prod([proof.posterior[p][INDEX[proof.chosen[p]]] for p, name in owner.items() if name == group])
        if group in proof.unsatisfied or not sure or whole < _WHOLE_GROUP:
            continue
        for place in moves:
            concluded[place[0]][place[1]] = proof.chosen[place]
        changed.update(moves)
    return tuple("".join(line) for line in concluded), changed


def _seen(candidate: _Candidate, place: Place) -> bool:
    """Whether the character that the proof chose for a place resembles what was read there at all."""
    item = candidate.evidence[place[0]]
    if item is None or candidate.proof is None:
        return False
    costs = item.costs[place[1]]
    return float(costs[INDEX[candidate.proof.chosen[place]]] - costs.min()) < _RESEMBLES


def _owners(layout: MrzFormat) -> dict[Place, str]:
    """The check digit that speaks for each covered place: its own one, else the composite."""
    owner: dict[Place, str] = {}
    for check in sorted(layout.checks, key=lambda check: check.name == "composite"):
        for span in (*check.covers, check.place):
            for k in range(span.start, span.end):
                owner.setdefault((span.line, k), check.name)
    return owner


def _certainty(lines: tuple[str, ...], candidate: _Candidate) -> tuple[Array, ...]:
    """Per line the probability of each concluded character; those of a code multiply to the code's probability.

    A character that the format has no place for is at best even money, whatever check digits say.
    """
    whole = {
        (line, start + k): code.probability ** (1 / len(code.text))
        for (line, start), code in candidate.codes.items()
        for k in range(len(code.text))
    }
    posterior = candidate.proof.posterior if candidate.proof else {}
    result = []
    for line, (text, table) in enumerate(zip(lines, candidate.tables, strict=True)):
        odds = np.exp(-(table - table.min(axis=1, keepdims=True)))
        odds /= odds.sum(axis=1, keepdims=True)
        sure = [whole.get((line, k), float(posterior.get((line, k), odds[k])[INDEX[c]])) for k, c in enumerate(text)]
        fitting = [line_prior(candidate.layout, line)[k, INDEX[c]] < OUT_OF_PLACE for k, c in enumerate(text)]
        result.append(np.where(fitting, sure, np.minimum(sure, 0.5)))
    return tuple(result)


def _format_proven(layout: MrzFormat, lines: tuple[str, ...], evidence: tuple[LineEvidence | None, ...]) -> bool:
    """Whether check digits prove that the zone has this format, and with it the lengths of its lines.

    One check digit fits by chance in one of ten; two do not. The only one of a one-line licence counts where the line
    also has the right length and opens as a licence of a state that exists.
    """
    valid = sum(check.valid for check in verify(layout, lines))
    if len(layout.checks) > 1:
        return valid > 1
    whole = all(item is not None and all(item.read) and not item.dropped for item in evidence)
    return valid == 1 and whole and layout.opens_like(lines) and known_state(layout, lines)


def _without_check_digits(
    layout: MrzFormat, lines: tuple[str, ...], evidence: tuple[LineEvidence | None, ...]
) -> tuple[str, ...]:
    """The lines of a zone that nothing proves, with characters taken back from the places of check digits.

    Drawn documents leave check digits out. Where a character is missing right before a check digit that is wrong,
    what was taken for the check digit is the missing character.
    """
    shifted = [list(line) for line in lines]
    for check in layout.checks:
        line, place = check.place.line, check.place.start
        item = evidence[line]
        if item is None or place == 0 or check.holds(lines):
            continue
        if not item.read[place - 1] and item.read[place]:
            shifted[line][place - 1 : place + 1] = [lines[line][place], FILLER]
    return tuple("".join(line) for line in shifted)


def _reported(line: str, item: LineEvidence, proven: bool) -> str:
    """The line for the reader: of the format's length when that is proven, else of the length it was read with."""
    if proven:
        return line
    kept = [(place, 1, c) for place, (c, read) in enumerate(zip(line, item.read, strict=True)) if read]
    kept += [(place, 0, read) for place, read in item.dropped]
    return "".join(c for _, _, c in sorted(kept, key=lambda entry: entry[:2]))


def _repairs(
    lines: tuple[str, ...], evidence: tuple[LineEvidence | None, ...], by_proof: set[Place], proven: bool
) -> tuple[Repair, ...]:
    repairs = []
    for line, (text, item) in enumerate(zip(lines, evidence, strict=True)):
        if item is None:
            continue
        for place, (c, read) in enumerate(zip(text, item.read, strict=True)):
            if read == c:
                continue
            if not read:
                if proven:
                    repairs.append(Repair(line, place, "", c, Reason.LENGTH))
                continue
            reason = Reason.CHECK_DIGIT if (line, place) in by_proof else Reason.FORMAT
            repairs.append(Repair(line, place, read, c, reason))
        if proven:
            repairs.extend(Repair(line, place, read, "", Reason.LENGTH) for place, read in item.dropped)
    return tuple(repairs)
