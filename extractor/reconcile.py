"""Several sources, one value and a verdict for each field.

The rules, in order: a value that a check digit proves is right unless the visual zone clearly prints another one; of
two sources that agree the printed form is given, since the MRZ has no diacritics; of two that contradict each other
the printed one is given if it was read surely, else the MRZ's, and both are kept. A model's value is weighed last,
against what the document itself says (`with_model`). Nothing is ever made up: a field without a source is null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from math import exp, log
from typing import Any

from extractor.building import build
from extractor.extraction import FieldEvidence, ReadingWarning, Source, SourceKind, Verdict
from extractor.mrz import agreement
from extractor.mrz.dates import is_same_day
from extractor.schemas import IdentityDocument, field_specs
from extractor.schemas.plan import plan_of
from extractor.schemas.states import same_state
from extractor.schemas.text import plain_number, restore_capitals, scripts, squash
from extractor.schemas.vocabulary import Kind

#: A visual value needs this confidence to stand against an MRZ value that check digits prove, and that they do not.
_AGAINST_PROOF, _AGAINST_MRZ = 0.72, 0.4
#: Similarity (rapidfuzz ratio) from which two numbers are one, misread by one of its readers.
_SAME_NUMBER = 75
#: A visual value, or one of a model's that is not on the page, below this is too weak to be called a contradiction.
_NEGLIGIBLE = 0.3
#: Letters that a name of another script and its romanisation have in common at least, as states romanise differently;
#: and a name in Latin letters and the MRZ's, for which they are one name with letters that differ.
_ROMANISED, _NEARLY_A_NAME = 0.75, 0.75
#: The zone's type is made for being read: from this confidence on its letters stand against print.
_SURE_OF_LETTERS = 0.9
#: Characters of a document number that a zone has room for.
_ROOM_OF_NUMBERS = 9
#: A visual value that is less sure than this (0.4 as line recognition says it) was read poorly.
_POOR = 0.46
#: Log-odds of being right are slope * log-odds of what line recognition says + offset: (slope, offset) of a value that
#: only the visual zone gives, and of a name that the MRZ spells too, whose diacritics and spaces it cannot confirm.
#: Fitted on the frozen set as the layout reader reads it: `python -m eval.recalibration`.
_PRINTED_ALONE, _AGREED_NAME = (0.69, 0.12), (0.5, -0.5)
#: Confidence below which a value is rather wrong than right.
_EVEN = 0.5
#: How much a model's agreement counts beside an independent source's: it has seen the same page, and its OCR text.
_SECOND_LOOK = 0.5
#: Confidence in a model's value that nothing else speaks for: at most, and where it stands nowhere on the document.
_MODEL_ALONE, _UNSUPPORTED = 0.9, 0.2


def same(kind: Kind, a: Any, b: Any) -> bool:
    """Whether two values of one kind mean the same: punctuation, case and diacritics aside."""
    if a is None or b is None:
        return a is b
    if kind is Kind.STATE:
        return same_state(str(a), str(b))
    if kind is Kind.DATE:
        # Of reduced precision (1988) and full (1988-05-01) dates the shorter must begin the longer.
        return str(a).startswith(str(b)) or str(b).startswith(str(a))
    if isinstance(a, list) or isinstance(b, list):
        return a == b
    return squash(str(a)) == squash(str(b))


def _agree(kind: Kind, mrz: Any, printed: Any) -> bool:
    """Whether a printed value can be what the MRZ writes."""
    if kind is Kind.NAME:
        needed = 1.0 if "LATIN" in scripts(str(printed)) else _ROMANISED
        return any(agreement(str(mrz), str(printed), truncated=cut) >= needed for cut in (False, True))
    return same(kind, mrz, printed)


def _is_beyond_comparing(mrz: str, printed: str) -> bool:
    """Whether a name is printed in a script of which nothing says how a zone writes it."""
    return "LATIN" not in scripts(printed) and agreement(mrz, printed) == 0.0


def _other_century(kind: Kind, mrz: Source, printed: Source) -> bool:
    """Whether a printed date is the MRZ's, which has no room for the century: the printed year decides."""
    return kind is Kind.DATE and is_same_day(mrz.text, str(printed.value))


