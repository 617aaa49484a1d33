"""An answer that nobody held to a grammar: its JSON, checked against the schema, each value with its probability.

A server that keeps to the schema sends exactly what the native engine writes. One that ignores it sends prose, fences,
other keys, other types; what does not fit is named field by field, in words that hold no value, so that the model can
be asked again and the words can stand in an error.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import Any

from pydantic_core import SchemaError as PatternError
from pydantic_core import SchemaValidator, core_schema

from extractor.decoding.answer import FieldReading
from extractor.decoding.spans import Spans

#: Confidence in a value of whose tokens nothing is known: as often right as wrong.
UNKNOWN = 0.5
#: Faults that are named; a model that is asked again needs no longer list.
_NAMED = 8
_FENCE = re.compile(r"```(?:json)?\s*(\{.*\})\s*```", re.DOTALL)
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "object": (dict,),
    "array": (list,),
    "boolean": (bool,),
    "null": (type(None),),
}


class NotAnswerError(ValueError):
    """A text that holds no answer; its message is what is wrong, without a word of the text."""


@dataclass(frozen=True)
class Parsed:
    """An answer's readings, by field; `faults` say what of it does not fit the schema. Fields at fault are null, and
    `usable` says how many are not."""

    fields: Mapping[str, FieldReading]
    faults: tuple[str, ...] = ()
    usable: int = 0


def parse(text: str, schema: Mapping[str, Any], tokens: Sequence[tuple[bytes, float]] = ()) -> Parsed:
    """Reads an answer for `schema` (a JSON Schema as `extractor.decoding.form` makes it).

    `tokens` are the bytes and the log probability of each token of the text, where the server gives them. Raises
    NotAnswerError for a text that is no JSON object.
    """
    body, start = _json_part(text)
    pairs = _pairs(body)
    spans = Spans()
    spans.feed(body.encode("utf-8", "surrogatepass"))
    probabilities = _probabilities(text, tokens)
    offset = len(text[:start].encode("utf-8", "surrogatepass"))
    places = {name: index for index, (name, _) in enumerate(pairs)}
    values = dict(pairs)
    definitions = schema.get("$defs", {})
    strange = [name for name in values if name not in schema["properties"]]
    # Such a key may hold anything, also what stands on the page.
    faults = [f"{len(strange)} keys are not the schema's"] if strange else []
    fields: dict[str, FieldReading] = {}
    usable = 0
    for name, node in schema["properties"].items():
        if name not in values:
            faults.append(f"{name} is missing")
            fields[name] = FieldReading(None, 0.0)
            continue
        value = None if values[name] in ("", []) else values[name]  # ways to say null where nobody forbids them
        fault = misfit(value, node, definitions)
        if fault:
            faults.append(f"{name} {fault}")
            fields[name] = FieldReading(None, 0.0)
            continue
        usable += 1
        chosen = _of_value(spans, places[name], offset, probabilities)
        fields[name] = FieldReading(value, min(chosen, default=UNKNOWN if probabilities is None else 1.0))
    return Parsed(fields, tuple(faults), usable)


def describe(faults: Sequence[str]) -> str:
    """The first faults in one line."""
    more = len(faults) - _NAMED
    return "; ".join(faults[:_NAMED]) + (f"; and {more} more" if more > 0 else "")


def _json_part(text: str) -> tuple[str, int]:
    """The JSON of an answer, and where it begins: models like to fence it."""
    fenced = _FENCE.search(text)
    if fenced:
        return fenced[1], fenced.start(1)
    stripped = text.strip()
    if not stripped:
        raise NotAnswerError("the answer is empty")
    if not stripped.startswith("{"):
        raise NotAnswerError("the answer is prose and not a JSON object")
    return stripped, text.index("{")


def _pairs(body: str) -> list[tuple[str, Any]]:
    """The members of the outermost object, in order."""
    outermost: list[tuple[str, Any]] = []

    def keep(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        outermost[:] = pairs  # the last call is for the outermost object
        return dict(pairs)

    def refuse(_constant: str) -> Any:
        raise NotAnswerError("the answer is not JSON: it holds NaN or Infinity")

    try:
        json.loads(body, object_pairs_hook=keep, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise NotAnswerError(f"the answer is not JSON: {error.msg.lower()} at character {error.pos}") from None
    except RecursionError:
        raise NotAnswerError("the answer is nested too deeply") from None
    except NotAnswerError:
        raise
    except ValueError:
        raise NotAnswerError("the answer holds a number that is too long") from None
    return outermost


class _Tokens:
    """Where each token of a text ends, in bytes, and its probability."""

    def __init__(self, ends: list[int], values: list[float]) -> None:
        self.ends, self.values = ends, values


def _probabilities(text: str, tokens: Sequence[tuple[bytes, float]]) -> _Tokens | None:
    """The tokens laid on the text; None without any, or where they spell something else."""
    whole = b"".join(piece for piece, _ in tokens)
    before = whole.find(text.encode("utf-8", "surrogatepass")) if tokens else -1
    if before < 0:
        return None
    ends = [end - before for end in accumulate(len(piece) for piece, _ in tokens)]
    return _Tokens(ends, [math.exp(min(0.0, value)) for _, value in tokens])


def _of_value(spans: Spans, index: int, offset: int, tokens: _Tokens | None) -> tuple[float, ...]:
    """The probabilities of the tokens that a value depends on: those it stands in, and of a bare one what ended it."""
    if tokens is None or index >= len(spans.ends):
        return ()
    raw = spans.raw(index)
    start = spans.starts[index] + len(raw) - len(raw.lstrip())
    end = spans.starts[index] + len(raw.rstrip())
    if bytes(spans.text[end - 1 : end]) not in (b'"', b"]", b"}"):
        end += 1
    first, last = bisect_right(tokens.ends, start + offset), bisect_left(tokens.ends, end + offset)
    return tuple(tokens.values[first : last + 1])


def misfit(value: Any, node: Mapping[str, Any], definitions: Mapping[str, Any], depth: int = 0) -> str:
    """Why a value does not fit a node of JSON Schema, without the value; nothing if it does.

    Keywords that are not known here hold nothing back: what they ask is checked again when the document is built.
    """
    if depth > 64:
        return "is nested too deeply"
    if "$ref" in node:
        return misfit(value, definitions.get(str(node["$ref"]).rpartition("/")[2], {}), definitions, depth + 1)
    for key in ("anyOf", "oneOf"):
        if key in node:
            reasons = [misfit(value, branch, definitions, depth + 1) for branch in node[key]]
            return "" if not all(reasons) else next((one for one in reasons if one != _IS_NOT_NULL), reasons[0])
    if "enum" in node and value not in node["enum"]:
        return "is not one of the schema's values"
    if "const" in node and value != node["const"]:
        return "is not the schema's value"
    kind = node.get("type")
    if isinstance(kind, str) and not _is_of(value, kind):
        return _IS_NOT_NULL if kind == "null" else f"is no {kind}"
    if isinstance(value, str):
        return _misfit_text(value, node)
    if isinstance(value, list):
        return _misfit_list(value, node, definitions, depth)
    if isinstance(value, dict):
        return _misfit_object(value, node, definitions, depth)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _misfit_number(value, node)
    return ""


_IS_NOT_NULL = "is not null"


def _is_of(value: Any, kind: str) -> bool:
    if kind in ("integer", "number"):
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return is_number and (kind == "number" or float(value).is_integer())
    return isinstance(value, _TYPES.get(kind, (object,)))


def _misfit_text(value: str, node: Mapping[str, Any]) -> str:
    if not node.get("minLength", 0) <= len(value) <= node.get("maxLength", math.inf):
        return "is too short or too long"
    pattern = node.get("pattern")
    validator = _matcher(pattern) if isinstance(pattern, str) else None
    return (
        "" if validator is None or validator.isinstance_python(value) else "has not the form that the schema asks for"
    )


@lru_cache(maxsize=256)
def _matcher(pattern: str) -> SchemaValidator | None:
    """A pattern as Pydantic matches it: in time that grows with the text alone, whoever wrote the pattern."""
    try:
        return SchemaValidator(core_schema.str_schema(pattern=pattern))
    except PatternError:
        return None


def _misfit_list(value: list[Any], node: Mapping[str, Any], definitions: Mapping[str, Any], depth: int) -> str:
    if not node.get("minItems", 0) <= len(value) <= node.get("maxItems", math.inf):
        return "has too few or too many entries"
    heads = node.get("prefixItems", ())
    for index, one in enumerate(value):
        wanted = heads[index] if index < len(heads) else node.get("items", {})
        if isinstance(wanted, Mapping) and (reason := misfit(one, wanted, definitions, depth + 1)):
            return f"has an entry that {reason}"
    return ""


def _misfit_object(value: dict[str, Any], node: Mapping[str, Any], definitions: Mapping[str, Any], depth: int) -> str:
    known = node.get("properties", {})
    missing = [name for name in node.get("required", ()) if name not in value]
    if missing:
        return f"has no {missing[0]}"
    others = node.get("additionalProperties", {})
    for name, one in value.items():
        wanted = known.get(name, others)
        if wanted is False:
            return "has keys that the schema does not have"
        if isinstance(wanted, Mapping) and (reason := misfit(one, wanted, definitions, depth + 1)):
            return f"has {name if name in known else 'a member'}, which {reason}"
    return ""


def _misfit_number(value: float, node: Mapping[str, Any]) -> str:
    fits = node.get("minimum", -math.inf) <= value <= node.get("maximum", math.inf) and node.get(
        "exclusiveMinimum", -math.inf
    ) < value < node.get("exclusiveMaximum", math.inf)
    return "" if fits else "is too small or too large"
