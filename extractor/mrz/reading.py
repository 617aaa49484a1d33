"""The result of reading a machine-readable zone: what it says, how it was concluded, and how far it is proven."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from extractor.mrz.checkdigit import FILLER
from extractor.mrz.formats import CheckRule, MrzFormat
from extractor.mrz.lattice import UNKNOWN
from extractor.mrz.parse import Mrz

# A place counts as certain from this probability on. How often a field that is certain all over, and covered by a
# check digit that holds, is wrong after all, is measured in the tests (test_roundtrip).
CERTAIN = 0.9
# A check digit that does not hold is the document's fault if everything under it was read with this probability: of
# clear altered zones the least was 0.90, of blurred true ones that fail 95 % are below 0.7 (eval.zones).
_READ_SURELY = 0.8


class FieldProof(StrEnum):
    """What a field's characters rest on, strongest first."""

    #: The field's own check digit is right, and nothing under it was repaired.
    CHECK_DIGIT = "check digit"
    #: The field's own check digit is right after a repair: it took part in the repair, so it proves nothing.
    REPAIRED = "check digit, repaired"
    COMPOSITE = "composite"
    FORMAT = "format"
    NONE = "none"


class Reason(StrEnum):
    """Why a character was concluded that was not read."""

    CHECK_DIGIT = "by check digit"
    FORMAT = "by format"
    LENGTH = "by length"
    #: The visual zone prints this letter; see `names`.
    PRINTED = "by the visual zone"


@dataclass(frozen=True)
class Repair:
    """One change. `column` is the zero-based place in the concluded line; for a character that was dropped, the
    place before which it stood. `read` is empty for one that was put in, `concluded` for one that was dropped."""

    line: int
    column: int
    read: str
    concluded: str
    reason: Reason

    @property
    def is_lookalike(self) -> bool:
        """Whether the two characters differ in nothing but what a place may hold: O for 0 in a date."""
        return {self.read, self.concluded} in _LOOKALIKES


# Letters and digits that OCR-B prints almost alike, where the kind of place decides.
_LOOKALIKES = [set(pair) for pair in "O0 Q0 D0 I1 L1 Z2 S5 G6 B8".split()]


@dataclass(frozen=True)
class LineEvidence:
    """What was seen of one line, kept so that several looks at a zone can be put together (`vote`).

    costs: (L, 37) nats of each character in each place; read: the character read for each place, empty where one was
    put in; sure: (L,) the recogniser's own probability of each; dropped: (place, character) read but laid on no place;
    text: the line as read, free of any format.
    """

    costs: NDArray[np.float64]
    read: tuple[str, ...]
    sure: NDArray[np.float64]
    dropped: tuple[tuple[int, str], ...]
    text: str
    cost: float

    @property
    def is_bare(self) -> bool:
        """Whether this is a text without a recogniser's probabilities."""
        return bool(np.isin(self.sure, (0.0, UNKNOWN)).all())