def reconcile_field(kind: Kind, sources: Sequence[Source]) -> FieldEvidence:
    """The value that `sources` give together, with its verdict and confidence."""
    if kind is Kind.NAME:
        sources = [_with_capitals(source) for source in sources]
    elif kind in (Kind.NUMBER, Kind.CODE):
        sources = [_with_plain_digits(source) for source in sources]
    evidence = _calibrated(kind, _of_the_document(kind, sources))
    model = _best(sources, SourceKind.MODEL)
    return _likely(with_model(kind, evidence, model) if model else evidence)


def _likely(evidence: FieldEvidence) -> FieldEvidence:
    """The evidence without a value that only the visual zone gives, if it is rather wrong than right."""
    kinds = {source.kind for source in evidence.sources if source.value is not None}
    if evidence.verdict is not Verdict.SINGLE or kinds != {SourceKind.VISUAL} or evidence.confidence >= _EVEN:
        return evidence
    note = "what is printed here was read too poorly to be given"
    return FieldEvidence(None, Verdict.ABSENT, 1 - evidence.confidence, evidence.sources, note=note)


def _with_capitals(source: Source) -> Source:
    """A printed name without the small letters that a reader put inside words of capitals."""
    if source.kind is not SourceKind.VISUAL or not isinstance(source.value, str):
        return source
    return replace(source, value=restore_capitals(source.value))


def _with_plain_digits(source: Source) -> Source:
    """A number as every program compares it, in the digits 0-9; `text` keeps those of the script that is printed."""
    return replace(source, value=plain_number(source.value)) if isinstance(source.value, str) else source


def _of_the_document(kind: Kind, sources: Sequence[Source]) -> FieldEvidence:
    """What the document's own sources give, a model's aside."""
    mrz = _best(sources, SourceKind.MRZ)
    printed = _printed(sources, kind)
    derived = _best(sources, SourceKind.DERIVED)
    if mrz is None and printed is None:
        return _alone(derived, sources)
    if mrz is None or printed is None:
        return _alone(mrz or printed, sources)
    if mrz.value is None and not _other_century(kind, mrz, printed):
        note = "what the MRZ has in this place is no date"
        return FieldEvidence(printed.value, Verdict.CONFLICT, printed.confidence, tuple(sources), printed.box, note)
    if _agree(kind, mrz.value, printed.value) or _other_century(kind, mrz, printed):
        verdict = Verdict.VERIFIED if mrz.proven or printed.proven else Verdict.AGREE
        confidence = 1 - (1 - mrz.confidence) * (1 - printed.confidence)
        value = mrz.value if kind in (Kind.STATE, Kind.CODE) else printed.value
        if kind is Kind.DATE and mrz.value and len(str(mrz.value)) > len(str(printed.value)):
            value = mrz.value
        return FieldEvidence(value, verdict, max(confidence, 0.9), tuple(sources), printed.box or mrz.box)
    if kind is Kind.NAME and _is_beyond_comparing(str(mrz.value), str(printed.value)):
        return replace(_alone(printed, sources), note="the MRZ has no letters of the script in which this is printed")
    return _conflict(kind, mrz, printed, sources)


def _calibrated(kind: Kind, evidence: FieldEvidence) -> FieldEvidence:
    """The evidence with a confidence that says how often such values are right."""
    kinds = {source.kind for source in evidence.sources if source.value is not None} - {SourceKind.MODEL}
    printed = _best(evidence.sources, SourceKind.VISUAL)
    if printed is None:
        return evidence
    if evidence.verdict is Verdict.SINGLE and kinds == {SourceKind.VISUAL}:
        return replace(evidence, confidence=_scaled(printed.confidence, *_PRINTED_ALONE))
    if evidence.verdict is Verdict.AGREE and kind is Kind.NAME:
        return replace(evidence, confidence=_scaled(printed.confidence, *_AGREED_NAME))
    return evidence


