"""What callers ask for beside the files."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractor.engines.choose import ENGINES
from extractor.server.parameters import flag, pages_of, pictures_request, reading_request, schema_of
from extractor.server.problems import Problem
from extractor.server.settings import ServiceLimits

LIMITS = ServiceLimits(pages=5)


@pytest.mark.parametrize(
    ("value", "pages"),
    [
        ("1", [1]),
        ("1-3", [1, 2, 3]),
        ("4,1-2", [1, 2, 4]),
        (" 2 , 2 ", [2]),
        ([3, 1], [1, 3]),
        (2, [2]),
        (None, None),
        ("", None),
        ([], None),
    ],
)
def test_pages_as_they_are_written(value: Any, pages: list[int] | None) -> None:
    assert pages_of(value, LIMITS) == pages


@pytest.mark.parametrize(
    "value", ["0", "3-1", "a", "1-", "-1", "1;2", True, [1.5], ["1"], [0], {}, 1.0, "1--2", [10**400]]
)
def test_pages_that_are_none(value: Any) -> None:
    with pytest.raises(Problem) as caught:
        pages_of(value, LIMITS)
    assert caught.value.kind == "invalid-parameter"


@pytest.mark.parametrize("value", ["1-6", "1,2,3,4,5,6", list(range(1, 7)), "1-99999", "1-4," * 1000 + "1"])
def test_more_pages_than_a_document_may_have(value: Any) -> None:
    with pytest.raises(Problem) as caught:
        pages_of(value, LIMITS)
    assert caught.value.kind == "too-many-pages"


@pytest.mark.parametrize(("value", "meant"), [("true", True), ("1", True), ("ON", True), ("no", False), ("", False)])
def test_flags_as_forms_write_them(value: str, meant: bool) -> None:
    assert flag("evidence", value) is meant


def test_a_schema_is_a_name_or_json_and_never_a_path() -> None:
    assert schema_of("passport") == "passport"
    assert schema_of('{"type": "object"}') == {"type": "object"}
    for value in ("schemas.py:Passport", "/etc/passwd", "module:Class", 7, None, ["passport"]):
        with pytest.raises(Problem) as caught:
            schema_of(value)
        assert caught.value.kind == "invalid-schema"


def test_a_schema_is_neither_deep_nor_long() -> None:
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"a": deep}
    for value in (deep, {"a": "x" * 1_100_000}):
        with pytest.raises(Problem) as caught:
            schema_of(value)
        assert caught.value.kind == "invalid-schema"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("schema", "engine", "evidence", "pages"), json_values)))
def test_whatever_is_sent_is_a_request_or_a_problem(fields: dict[str, Any]) -> None:
    try:
        request = reading_request(fields, LIMITS, known=("schema", "engine", "evidence", "pages"))
    except Problem as problem:
        assert 400 <= problem.status < 500  # noqa: PT017
        return
    assert request["engine"] in ENGINES
    assert isinstance(request["evidence"], bool)


def test_all_documents_and_one_document_contradict_each_other() -> None:
    known = ("documents", "one_document")
    assert reading_request({"one_document": "true"}, LIMITS, known=known)["one_document"] is True
    assert reading_request({"documents": True, "one_document": ""}, LIMITS, known=known)["one_document"] is False
    with pytest.raises(Problem) as caught:
        reading_request({"documents": "1", "one_document": "1"}, LIMITS, known=known)
    assert caught.value.kind == "invalid-parameter"


def test_pictures_take_names_as_text_or_list() -> None:
    asked = pictures_request({"make": "redact", "keep": "birth_date, portrait"}, LIMITS)
    assert (asked["make"], asked["keep"], asked["hide"]) == ("redact", ["birth_date", "portrait"], None)
    assert pictures_request({"make": "redact", "hide": ["mrz"]}, LIMITS)["hide"] == ["mrz"]
    assert pictures_request({}, LIMITS)["make"] == "deskew"


@pytest.mark.parametrize(
    "fields",
    [{"make": "paint"}, {"make": "redact", "preset": "all"}, {"make": "redact", "keep": [1]}, {"keep": "mrz"},
     {"make": "redact", "hide": {"mrz": 1}}, {"evidence": "true"}],
)  # fmt: skip
def test_pictures_that_cannot_be_made(fields: dict[str, Any]) -> None:
    with pytest.raises(Problem) as caught:
        pictures_request(fields, LIMITS)
    assert caught.value.kind == "invalid-parameter"
