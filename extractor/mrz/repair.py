"""From what is known about a zone's lines to the reading that explains it best, under one format.

Each line is laid on its places (`fit`), the check digits choose among what is left (`candidates`). Then two kinds of
change are distinguished:

- what the format forces: a letter in a date, a digit in a name or state, a filler lost or doubled;
- what check digits prove: accepted only where the recogniser itself was in doubt (a digit that is printed clearly and
  contradicts its check digit is how a forgery shows), when the proof's posterior probability is high, and higher still
  when another check digit of the zone is wrong, because then check digits do not mean much there (specimens).

Everything else stays as it was read, with less confidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from extractor.mrz.candidates import Lines, ZoneCandidate, agreement, cheapest, weigh
from extractor.mrz.checkdigit import FILLER, INDEX
from extractor.mrz.confusion import Array
from extractor.mrz.fit import LineFit
from extractor.mrz.formats import MrzFormat
from extractor.mrz.parse import parse, verify
from extractor.mrz.prior import OUT_OF_PLACE, fixed_opening, known_state, line_prior
from extractor.mrz.proof import Position
from extractor.mrz.reading import LineEvidence, MrzReading, Reason, Repair

# Posterior that a repair needs when all other check digits of the zone hold, and while another one is wrong.
_TOGETHER, _ALONE = 0.75, 0.985
# Probability that everything a check digit covers must have, repairs and the rest.
_WHOLE_GROUP = 0.3
# A repair must resemble what was read: be cheaper than an arbitrary confusion (nats).
_RESEMBLES = 9.0
# From this probability on the recogniser is sure of a character, and no check digit changes it. O and 0 it cannot tell
# apart, and says so of neither.
_SURE = 0.99
_NEVER_SURE = {"O", "0"}
# Doubts about the places of a zone have common causes, so their product is too pessimistic; fitted on specimens.
_CALIBRATION = 1 / 3
# What a line of ordinary text costs when it is taken for a line of a zone, per character read.
NULL_COST = 1.6
# A line of the format that was not found.
MISSING_LINE = 12.0
# That the documents are those of one state which has lines like those of all.
_UNOPENED = 3.0


def conclude(general: MrzFormat, fits: Sequence[LineFit | None], *, today: date | None = None) -> MrzReading | None:
    """The best reading of rows that were laid on the lines of a format (None: a line that was not found)."""
    if not any(fits):
        return None
    candidates = weigh(general, fits)
    return _read(candidates[0], agreement(candidates), today)


def _read(candidate: ZoneCandidate, agreed: tuple[Array, ...], today: date | None) -> MrzReading:
    layout, evidence, tables = candidate.layout, candidate.evidence, candidate.tables
    by_format = [cheapest(table) if item else "" for table, item in zip(tables, evidence, strict=True)]
    lines, by_proof = _accept(candidate, by_format)
    proven = _format_proven(layout, lines, evidence)
    mrz = parse(lines if proven else _without_check_digits(layout, lines, evidence), layout, today=today)
    certainty = tuple(sure * agrees for sure, agrees in zip(_certainty(lines, candidate), agreed, strict=True))
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
        score=NULL_COST * read - candidate.cost - MISSING_LINE * missing - _unopened_cost(layout, evidence),
        layout=layout,
        evidence=evidence,
        certainty=certainty,
    )


def _unopened_cost(layout: MrzFormat, evidence: Lines) -> float:
    """Nats for a layout of one state's documents where the line that would name the state was not found."""
    return _UNOPENED if evidence[0] is None and fixed_opening(layout) else 0.0


def _accept(candidate: ZoneCandidate, lines: list[str]) -> tuple[tuple[str, ...], set[Position]]:
    """Takes from the proof, check digit by check digit, the changes that it makes certain enough."""
    proof = candidate.proof
    if proof is None:
        return tuple(lines), set()
    changed: set[Position] = set()
    concluded = [list(line) for line in lines]
    owner = {place: name for place, name in _owners(candidate.layout).items() if place in proof.chosen}
    for group in dict.fromkeys(owner.values()):
        moves = [
            place for place, name in owner.items() if name == group and proof.chosen[place] != lines[place[0]][place[1]]
        ]
        needed = _ALONE if proof.unsatisfied - {group} else _TOGETHER
        sure = all(
            proof.posterior[place][INDEX[proof.chosen[place]]] >= needed
            and _seen(candidate, place)
            and _doubted(candidate, place)
            for place in moves
        )
        # Where most of a field is guesswork, its check digit can always be made to hold.
        whole = np.prod([proof.posterior[p][INDEX[proof.chosen[p]]] for p, name in owner.items() if name == group])
        if group in proof.unsatisfied or not sure or whole < _WHOLE_GROUP:
            continue
        for place in moves:
            concluded[place[0]][place[1]] = proof.chosen[place]
        changed.update(moves)
    return tuple("".join(line) for line in concluded), changed


def _seen(candidate: ZoneCandidate, place: Position) -> bool:
    """Whether the character that the proof chose for a place resembles what was read there at all."""
    item = candidate.evidence[place[0]]
    if item is None or candidate.proof is None:
        return False
    costs = item.costs[place[1]]
    return float(costs[INDEX[candidate.proof.chosen[place]]] - costs.min()) < _RESEMBLES


def _doubted(candidate: ZoneCandidate, place: Position) -> bool:
    """Whether the recogniser was in doubt about the character that the proof would change."""
    item = candidate.evidence[place[0]]
    if item is None or candidate.proof is None:
        return False
    return item.sure[place[1]] < _SURE or {item.read[place[1]], candidate.proof.chosen[place]} == _NEVER_SURE


def _owners(layout: MrzFormat) -> dict[Position, str]:
    """The check digit that decides each covered place: its own one, else the composite."""
    owner: dict[Position, str] = {}
    for check in sorted(layout.checks, key=lambda check: check.name == "composite"):
        for span in (*check.covers, check.place):
            for k in range(span.start, span.end):
                owner.setdefault((span.line, k), check.name)
    return owner


def _certainty(lines: tuple[str, ...], candidate: ZoneCandidate) -> tuple[Array, ...]:
    """Per line the probability of each concluded character; those of a code multiply to the code's probability.

    A character that the format has no place for has a probability of at most one half, whatever check digits say.
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


def _format_proven(layout: MrzFormat, lines: tuple[str, ...], evidence: Lines) -> bool:
    """Whether check digits prove that the zone has this format, and with it the lengths of its lines.

    One check digit fits by chance in one of ten; two do not. The only one of a one-line licence counts where the line
    also has the right length and opens as a licence of a state that exists.
    """
    valid = sum(check.valid for check in verify(layout, lines))
    if len(layout.checks) > 1:
        return valid > 1
    whole = all(item is not None and all(item.read) and not item.dropped for item in evidence)
    return valid == 1 and whole and layout.opens_like(lines) and known_state(layout, lines)


def _without_check_digits(layout: MrzFormat, lines: tuple[str, ...], evidence: Lines) -> tuple[str, ...]:
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


def _repairs(lines: tuple[str, ...], evidence: Lines, by_proof: set[Position], proven: bool) -> tuple[Repair, ...]:
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