def _scaled(said: float, slope: float, offset: float) -> float:
    kept = min(max(said, 1e-4), 1 - 1e-4)
    return 1 / (1 + exp(-(slope * log(kept / (1 - kept)) + offset)))


def _printed(sources: Sequence[Source], kind: Kind) -> Source | None:
    """What the card prints: the barcode, which corrects its own errors, in the visual zone's form if they agree."""
    barcode, visual = _best(sources, SourceKind.BARCODE), _best(sources, SourceKind.VISUAL)
    if barcode is None or visual is None:
        return barcode or visual
    return replace(visual, proven=True, confidence=0.99) if same(kind, barcode.value, visual.value) else barcode


def _best(sources: Sequence[Source], kind: SourceKind) -> Source | None:
    return max(
        (source for source in sources if source.kind is kind), key=lambda source: source.confidence, default=None
    )


def _alone(source: Source | None, sources: Sequence[Source]) -> FieldEvidence:
    if source is None or source.value is None:
        return FieldEvidence(None, Verdict.ABSENT, 0.9, tuple(sources))
    verdict = Verdict.VERIFIED if source.proven else Verdict.SINGLE
    return FieldEvidence(source.value, verdict, source.confidence, tuple(sources), source.box)


def _conflict(kind: Kind, mrz: Source, printed: Source, sources: Sequence[Source]) -> FieldEvidence:
    needed = _AGAINST_PROOF if mrz.proven else _AGAINST_MRZ
    if mrz.proven and _is_misread(kind, mrz.value, printed.value):
        note = "check digits prove the MRZ's value; the printed one differs in a few characters"
        return FieldEvidence(mrz.value, Verdict.CONFLICT, 0.8 * mrz.confidence, tuple(sources), mrz.box, note)
    if kind is Kind.NAME and agreement(str(mrz.value), str(printed.value)) >= _NEARLY_A_NAME:
        given = mrz if mrz.confidence >= _SURE_OF_LETTERS else printed
        note = "the printed name and the MRZ's differ in a few letters that were read clearly"
        return FieldEvidence(given.value, Verdict.CONFLICT, 0.8 * given.confidence, tuple(sources), given.box, note)
    if printed.confidence < min(_NEGLIGIBLE, mrz.confidence):
        note = "the printed value was read too poorly to contradict the MRZ"
        verdict = Verdict.VERIFIED if mrz.proven else Verdict.SINGLE
        return FieldEvidence(mrz.value, verdict, mrz.confidence, tuple(sources), mrz.box, note)
    if printed.confidence >= needed:
        note = "the printed value was read surely; the MRZ says something else"
        confidence = 0.5 if mrz.proven else 0.8
        return FieldEvidence(
            printed.value, Verdict.CONFLICT, confidence * printed.confidence, tuple(sources), printed.box, note
        )
    note = "check digits prove the MRZ's value" if mrz.proven else "the printed value was read poorly"
    confidence = mrz.confidence * (0.9 if mrz.proven else 0.6)
    return FieldEvidence(mrz.value, Verdict.CONFLICT, confidence, tuple(sources), mrz.box, note)


def _cut(mrz: Any, printed: Any) -> bool:
    """Whether the zone has the first characters of a printed number for which it has no room (Doc 9303-3, 4.9.1)."""
    own, whole = squash(str(mrz)), squash(str(printed))
    one = whole.isdigit() or " " not in str(printed)  # else a word may stand beside it
    return len(own) == _ROOM_OF_NUMBERS < len(whole) and whole.startswith(own) and one


