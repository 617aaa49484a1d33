"""Finding a schema by what a user calls it: a built-in name, `module:Class`, `file.py:Class` or a JSON Schema file."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from pydantic import BaseModel

from extractor.errors import SchemaError
from extractor.schemas.base import field_specs
from extractor.schemas.documents import ChineseIdCard, DrivingLicence, IdCard, Passport, ResidencePermit, Visa
from extractor.schemas.json_schema import model_from_json_schema

#: The built-in schemas, by the name that `--schema` takes.
SCHEMAS: Mapping[str, type[BaseModel]] = {
    "passport": Passport,
    "id_card": IdCard,
    "chinese_id_card": ChineseIdCard,
    "driving_licence": DrivingLicence,
    "residence_permit": ResidencePermit,
    "visa": Visa,
}


class SchemaNotFoundError(SchemaError, LookupError):
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
    except (ValueError, RecursionError) as error:
        raise SchemaNotFoundError(f"{path} is not JSON: {_one_line(error)}") from error
    try:
        return _usable(model_from_json_schema(definition, name=path.stem), str(path))
    except SchemaNotFoundError:
        raise
    except SchemaError as error:
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
