"""Every way to name a schema, and one line for everything that cannot be one."""

import json
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

import pytest
from pydantic import BaseModel

from extractor.errors import SchemaError
from extractor.schemas import SCHEMAS, Kind, SchemaNotFoundError, field_specs, load_schema, schema_name
from extractor.schemas.documents import Visa
from extractor.schemas.registry import schema_of

from ...tables import each

TICKET = """
from datetime import date
from pydantic import BaseModel, Field

class Leg(BaseModel):
    start: str

class Ticket(BaseModel):
    '''A train ticket.'''
    number: str = Field(json_schema_extra={"x-kind": "number", "x-captions": {"de": ["Fahrkarte Nr."]}})
    travels: date | None = None
    legs: list[Leg] = []

NOT_A_CLASS = Ticket(number="1")
"""

TICKET_SCHEMA = {
    "title": "Ticket",
    "type": "object",
    "required": ["number"],
    "properties": {
        "number": {"type": "string", "description": "ticket number", "x-captions": {"en": ["ticket no"]}},
        "travels": {"type": "string", "format": "date", "title": "Travel day"},
        "price": {"type": "number", "minimum": 0},
        "seats": {"type": "array", "items": {"type": "string"}},
        "class": {"enum": ["1", "2"]},
        "holder": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
        "station": {"$ref": "#/$defs/Station"},
        "note": {"type": ["string", "null"], "default": "none"},
        "copy": {"type": "boolean"},
    },
    "$defs": {"Station": {"type": "string", "enum": ["A", "B"]}},
}


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, Any], str]:
    """`write(name, content)`: a file with that text, or that object as JSON; its path."""

    def put(name: str, content: Any) -> str:
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return str(path)

    return put


def refusal(reference: str) -> str:
    with pytest.raises(SchemaNotFoundError) as caught:
        load_schema(reference)
    message = str(caught.value)
    assert "\n" not in message
    assert message
    return message


@each("name", SCHEMAS)
def test_built_in_names(name: str) -> None:
    assert load_schema(name) is SCHEMAS[name]
    assert schema_name(SCHEMAS[name]) == name


def test_a_schema_of_one_s_own_is_called_by_its_class() -> None:
    class Ticket(BaseModel):
        number: str

    assert schema_name(Ticket) == "Ticket"


def test_module_and_class() -> None:
    assert load_schema("extractor.schemas.documents:Visa") is Visa


def test_a_module_in_the_working_directory(write: Callable[[str, Any], str], monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(write("travel_forms.py", TICKET)).parent
    monkeypatch.chdir(folder)
    before = list(sys.path)
    try:
        assert set(load_schema("travel_forms:Ticket").model_fields) == {"number", "travels", "legs"}
    finally:
        sys.modules.pop("travel_forms", None)
    assert sys.path == before


def test_file_and_class(write: Callable[[str, Any], str]) -> None:
    ticket = load_schema(write("forms.py", TICKET) + ":Ticket")
    assert ticket(number="1", legs=[{"start": "A"}]).legs[0].start == "A"
    specs = field_specs(ticket)
    assert (specs["number"].kind, specs["number"].captions) == (Kind.NUMBER, {"de": ("Fahrkarte Nr.",)})
    assert (specs["travels"].kind, specs["legs"].kind) == (Kind.DATE, Kind.LIST)


@pytest.mark.parametrize("name", ["pathlib.py", "json.py", "pydantic.py"])
def test_a_file_takes_no_module_s_place(write: Callable[[str, Any], str], name: str) -> None:
    before = sys.modules[Path(name).stem]
    assert load_schema(write(name, TICKET) + ":Ticket").__name__ == "Ticket"
    assert sys.modules[Path(name).stem] is before


@each("reference", ["", "nope", "Passport", "auto", ":Passport", "passport "])
def test_unknown_names_are_told_the_known_ones(reference: str) -> None:
    message = refusal(reference)
    assert all(name in message for name in [*SCHEMAS, "module:Class", "file.py:Class", "JSON Schema file"])


@pytest.mark.parametrize(
    ("reference", "part"),
    [
        ("no_such_module_here:Ticket", "no_such_module_here cannot be imported: ModuleNotFoundError"),
        ("extractor.schemas.documents:Ticket", "extractor.schemas.documents:Ticket is not a Pydantic model"),
        ("extractor.schemas.documents:ChineseIdNumber", "is not a Pydantic model"),
        ("json:loads", "json:loads is not a Pydantic model"),
        ("json:", "json: is not a Pydantic model"),
        ("absent.py:Ticket", "there is no file absent.py"),
        ("absent.json", "absent.json cannot be read: No such file"),
    ],
)
def test_what_is_not_there_is_named(reference: str, part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert part in refusal(reference)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("class Ticket(:", "cannot be imported: SyntaxError"),
        ("import absent_package", "ModuleNotFoundError: No module named 'absent_package'"),
        ("raise ValueError('one\\ntwo')", "ValueError: one two"),
        (
            "from extractor.schemas import Passport\nPassport(surname='x', given_names=3)",
            "cannot be imported: ValidationError",
        ),
        ("Ticket = 3", ":Ticket is not a Pydantic model"),
        (TICKET.replace('"number"', '"zebra"'), "x-kind"),
        (TICKET.replace('{"de": ["Fahrkarte Nr."]}', '["Fahrkarte Nr."]'), "x-captions"),
    ],
)
def test_a_broken_file_says_what_is_wrong(write: Callable[[str, Any], str], content: str, part: str) -> None:
    assert part in refusal(write("forms.py", content) + ":Ticket")