def _is_misread(kind: Kind, mrz: Any, printed: Any) -> bool:
    """Whether a printed value is likely the MRZ's, misread: a number but for a few characters, a date but for a digit.
    Dates that differ in more are more often others: what a printer's sample has in its zone."""
    from rapidfuzz import fuzz

    own, read = squash(str(mrz)), squash(str(printed))
    if kind is Kind.DATE:
        return len(own) == len(read) and sum(a != b for a, b in zip(own, read, strict=True)) == 1
    return kind is Kind.NUMBER and fuzz.ratio(own, read) >= _SAME_NUMBER and not _cut(mrz, printed)


def with_model(kind: Kind, evidence: FieldEvidence, model: Source) -> FieldEvidence:
    """The document's own evidence for a field, together with what a model read.

    A model that says the same makes a value surer; where two of the document's sources contradict each other and no
    check digit decides, it decides. One that says something else contradicts a value that rests on a single source;
    the document's value is given, but for one that was read poorly against a model's that stands on the page. Values
    that check digits prove, or that two sources agree on, stand. Where the document's own sources are silent, the
    model's value is all there is: supported by the page's text, or UNSUPPORTED.
    """
    if model.value is None:
        return evidence
    if evidence.value is None:
        return _model_alone(evidence, model)
    if _equal(kind, evidence.value, model.value, cut=_is_only_in_mrz(evidence)):
        confidence = 1 - (1 - evidence.confidence) * (1 - _SECOND_LOOK * model.confidence)
        agreed = Verdict.AGREE if evidence.verdict is Verdict.SINGLE else evidence.verdict
        return replace(evidence, verdict=agreed, confidence=confidence)
    if evidence.verdict is Verdict.CONFLICT:
        return _decided(kind, evidence, model)
    if evidence.verdict in (Verdict.VERIFIED, Verdict.AGREE):
        return replace(evidence, note="the model reads something else; the document's own sources stand")
    if model.supported and _continues(kind, evidence.value, model.value):
        confidence = max(evidence.confidence, _SECOND_LOOK * model.confidence)
        note = "the model reads more of it, which stands on the page"
        return replace(evidence, value=model.value, verdict=Verdict.AGREE, confidence=confidence, note=note)
    if model.supported and evidence.confidence < min(_POOR, model.confidence):
        note = "the model's value stands on the page; the other was read poorly"
        confidence = _SECOND_LOOK * model.confidence
        return replace(
            evidence, value=model.value, verdict=Verdict.CONFLICT, confidence=confidence, box=model.box, note=note
        )
    if not model.supported and model.confidence < _NEGLIGIBLE:
        return replace(evidence, note="the model reads something else, too unsurely to contradict")
    note = "the model reads something else" + ("" if model.supported else ", which stands nowhere on the page")
    return replace(evidence, verdict=Verdict.CONFLICT, confidence=0.8 * evidence.confidence, note=note)


def _model_alone(evidence: FieldEvidence, model: Source) -> FieldEvidence:
    if model.supported:
        confidence = min(_MODEL_ALONE, model.confidence)
        return replace(evidence, value=model.value, verdict=Verdict.SINGLE, confidence=confidence, box=model.box)
    note = "a model's value that stands nowhere on the page"
    confidence = _UNSUPPORTED * model.confidence
    return replace(evidence, value=model.value, verdict=Verdict.UNSUPPORTED, confidence=confidence, note=note)


def _decided(kind: Kind, evidence: FieldEvidence, model: Source) -> FieldEvidence:
    """A contradiction between the document's own sources, in which the model sides with the one not given."""
    if any(source.proven for source in evidence.sources):
        return evidence
    own = [source for source in evidence.sources if source.kind is not SourceKind.MODEL]
    backing = [one for one in own if _equal(kind, one.value, model.value, cut=one.kind is SourceKind.MRZ)]
    if not backing:
        return evidence
    backed = max(backing, key=lambda source: source.confidence)
    note = "sources contradict each other; the model reads this one"
    return replace(evidence, value=backed.value, confidence=max(evidence.confidence, 0.6), box=backed.box, note=note)


