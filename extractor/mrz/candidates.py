"""The ways to read a zone under one format, weighed against each other.

A candidate is a choice of one alignment per line and of a layout (a document number may be long). Each is scored
with everything that is known at once: the recogniser's costs, the format's priors, codes of states that exist, and
the check digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from extractor.mrz.checkdigit import CHARACTERS, FILLER, INDEX
from extractor.mrz.confusion import Array
from extractor.mrz.fit import LineFit
from extractor.mrz.formats import Alphabet, MrzFormat, layouts
from extractor.mrz.lattice import UNKNOWN
from extractor.mrz.prior import ChosenCode, best_code, best_state, fixed_opening, line_prior, special_layout_cost
from extractor.mrz.proof import Position, Proof, prove
from extractor.mrz.reading import LineEvidence

Lines = tuple[LineEvidence | None, ...]

# Choices of one alignment per line that are weighed against each other; below this cost the first has no rivals.
_COMBINED, _FLAWLESS = 16, 1.0
# First letters of ICAO's document codes, and what taking one that was read well for another costs (nats).
_FIRST_LETTERS = frozenset("PVACI")
_OTHER_KIND = 25.0
# Extra cost (nats) of characters that would break up a code, and of a character that stands alone among fillers.
_CODE_STANDS, _ISLAND = 3.0, 7.0


@dataclass(frozen=True)
class ZoneCandidate:
    """One way to read the zone. `codes` by the place where each begins; `proof` is None without check digits."""

    layout: MrzFormat
    evidence: Lines
    tables: list[Array]  # per line (L, 37) nats, priors included
    codes: dict[Position, ChosenCode]
    proof: Proof | None
    cost: float

    def lines(self) -> list[str]:
        """The likeliest lines, check digits taken at their word."""
        lines = [list(cheapest(table)) if item else [] for table, item in zip(self.tables, self.evidence, strict=True)]
        for (line, place), character in (self.proof.chosen if self.proof else {}).items():
            lines[line][place] = character
        return ["".join(line) for line in lines]


def weigh(general: MrzFormat, fits: Sequence[LineFit | None]) -> list[ZoneCandidate]:
    """Every candidate for rows laid on the lines of a format (None: a line that was not found), the best one first."""
    candidates: list[ZoneCandidate] = []
    for evidence in _combinations(general, fits):
        candidates.extend(_prove(layout, evidence) for layout in _layouts(general, evidence))
        best = min(candidates, key=lambda candidate: candidate.cost)
        if best.proof and not best.proof.unsatisfied and best.cost < _FLAWLESS:
            break
    return sorted(candidates, key=lambda candidate: candidate.cost)


def agreement(candidates: Sequence[ZoneCandidate]) -> tuple[Array, ...]:
    """Per line and place the probability that the first candidate is right about how columns lie on places.

    Its rivals (other alignments, another length of the document number) count with their likelihoods, where they
    want another character.
    """
    best = candidates[0]
    lines = best.lines()
    agreed = [np.zeros(len(line)) for line in lines]
    total = 0.0
    for candidate in candidates:
        weight = float(np.exp(best.cost - candidate.cost))
        total += weight
        for line, (ours, theirs) in enumerate(zip(lines, candidate.lines(), strict=True)):
            agreed[line] += [weight * (a == b) for a, b in zip(ours, theirs, strict=True)]
    return tuple(row / total for row in agreed)


def _combinations(general: MrzFormat, fits: Sequence[LineFit | None]) -> list[Lines]:
    """Choices of one alignment per line, cheapest first; rivals only where a check digit can tell them apart."""
    checked = {span.line for check in general.checks for span in (check.place, *check.covers)}
    options = [
        (None,) if fit is None else fit.evidence if line in checked else fit.evidence[:1]
        for line, fit in enumerate(fits)
    ]
    choices = sorted(product(*options), key=lambda chosen: sum(item.cost for item in chosen if item))
    return choices[:_COMBINED]


def _layouts(general: MrzFormat, evidence: Lines) -> tuple[MrzFormat, ...]:
    lines = tuple(cheapest(item.costs + line_prior(general, k)) if item else "" for k, item in enumerate(evidence))
    return layouts(general, lines)


def cheapest(costs: Array) -> str:
    """The cheapest character of each place of a line; costs (L, 37)."""
    return "".join(CHARACTERS[k] for k in costs.argmin(axis=1))


def _doubt_islands(layout: MrzFormat, tables: list[Array]) -> None:
    """Adds a cost to single characters amid fillers, in place.

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


