"""Finding a schema by what a user calls it: a built-in name, `module:Class`, `file.py:Class` or a JSON Schema file."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel, PydanticUserError, RootModel, TypeAdapter

from extractor import strict_json
from extractor.errors import SchemaError
from extractor.schemas.documents import BUILT_IN, READS_AS
from extractor.schemas.json_nodes import MOST_BYTES
from extractor.schemas.json_schema import model_from_json_schema
from extractor.schemas.plan import plan_of
from extractor.schemas.typed import alternatives, is_object, item_object

#: The built-in schemas, by the name that `--schema` takes.
SCHEMAS = BUILT_IN
#: Bytes of a JSON Schema's file, spaces and line ends included.
_MOST_FILE = 8 * MOST_BYTES


class SchemaNotFoundError(SchemaError, LookupError):
    """No schema by that name, or its definition cannot be loaded; the message says what to do."""


def schema_name(schema: Any) -> str:
    """The built-in name of `schema`, or its class name."""
    kind: str | None = vars(schema).get(READS_AS) if isinstance(schema, type) else None
    own = getattr(schema, "__name__", "Document")
    return kind or next((name for name, known in SCHEMAS.items() if known is schema), own)


def load_schema(reference: str) -> Any:
    """The Pydantic model (or dataclass, TypedDict) that `reference` names.

    A JSON Schema may be given as a text, too. Code in `file.py:Class` and `module:Class` is the user's own and is run.
    Raises SchemaNotFoundError.
    """
    if reference in SCHEMAS:
        return SCHEMAS[reference]
    if reference.lstrip().startswith("{"):
        return _usable(_of_text(reference), "the text")
    if reference.endswith(".json"):
        return _from_json_schema(Path(reference))
    module_name, separator, class_name = reference.rpartition(":")
    if separator and module_name:
        return _class_in(_module(module_name), class_name, reference)
    raise SchemaNotFoundError(
        f"no schema is called {reference!r}; use one of {', '.join(SCHEMAS)}, auto, module:Class, file.py:Class"
        " or a JSON Schema file"
    )


def schema_of(schema: Any) -> Any:
    """The type that documents are read into: of a reference, a JSON Schema (a dict), a model or any type that Pydantic
    can validate into fields. Raises SchemaError, before anything is read, for anything else."""
    if isinstance(schema, str):
        return load_schema(schema)
    if isinstance(schema, Mapping):
        try:
            return _of_definition(json.dumps(schema))
        except (TypeError, ValueError, RecursionError) as error:
            raise SchemaError(f"the schema is not JSON: {type(error).__name__}") from None
    if isinstance(schema, TypeAdapter):
        schema = schema._type
    names = "a Pydantic model, a dataclass, a TypedDict, a TypeAdapter, a JSON Schema or the name of a schema"
    if is_object(type(schema)) and not isinstance(schema, type):
        raise SchemaError(f"schema is an instance of {type(schema).__name__}; pass the class itself")
    if not _has_fields(schema):
        is_new = isinstance(schema, type) and issubclass(schema, BaseModel)
        if not is_new and ("__fields__" in vars(type(schema)) or "__fields__" in getattr(schema, "__dict__", ())):
            raise SchemaError("schema is a model of Pydantic 1; pass its JSON Schema, Model.schema()")
        shown = schema.__name__ if isinstance(schema, type) else type(schema).__name__
        raise SchemaError(f"schema must be {names}, not {shown}")
    try:
        plan_of(schema).adapter  # noqa: B018  (what Pydantic cannot validate is better said now)
    except (TypeError, PydanticUserError) as error:
        raise SchemaError(f"the schema cannot be read: {_one_line(error)[:200]}") from None
    return schema


def _has_fields(schema: Any) -> bool:
    """Whether a type is an object with fields, or a list of such, itself or inside a RootModel."""
    inner = alternatives(schema)
    roots = [one for one in inner if isinstance(one, type) and issubclass(one, RootModel) and one is not RootModel]
    return (
        any(is_object(one) for one in inner)
        or item_object(inner) is not None
        or any(_has_fields(one.model_fields["root"].annotation) for one in roots)
    )


@lru_cache(maxsize=64)
def _of_definition(text: str) -> type[BaseModel]:
    return model_from_json_schema(strict_json.loads(text))


def _module(name: str) -> ModuleType:
    path = Path(name)
    try:
        if path.suffix != ".py":
            sys.path.insert(0, "")
            try:
                return importlib.import_module(name)
            finally:
                sys.path.remove("")
        # A file of the user's may be called schemas.py or json.py; it must not take that module's place.
        spec = importlib.util.spec_from_file_location(f"user_schema_{path.stem}", path)
        if spec is None or spec.loader is None or not path.is_file():
            raise SchemaNotFoundError(f"there is no file {name}")
        module = importlib.util.module_from_spec(spec)
        # Pydantic resolves a class's annotations through its module, which must therefore be findable.
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return module
    except SchemaNotFoundError:
        raise
    except (Exception, SystemExit) as error:
        raise SchemaNotFoundError(f"{name} cannot be imported: {type(error).__name__}: {_one_line(error)}") from error


def _class_in(module: ModuleType, class_name: str, reference: str) -> Any:
    found = getattr(module, class_name, None)
    if not is_object(found) and not (isinstance(found, type) and issubclass(found, RootModel)):
        raise SchemaNotFoundError(f"{reference} is not a Pydantic model, a dataclass or a TypedDict")
    return _usable(found, reference)


def _from_json_schema(path: Path) -> type[BaseModel]:
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_FILE + 1)  # a device has no end
        if len(text) > _MOST_FILE:
            raise SchemaNotFoundError(f"{path} cannot be used as a schema: it is larger than {_MOST_FILE >> 20} MiB")
        definition = strict_json.loads(text.decode("utf-8-sig"))
    except OSError as error:
        raise SchemaNotFoundError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise SchemaNotFoundError(f"{path} is not JSON in UTF-8; save it as UTF-8") from None
    except ValueError as error:
        raise SchemaNotFoundError(f"{path} is not JSON: {_one_line(error)[:200]}") from error
    try:
        return _usable(model_from_json_schema(definition, name=path.stem), str(path))
    except SchemaNotFoundError:
        raise
    except SchemaError as error:
        raise SchemaNotFoundError(f"{path} cannot be used as a schema: {error}") from error


def _of_text(text: str) -> type[BaseModel]:
    try:
        return _of_definition(text)
    except ValueError as error:
        raise SchemaNotFoundError(f"the schema is not JSON: {_one_line(error)[:200]}") from None


def _usable(model: Any, reference: str) -> Any:
    """The model itself if its fields are understood; better said here than on the first page."""
    try:
        plan_of(model)
    except SchemaError as error:
        raise SchemaNotFoundError(f"{reference} cannot be used as a schema: {error}") from error
    return model


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