def _equal(kind: Kind, own: Any, model: Any, *, cut: bool) -> bool:
    """Whether a model's value is the document's, in the printed form or in the MRZ's, which may have been `cut`."""
    if same(kind, own, model) or kind is not Kind.NAME or own is None:
        return same(kind, own, model)
    if cut and agreement(str(own), str(model), truncated=True) == 1.0:
        return True
    return agreement(str(own), str(model)) == 1.0 or agreement(str(model), str(own)) == 1.0


def _is_only_in_mrz(evidence: FieldEvidence) -> bool:
    """Whether a value stands in the MRZ alone, which has no room for long names."""
    return {source.kind for source in evidence.sources if source.kind is not SourceKind.MODEL} == {SourceKind.MRZ}


def _continues(kind: Kind, own: Any, model: Any) -> bool:
    """Whether a model's text goes on where the document's own was cut short, as an address at the end of a line."""
    return kind in (Kind.ADDRESS, Kind.TEXT) and bool(squash(str(own))) and squash(str(own)) in squash(str(model))


def reconcile(
    schema: Any,
    sources: Mapping[str, Sequence[Source]],
    *,
    keep_unsupported: bool = False,
    kind: str | None = None,
    today: date | None = None,
    classes: Sequence[Any] = (),
) -> tuple[Any, Any, dict[str, FieldEvidence], list[ReadingWarning]]:
    """The validated document (None if a required field is missing), its values, their evidence, and warnings.

    `sources` are by the names of the schema's flat form (`Plan.reading`), fields and warnings by the schema's own. A
    model's value that stands nowhere on the page stays with its source and is null otherwise, unless it is asked for.
    `kind` is the kind of document where it is known, `today` the day of reading, `classes` the rows
    of a licence's table.
    """
    plan = plan_of(schema)
    specs = field_specs(plan.reading)
    read = {name: reconcile_field(spec.kind, sources.get(name, ())) for name, spec in specs.items()}
    if not keep_unsupported:
        read = {n: replace(one, value=None) if one.verdict is Verdict.UNSUPPORTED else one for n, one in read.items()}
    built = build(plan, read, kind=kind, today=today, classes=classes)
    verdicts = {key: read[name] for name, key in plan.keys.items() if name in read}
    warnings = [
        ReadingWarning("conflict", f"sources contradict each other about {key}; {one.note}", key)
        for key, one in verdicts.items()
        if one.verdict is Verdict.CONFLICT
    ]
    warnings += [
        ReadingWarning("unsupported", f"what the model reads for {key} stands nowhere on the document", key)
        for key, one in verdicts.items()
        if one.verdict is Verdict.UNSUPPORTED
    ]
    warnings += built.warnings
    fields = built.fields
    if isinstance(built.document, IdentityDocument):
        fields = _checked(built.document, fields, warnings)
    return built.document, built.values, fields, warnings


def _checked(
    document: IdentityDocument, fields: Mapping[str, FieldEvidence], warnings: list[ReadingWarning]
) -> dict[str, FieldEvidence]:
    """Applies the schema's own rules: a checksum that holds verifies its field, a rule that fails is a warning."""
    result = dict(fields)
    for check in document.checks():
        if check.passed is False:
            warnings.append(ReadingWarning("check_failed", f"{check.code}: {check.message}", check.fields[0]))
            for name in check.fields:
                result[name] = replace(result[name], confidence=min(result[name].confidence, 0.6))
        elif check.passed and check.code.endswith("_checksum"):
            name = check.fields[0]
            evidence = result[name]
            if evidence.verdict is not Verdict.CONFLICT:
                result[name] = replace(evidence, verdict=Verdict.VERIFIED, confidence=max(evidence.confidence, 0.97))
    return result