def test_a_json_schema_file(write: Callable[[str, Any], str]) -> None:
    ticket = load_schema(write("ticket.json", TICKET_SCHEMA))
    assert ticket.__name__ == "Ticket"
    assert list(ticket.model_fields) == list(TICKET_SCHEMA["properties"])
    full = {
        "number": "1",
        "travels": "2026-03-01",
        "price": 1.5,
        "seats": ["a"],
        "class": "2",
        "holder": {"name": "x"},
        "station": "A",
        "note": "n",
        "copy": True,
    }
    assert ticket.model_validate(full).model_dump(mode="json") == full
    specs = field_specs(ticket)
    assert {name: spec.kind.value for name, spec in specs.items() if spec.kind is not Kind.TEXT} == {
        "travels": "date",
        "price": "number",
        "seats": "list",
        "copy": "flag",
    }
    assert specs["number"].captions == {"en": ("ticket no",)}
    assert specs["travels"].captions == {"und": ("travels", "Travel day")}


def test_a_json_schema_without_a_title_is_called_after_its_file(write: Callable[[str, Any], str]) -> None:
    untitled = {key: value for key, value in TICKET_SCHEMA.items() if key != "title"}
    assert load_schema(write("ticket.json", untitled)).__name__ == "ticket"


@pytest.mark.parametrize(
    ("definition", "part"),
    [
        ("{", "is not JSON"),
        ("", "is not JSON"),
        ('{"type": "object", "properties": {"a": {}, "a": {}}}', "the same key twice"),
        ('{"type": "object", "properties": {"a": {"minimum": NaN}}}', "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ([], "cannot be used as a schema: it must be an object schema"),
        ({"type": "object"}, "cannot be used as a schema: it must have properties"),
        ({"properties": {"a": {"type": "strin"}}}, "cannot be used as a schema: type at #/properties/a"),
    ],
)
def test_what_is_no_json_schema_of_a_document_is_refused(
    write: Callable[[str, Any], str], definition: Any, part: str
) -> None:
    path = write("form.json", definition)
    message = refusal(path)
    assert message.startswith(path)
    assert part in message


def test_a_json_schema_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "form.json"
    path.write_bytes("{".encode("utf-16"))
    assert "is not JSON" in refusal(str(path))


def test_schemas_import_nothing_heavy() -> None:
    code = "import sys, extractor.schemas; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "PIL", "cv2", "torch", "pycountry"} & set(loaded)


_SURNAME = {"type": "object", "properties": {"surname": {"type": "string"}}, "required": ["surname"]}


@each(
    ("sent", "name"),
    [
        ({"type": "json_schema", "json_schema": {"name": "Holder", "strict": True, "schema": _SURNAME}}, "Holder"),
        ({"name": "Holder", "schema": _SURNAME}, "Holder"),
        ({"type": "function", "function": {"name": "Holder", "parameters": _SURNAME}}, "Holder"),
        ({"name": "Holder", "description": "Who", "input_schema": _SURNAME}, "Holder"),
        ({"schema": _SURNAME}, "Document"),
    ],
)
def test_the_schema_in_what_is_sent_to_a_model_is_found(sent: dict[str, Any], name: str) -> None:
    model = schema_of(sent)
    assert (model.__name__, list(model.model_fields)) == (name, ["surname"])


def test_fields_called_as_wrappers_are_fields() -> None:
    inner = {"type": "object", "properties": {"a": {"type": "string"}}}
    assert list(schema_of({"properties": {"schema": inner, "name": {"type": "string"}}}).model_fields) == [
        "schema",
        "name",
    ]


def test_a_json_schema_may_be_a_text() -> None:
    assert list(load_schema(json.dumps(_SURNAME)).model_fields) == ["surname"]
    assert "is not JSON" in refusal('{"type": ')


class _TypingsOwn(TypedDict):
    surname: str


def test_what_pydantic_cannot_validate_is_said_in_one_line_before_anything_is_read() -> None:
    class Unknown:
        pass

    @dataclass
    class Own:
        surname: str
        thing: Unknown

    with pytest.raises(SchemaError, match="cannot be read: Unable to generate") as caught:
        schema_of(Own)
    assert "\n" not in str(caught.value)
    if sys.version_info < (3, 12):
        with pytest.raises(SchemaError, match="typing_extensions"):
            schema_of(_TypingsOwn)


def test_a_model_of_pydantic_1_is_told_from_a_stranger() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pydantic 1 warns of Python 3.14
        from pydantic import v1

        model = v1.create_model("Holder", surname=(str, ...))
        with pytest.raises(SchemaError, match="Pydantic 1"):
            schema_of(model)
        assert list(schema_of(model.schema()).model_fields) == ["surname"]


def test_a_module_that_ends_the_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ends.py"
    path.write_text("raise SystemExit(7)")
    assert "cannot be imported: SystemExit" in refusal(f"{path}:X")


def test_a_byte_order_mark_is_no_content(tmp_path: Path) -> None:
    path = tmp_path / "form.json"
    path.write_text(json.dumps(_SURNAME), encoding="utf-8-sig")
    assert list(load_schema(str(path)).model_fields) == ["surname"]


def test_a_file_without_end_is_no_json_schema(tmp_path: Path) -> None:
    (tmp_path / "endless.json").symlink_to("/dev/zero")
    assert "larger than" in refusal(str(tmp_path / "endless.json"))
