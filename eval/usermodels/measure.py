"""One document read with its built-in schema and with users' models, over the same reading of its pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from iso3166 import countries_by_alpha2
from pydantic_core import to_jsonable_python

from eval.scoring.metrics import nearest_label, score_field
from eval.usermodels.listed import UserModel
from extractor.errors import ExtractorError
from extractor.extraction import Extraction
from extractor.labels.format import Specimen
from extractor.pipeline import Prepared, conclude, prepare, prepare_again
from extractor.schemas import SCHEMAS
from extractor.schemas.forms import part_of
from extractor.schemas.plan import plan_of
from extractor.schemas.sexes import sex_of_word
from extractor.schemas.text import squash
from extractor.schemas.vocabulary import VOCABULARY, Kind

#: Parts that are numbers of a date.
_NUMBERS = frozenset({"year", "month", "day"})


@dataclass(frozen=True)
class Asked:
    """One field of a user's model on a document that prints it: whether the built-in schema got it right, whether the
    model was given any value, and whether that is right."""

    model: str
    path: str
    built_in: bool
    filled: bool
    right: bool


def measure(specimen: Specimen, models: Sequence[UserModel], today: date | None = None) -> list[Asked]:
    """Every field of every model that is for such a document and is printed on this one. Raises what `extract` does
    for a picture that cannot be read."""
    prepared = prepare(specimen.path, SCHEMAS[specimen.schema], today=today)
    known = _values(conclude(prepared))
    fitting = (model for model in models if specimen.schema in model.documents)
    return [asked for model in fitting for asked in _asked(specimen, prepared, model, known)]


def _asked(specimen: Specimen, prepared: Prepared, model: UserModel, known: Mapping[str, Any]) -> Iterator[Asked]:
    try:
        values = _values(conclude(prepare_again(prepared, model.schema)))
    except ExtractorError:
        values = {}
    for path, field, part in model.fields():
        if _is_printed(specimen, field, part):
            own = _at(values, path)
            right = _is_right(specimen, field, part, own)
            yield Asked(model.title, path, _is_known(specimen, field, part, known), bool(_text(own)), right)


def _values(result: Extraction[Any]) -> Any:
    """What a result holds, by the names of the schema; without a document what was read for one."""
    if result.document is None:
        return result.values
    if hasattr(result.document, "_asdict"):  # a named tuple, which is dumped without its names
        return to_jsonable_python(result.document._asdict())
    return plan_of(result.schema).adapter.dump_python(result.document, mode="json")


def _at(values: Any, path: str) -> Any:
    for step in path.split("."):
        if isinstance(values, list | tuple):
            values = values[int(step)] if step.isdigit() and int(step) < len(values) else None
        else:
            values = values.get(step) if isinstance(values, Mapping) else None
    return values


def _is_printed(specimen: Specimen, field: str, part: str) -> bool:
    if part == "full":
        return any(specimen.fields.get(one) for one in ("name", "surname", "given_names"))
    value = specimen.fields.get(field)
    return value not in (None, False, [], "") and (part not in _NUMBERS or part_of(value, part) is not None)


def _is_known(specimen: Specimen, field: str, part: str, known: Mapping[str, Any]) -> bool:
    """Whether the built-in schema's values hold what is asked for."""
    if part != "full":
        return _is_right(specimen, field, part, part_of(known.get(field), part or None))
    names = [known.get("name"), _joined(known.get("given_names"), known.get("surname"))]
    return any(_is_right(specimen, field, part, name) for name in names)


def _is_right(specimen: Specimen, field: str, part: str, own: Any) -> bool:
    """Whether a value of any type means what the label says."""
    label, others = specimen.fields.get(field), specimen.alternatives.get(field, ())
    if part == "full":
        given, surname = specimen.fields.get("given_names"), specimen.fields.get("surname")
        names = (label, *others, _joined(given, surname))
        return bool(own) and any(_name(name) == _name(_text(own)) for name in names if name)
    if part in _NUMBERS:
        text = _text(own)
        return text.isdigit() and any(int(part_of(one, part) or 0) == int(text) for one in (label, *others))
    kind, value = VOCABULARY[field].kind, _plain(VOCABULARY[field].kind, own)
    if part:
        label, others = [part_of(label, part)], ()
    return score_field(kind, nearest_label(kind, label, others, value), value).exact


def _plain(kind: Kind, own: Any) -> Any:
    """A user's value as the vocabulary writes it, so far as its type changes how it is written."""
    match kind:
        case Kind.LIST:
            return own
        case Kind.MRZ:
            return own.splitlines() if isinstance(own, str) else own
        case Kind.SEX:
            return sex_of_word(_text(own)) or own
        case Kind.DATE:
            return _text(own)[:10] or None
        case Kind.STATE if country := countries_by_alpha2.get(_text(own)):
            return country.alpha3
    return _text(own) or None


def _text(own: Any) -> str:
    """Every text inside a value, in order."""
    if isinstance(own, Mapping):
        return " ".join(filter(None, map(_text, own.values())))
    if isinstance(own, list | tuple | set):
        return " ".join(filter(None, map(_text, own)))
    return "" if own is None else str(own)


def _joined(*names: Any) -> str:
    return " ".join(str(name) for name in names if name)


def _name(text: str) -> str:
    """A name whatever the order of its words."""
    return "".join(sorted(squash(text)))
