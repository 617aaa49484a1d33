"""What a caller asks for beside the files, from a form's texts or from JSON, to one checked request for an engine."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from extractor.engines.choose import engine_names
from extractor.errors import SchemaError
from extractor.redaction.choose import PRESETS
from extractor.schemas import SCHEMAS
from extractor.schemas.json_nodes import check_size
from extractor.server.problems import Problem
from extractor.server.settings import ServiceLimits
from extractor.server.uploads import parse_json

MAKES = ("deskew", "redact", "portrait")
_LAST_PAGE = 99_999
#: Characters of a choice of pages, and members of a list of them.
_LONGEST = 2000
_PAGES = re.compile(r"\s*\d{1,5}\s*(-\s*\d{1,5}\s*)?(,\s*\d{1,5}\s*(-\s*\d{1,5}\s*)?)*")
_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off", "")


def reading_request(fields: Mapping[str, Any], limits: ServiceLimits, *, known: tuple[str, ...]) -> dict[str, Any]:
    """The request that `fields` make; fields not in `known` are refused, so that a misspelt one is not overlooked.

    Raises a Problem that names the field.
    """
    if any(name not in known for name in fields):
        raise Problem("invalid-parameter", f"the fields here are {', '.join(known)}")
    together = {name: flag(name, fields.get(name, False)) for name in ("documents", "one_document")}
    if all(together.values()):
        raise Problem("invalid-parameter", "`documents` and `one_document` contradict each other")
    return {
        "schema": schema_of(fields.get("schema", "auto")),
        "engine": engine_of(fields.get("engine", "auto")),
        **together,
        "evidence": flag("evidence", fields.get("evidence", False)),
        "previews": flag("previews", fields.get("previews", False)),
        "today": day("today", fields.get("today")),
        "age": whole("age", fields.get("age")),
        "pages": pages_of(fields.get("pages"), limits),
        **limits.of_request(),
    }


def pictures_request(fields: Mapping[str, Any], limits: ServiceLimits) -> dict[str, Any]:
    """The request for pictures that `fields` make. Raises a Problem that names the field."""
    own = ("make", "keep", "hide", "preset")
    rest = {name: value for name, value in fields.items() if name not in own}
    asked = reading_request(rest, limits, known=("schema", "engine", "one_document", "pages", "today"))
    make = fields.get("make", "deskew")
    if make not in MAKES:
        raise Problem("invalid-parameter", f"`make` is one of {', '.join(MAKES)}")
    if make != "redact" and any(name in fields for name in own[1:]):
        raise Problem("invalid-parameter", "`keep`, `hide` and `preset` go with `make` redact")
    preset = fields.get("preset")
    if preset not in (None, *PRESETS):
        raise Problem("invalid-parameter", f"`preset` is one of {', '.join(PRESETS)}")
    keep, hide = (names_of(name, fields.get(name)) for name in ("keep", "hide"))
    return {**asked, "make": make, "keep": keep, "hide": hide, "preset": preset}


def names_of(name: str, value: Any) -> list[str] | None:
    """Names from `a,b` or ["a", "b"], None for none. Raises a Problem."""
    if value is None:
        return None
    listed = re.split(r"\s*,\s*", value.strip()) if isinstance(value, str) else value
    if not isinstance(listed, list) or len(listed) > 200 or not all(isinstance(one, str) for one in listed):
        raise Problem("invalid-parameter", f"`{name}` are names of fields or parts, such as birth_date,portrait")
    return [one for one in listed if one]


def schema_of(value: Any) -> str | dict[str, Any]:
    """A built-in schema's name, "auto", or an inline JSON Schema; nothing a caller says is ever looked up as a file."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = parse_json(value)
    if isinstance(value, dict):
        try:
            check_size(value)
        except SchemaError as error:
            raise Problem("invalid-schema", str(error)) from None
        return value
    if not isinstance(value, str) or value not in ("auto", *SCHEMAS):
        raise Problem("invalid-schema", f"`schema` is auto, a JSON Schema, or one of {', '.join(SCHEMAS)}")
    return value


def check_schema(schema: str | dict[str, Any]) -> None:
    """Raises invalid-schema for an inline schema that no document could be read into."""
    from extractor.server.reading import model_of

    if isinstance(schema, dict):
        try:
            model_of(json.dumps(schema))
        except SchemaError as error:
            raise Problem("invalid-schema", str(error)) from None


def engine_of(value: Any) -> str:
    """An engine's name. Raises a Problem."""
    if not isinstance(value, str) or value not in engine_names():
        raise Problem("invalid-parameter", f"`engine` is one of {', '.join(engine_names())}")
    return value


def flag(name: str, value: Any) -> bool:
    """A yes or no, also as a form writes it. Raises a Problem."""
    if isinstance(value, bool):
        return value
    text = value.strip().lower() if isinstance(value, str) else None
    if text not in (*_TRUE, *_FALSE):
        raise Problem("invalid-parameter", f"`{name}` is true or false")
    return text in _TRUE


def day(name: str, value: Any) -> str | None:
    """A day as YYYY-MM-DD, None for none. Raises a Problem."""
    if value in (None, ""):
        return None
    try:
        return date.fromisoformat(value).isoformat()
    except (ValueError, TypeError):
        raise Problem("invalid-parameter", f"`{name}` is a day such as 2026-01-31") from None


def whole(name: str, value: Any) -> int | None:
    """A number of years, None for none. Raises a Problem."""
    if value in (None, ""):
        return None
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,3}", str(value), re.ASCII):
        raise Problem("invalid-parameter", f"`{name}` is a number of years such as 18")
    return int(value)


def pages_of(value: Any, limits: ServiceLimits) -> list[int] | None:
    """Page numbers from `1-2,4` or [1, 2, 4]; None where nothing is chosen. Raises a Problem."""
    if value is None or value in ("", []):
        return None
    numbers: list[int] = []
    if isinstance(value, str | list) and len(value) > _LONGEST:
        raise _too_many(limits)
    if isinstance(value, int) and not isinstance(value, bool):
        numbers = [value]
    elif isinstance(value, list) and all(isinstance(one, int) and not isinstance(one, bool) for one in value):
        numbers = value
    elif isinstance(value, str) and _PAGES.fullmatch(value):
        for part in value.split(","):
            first, dash, last = part.partition("-")
            if dash and int(last) - int(first) > limits.pages:
                raise _too_many(limits)
            numbers += range(int(first), int(last if dash else first) + 1)
    if not numbers or min(numbers) < 1 or max(numbers) > _LAST_PAGE:
        raise Problem("invalid-parameter", "`pages` are numbers from 1, such as 1, 1-3 or 1,4")
    if len(set(numbers)) > limits.pages:
        raise _too_many(limits)
    return sorted(set(numbers))


def _too_many(limits: ServiceLimits) -> Problem:
    return Problem("too-many-pages", f"one document may have {limits.pages} pages here")
