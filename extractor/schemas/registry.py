"""Finding a schema by what a user calls it: a built-in name, `module:Class`, `file.py:Class` or a JSON Schema file."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic import create_model as create_pydantic_model
from pydantic.fields import FieldInfo

from extractor.schemas.base import field_specs
from extractor.schemas.documents import ChineseIdCard, DrivingLicence, IdCard, Passport, ResidencePermit, Visa

#: The built-in schemas, by the name that `--schema` takes.
SCHEMAS: Mapping[str, type[BaseModel]] = {
    "passport": Passport,
    "id_card": IdCard,
    "chinese_id_card": ChineseIdCard,
    "driving_licence": DrivingLicence,
    "residence_permit": ResidencePermit,
    "visa": Visa,
}


_JSON_TYPES = frozenset({"string", "integer", "number", "boolean", "array", "object", "null"})


class SchemaNotFoundError(LookupError):
    """No schema by that name, or its definition cannot be loaded; the message says what to do."""


def schema_name(schema: type[BaseModel]) -> str:
    """The built-in name of `schema`, or its class name."""
    return next((name for name, known in SCHEMAS.items() if known is schema), schema.__name__)


def load_schema(reference: str) -> type[BaseModel]:
    """The Pydantic model that `reference` names.

    Code in `file.py:Class` and `module:Class` is the user's own and is run. Raises SchemaNotFoundError.
    """
    if reference in SCHEMAS:
        return SCHEMAS[reference]
    if reference.endswith(".json"):
        return _from_json_schema(Path(reference))
    module_name, separator, class_name = reference.rpartition(":")
    if separator and module_name:
        return _class_in(_module(module_name), class_name, reference)
    raise SchemaNotFoundError(
        f"no schema is called {reference!r}; use one of {', '.join(SCHEMAS)}, auto, module:Class, file.py:Class"
        " or a JSON Schema file"
    )


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
    except Exception as error:
        raise SchemaNotFoundError(f"{name} cannot be imported: {type(error).__name__}: {_one_line(error)}") from error


def _class_in(module: ModuleType, class_name: str, reference: str) -> type[BaseModel]:
    found = getattr(module, class_name, None)
    if not (isinstance(found, type) and issubclass(found, BaseModel)):
        raise SchemaNotFoundError(f"{reference} is not a Pydantic model")
    return _usable(found, reference)


def _from_json_schema(path: Path) -> type[BaseModel]:
    try:
        definition = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SchemaNotFoundError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SchemaNotFoundError(f"{path} is not JSON: {error}") from error
    try:
        return _usable(model_from_json_schema(definition, name=path.stem), str(path))
    except ValueError as error:
        raise SchemaNotFoundError(f"{path} cannot be used as a schema: {error}") from error


def _usable(model: type[BaseModel], reference: str) -> type[BaseModel]:
    """The model itself if its fields' own annotations are understood; better said here than on the first page."""
    try:
        field_specs(model)
    except (ValueError, TypeError, AttributeError) as error:
        message = f"{reference} cannot be used as a schema: x-kind or x-captions of a field: {_one_line(error)}"
        raise SchemaNotFoundError(message) from error
    return model


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def model_from_json_schema(definition: Any, *, name: str = "Document") -> type[BaseModel]:
    """A Pydantic model for a JSON Schema of type object.

    Its own properties become optional and nullable, whatever `required` says, because what is not on a document is
    null; nested objects keep their rules. Raises ValueError for what is no such schema.
    """
    from json_schema_to_pydantic import create_model

    if not isinstance(definition, dict) or definition.get("type") != "object":
        raise ValueError('it must be an object schema: {"type": "object", "properties": {...}}')
    if not isinstance(definition.get("properties"), dict) or not definition["properties"]:
        raise ValueError('it must have properties: {"type": "object", "properties": {...}}')
    for key, value in definition["properties"].items():
        # Pydantic leaves such names out without a word.
        if not key or key.startswith("_") or key == "model_config":
            raise ValueError(f"no property can be called {key!r}")
        declared = value.get("type") if isinstance(value, dict) else None
        for one in declared if isinstance(declared, list) else [declared]:
            if one is not None and (not isinstance(one, str) or one not in _JSON_TYPES):
                raise ValueError(f"property {key!r} has the type {one!r}, which JSON Schema lacks")
    # Pydantic would fill a default in where the document is silent.
    properties = {
        key: {k: v for k, v in value.items() if k != "default"} if isinstance(value, dict) else value
        for key, value in definition["properties"].items()
    }
    try:
        # A property may be called `json` or `copy`, as methods of every model are.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            strict = create_model({**definition, "properties": properties, "required": []})
            fields: dict[str, Any] = {
                key: (_annotation(info) | None, _nullable(info, properties[key].get("title")))
                for key, info in strict.model_fields.items()
            }
            title = str(definition.get("title") or name)
            return create_pydantic_model(title, __config__=ConfigDict(extra="forbid"), **fields)
    except Exception as error:
        # What a definition that is no schema ends in is as manifold as the mistakes one can make.
        raise ValueError(_one_line(error)) from error


def _annotation(info: FieldInfo) -> Any:
    """A field's type together with its constraints, which Pydantic keeps apart."""
    return Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation


def _nullable(info: FieldInfo, title: str | None) -> Any:
    return Field(default=None, title=title, description=info.description, json_schema_extra=info.json_schema_extra)