def _tables(layout: MrzFormat, evidence: Lines) -> list[Array]:
    return [
        item.costs + line_prior(layout, k) if item else np.zeros((layout.lengths[k], len(CHARACTERS)))
        for k, item in enumerate(evidence)
    ]


def _prove(layout: MrzFormat, evidence: Lines) -> ZoneCandidate:
    tables = _tables(layout, evidence)
    _doubt_islands(layout, tables)
    codes = _settle_codes(layout, evidence)
    cost = sum(item.cost for item in evidence if item)
    for place, code in codes.items():
        block = tables[place[0]][place[1] : place[1] + len(code.text)]
        cost += max(0.0, code.cost - float(block.min(axis=1).sum()))
        # From here on, only strong evidence of check digits changes the code's characters.
        chosen = [INDEX[c] for c in code.text]
        rows = np.arange(len(chosen))
        block[rows, chosen] = np.minimum(block[rows, chosen], block.min(axis=1) - _CODE_STANDS)
    cost += _other_first_letter(layout, evidence)
    cost += special_layout_cost(layout, "".join(code.text for code in list(codes.values())[:2]))
    present = tuple(
        check for check in layout.checks if all(evidence[span.line] for span in (*check.covers, check.place))
    )
    if not present:
        return ZoneCandidate(layout, evidence, tables, codes, None, cost)
    proof = prove(replace(layout, checks=present), tables)
    # What the covered places cost at least is in the lines' cost already.
    counted = sum(float(tables[line][k].min()) for line, k in proof.chosen)
    return ZoneCandidate(layout, evidence, tables, codes, proof, cost + proof.cost - counted)


def _other_first_letter(layout: MrzFormat, evidence: Lines) -> float:
    """Nats for a document code whose first letter was read well and belongs to another kind of document.

    P, V, and A, C or I tell passports, visas and cards apart (Doc 9303-4, 9303-7, 9303-5). Wrong check digits together
    would outweigh one letter, and turn a forged passport into a visa, which has fewer of them.
    """
    field = layout.field("document_code")
    item = evidence[field.span.line] if field else None
    if field is None or item is None:
        return 0.0
    read, sure = item.read[field.span.start], item.sure[field.span.start]
    own = {opening[0] for opening in layout.openings}
    return _OTHER_KIND if read in _FIRST_LETTERS - own and sure >= UNKNOWN else 0.0


def _settle_codes(layout: MrzFormat, evidence: Lines) -> dict[Position, ChosenCode]:
    """Document code, issuing state and nationality, chosen as whole codes, by the place where each begins."""
    issuing = ""
    codes: dict[str, tuple[Position, ChosenCode]] = {}
    # Which codes a document may have, and which nationality is likely, depends on the state.
    for name in ("issuing_state", "document_code", "nationality"):
        field = layout.field(name)
        item = evidence[field.span.line] if field else None
        if field is None or item is None:
            continue
        costs = item.costs[field.span.start : field.span.end]
        if name == "document_code":
            code = best_code(costs, layout, issuing)
        else:
            code = best_state(costs, issuing, only=fixed_opening(layout)[2:] if name == "issuing_state" else "")
        codes[name] = (field.span.line, field.span.start), code
        issuing = code.text if name == "issuing_state" else issuing
    return dict(codes[name] for name in ("document_code", "issuing_state", "nationality") if name in codes)