@dataclass(frozen=True)
class MrzReading:
    """A machine-readable zone as read from a page.

    mrz: the fields, cut from lines of the format's full length (a line that was not found is empty).
    lines: the lines as concluded. Characters that only the format's length asks for are in them when check digits
        prove the format; otherwise a line keeps the length it was read with.
    raw_lines: the lines as read, free of any format.
    repairs: every difference between the two.
    line_boxes: per line the (4, 2) corners of the boxes it was read from, in page pixels.
    confidence: the estimated probability that every line is what is printed: the cube root of the product of the
        places' probabilities (recogniser, confusions, check digits), halved while a line is missing or check digits
        do not prove the format.
    proven: check digits prove the format, and so the lengths of the lines.
    score: how much better the zone explains its rows than ordinary text does, in nats.
    """

    mrz: Mrz
    lines: tuple[str, ...]
    raw_lines: tuple[str, ...]
    repairs: tuple[Repair, ...]
    confidence: float
    proven: bool
    line_boxes: tuple[tuple[NDArray[np.float64], ...], ...] = ()
    score: float = 0.0
    layout: MrzFormat = field(repr=False, kw_only=True)
    evidence: tuple[LineEvidence | None, ...] = field(repr=False, kw_only=True)
    certainty: tuple[NDArray[np.float64], ...] = field(repr=False, kw_only=True)

    @property
    def valid(self) -> bool:
        """Every check digit of the format was found and is right."""
        return self.mrz.valid

    def field_confidence(self, name: str) -> float:
        """Estimated probability (0 to 1) that the field called `name` in the format is what is printed.

        0 for a field that the format does not have or whose line was not found.
        """
        places = self._places(name)
        if not places:
            return 0.0
        product = float(np.prod([self.certainty[line][k] for line, k in places]))
        return product if self.proven else product / 2

    def field_proof(self, name: str) -> FieldProof:
        """What the field rests on: its own check digit, the composite only, the format's layout, or nothing."""
        places = self._places(name)
        if not places:
            return FieldProof.NONE
        valid = {check.name for check in self.mrz.check_digits if check.valid}
        certain = all(self.certainty[line][k] >= CERTAIN for line, k in places)
        for check in sorted(self.layout.checks, key=lambda check: check.name == "composite"):
            if check.name in valid and certain and check.covered.issuperset(places):
                if check.name == "composite":
                    return FieldProof.COMPOSITE
                return FieldProof.REPAIRED if self._repaired_under(check) else FieldProof.CHECK_DIGIT
        return FieldProof.FORMAT if self.proven else FieldProof.NONE

    def repairs_of(self, name: str) -> list[Repair]:
        """The repairs in the places of a field."""
        places = set(self._places(name))
        return [repair for repair in self.repairs if (repair.line, repair.column) in places]

    @property
    def unsure(self) -> frozenset[str]:
        """Check digits that do not hold as read, under which the print was too unclear to say so of the document."""
        wrong = {check.name for check in self.mrz.check_digits if not check.valid}
        unclear = (check.name for check in self.layout.checks if self._probability(check) < _READ_SURELY)
        return frozenset(name for name in unclear if name in wrong)

    def _probability(self, check: CheckRule) -> float:
        """The recogniser's probability that all that a check digit covers, and itself, is as read; 1 of a bare text,
        which says nothing of that."""
        probability = 1.0
        for line, place in {*check.covered, *check.place.places}:
            item = self.evidence[line]
            if item is None or not item.is_bare:
                probability *= float(item.sure[place]) if item else 0.0
        return probability

    @property
    def doubtful(self) -> dict[str, int]:
        """Check digits under which characters were repaired by more than their likeness, and how many."""
        counts: dict[str, int] = {}
        seen: set[Repair] = set()
        for check in sorted(self.layout.checks, key=lambda check: check.name == "composite"):
            found = [repair for repair in self._repaired_under(check) if repair not in seen]
            seen.update(found)
            if found:
                counts[check.name] = len(found)
        return counts

    def _repaired_under(self, check: CheckRule) -> list[Repair]:
        """Repairs of what a check digit covers, or of itself, that rest on the check digit and not on the picture."""
        under = check.covered | set(check.place.places)
        return [repair for repair in self.repairs if (repair.line, repair.column) in under and self._is_guess(repair)]

    @staticmethod
    def _is_guess(repair: Repair) -> bool:
        if repair.reason is Reason.LENGTH:
            return FILLER not in (repair.read, repair.concluded)
        return repair.reason is Reason.CHECK_DIGIT or not repair.is_lookalike

    def _places(self, name: str) -> list[tuple[int, int]]:
        names = {name}
        if name == "document_number":
            names.add("document_number_rest")
        if name in {"surname", "given_names"} and self.layout.field(name) is None:
            names.add("name")
        if name == "personal_number":
            names = {"optional_data_1"} if self.mrz.personal_number else set()
        if name == "issue_date":
            names = {"issue_month"}
        return [
            (item.span.line, k)
            for item in self.layout.fields
            if item.name in names and len(self.certainty[item.span.line])
            for k in range(item.span.start, item.span.end)
        ]
