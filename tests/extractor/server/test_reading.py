"""What an engine's process answers with, by the real embedded engine."""

import base64
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from extractor.errors import NoDocumentError, SchemaError, UnreadableInputError
from extractor.server.problems import Problem
from extractor.server.reading import EngineReader, make_reader, model_of
from extractor.server.settings import ServiceLimits

from .hostile import CRAFTED

pytestmark = pytest.mark.usefixtures("read_once")
EXTRACT = {"op": "extract", "schema": "auto", "pages": None, **ServiceLimits().of_request()}


@pytest.fixture(scope="module")
def reader() -> Any:
    return make_reader({"engine": "embedded"})


@pytest.fixture(scope="module")
def passport(examples_dir: Path) -> bytes:
    return (examples_dir / "passport.png").read_bytes()


def ask(reader: Any, *files: bytes, **given: Any) -> tuple[Any, list[Mapping[str, Any]]]:
    progress: list[Mapping[str, Any]] = []
    return reader({**EXTRACT, **given}, files, progress.append), progress


def test_it_says_what_it_is(reader: EngineReader) -> None:
    assert reader.engine == "embedded"
    assert reader.bounded
    assert reader.details["why"]


def test_all_documents_each_with_its_regions(
    reader: EngineReader, passport: bytes, examples_dir: Path, examples: dict[str, dict[str, Any]]
) -> None:
    card = (examples_dir / "id_card.png").read_bytes()
    answer, _ = ask(reader, passport, card, documents=True, previews=True)
    first, second = answer["documents"]
    for file, one, page in (("passport.png", first, 0), ("id_card.png", second, 1)):
        assert one["document"]["surname"] == examples[file]["fields"]["surname"]
        assert {region["page"] for region in one["evidence"]["regions"]} == {page}
        assert [page["file"] for page in one["evidence"]["pages"]] == [0, 1]
    assert len(first["evidence"]["previews"]) == 2
    assert "previews" not in second["evidence"]


def test_what_is_called_one_document_must_not_contradict_itself(
    reader: EngineReader, passport: bytes, examples_dir: Path
) -> None:
    card = (examples_dir / "id_card.png").read_bytes()
    with pytest.raises(NoDocumentError, match="not one document"):
        ask(reader, passport, card, one_document=True)
    with pytest.raises(NoDocumentError, match="not one document"):
        reader({**EXTRACT, "op": "pictures", "make": "deskew", "one_document": True}, [passport, card], print)


def test_a_document_with_its_evidence_and_previews(
    reader: EngineReader, passport: bytes, examples: dict[str, dict[str, Any]]
) -> None:
    answer, progress = ask(reader, passport, previews=True)
    labels = examples["passport.png"]["fields"]
    assert progress == [{"pages": 1}], "the time limit counts pages"
    assert answer["document"]["surname"] == labels["surname"]
    evidence = answer["evidence"]
    assert evidence["schema"] == "passport"
    assert evidence["fields"]["document_number"]["verdict"] == "verified"
    assert evidence["pages"][0]["file"] == 0
    shown = Image.open(io.BytesIO(base64.b64decode(evidence["previews"][0])))
    assert shown.size == (evidence["pages"][0]["width"], evidence["pages"][0]["height"])
    json.dumps(answer, allow_nan=False)


def test_pages_know_their_file(reader: EngineReader, examples_dir: Path) -> None:
    sides = [(examples_dir / f"chinese_id_card_{side}.png").read_bytes() for side in ("front", "back")]
    answer, progress = ask(reader, *sides, schema="chinese_id_card")
    assert progress == [{"pages": 2}]
    assert [page["file"] for page in answer["evidence"]["pages"]] == [0, 1]
    assert answer["document"]["name"]
    assert answer["document"]["authority"]


def test_a_schema_of_ones_own(reader: EngineReader, passport: bytes, examples: dict[str, dict[str, Any]]) -> None:
    own = {"title": "Mine", "type": "object", "properties": {"document_number": {"type": ["string", "null"]}}}
    answer, _ = ask(reader, passport, schema=own)
    assert answer["document"] == {"document_number": examples["passport.png"]["fields"]["document_number"]}


def test_pictures_of_a_document(reader: EngineReader, passport: bytes) -> None:
    def pictures(**asked: Any) -> list[dict[str, Any]]:
        choice = {"keep": None, "hide": None, "preset": None, **asked}
        found: list[dict[str, Any]] = ask(reader, passport, op="pictures", **choice)[0]["pictures"]
        for one in found:
            image = Image.open(io.BytesIO(base64.b64decode(one["data"])))
            assert (image.format, image.size) == ("PNG", (one["width"], one["height"]))
        return found

    (flat,) = pictures(make="deskew")
    assert (flat["kind"], flat["width"]) == ("document", 1476)
    assert {one["kind"] for one in pictures(make="portrait")} >= {"portrait", "ghost"}
    (page,) = pictures(make="redact", preset="age-check")
    assert "surname" in page["hidden"]
    assert "birth_date" not in page["hidden"]


def test_classification(reader: EngineReader, passport: bytes) -> None:
    answer, _ = ask(reader, passport, op="classify")
    assert answer["schema"] == "passport"
    assert max(answer["scores"], key=answer["scores"].get) == "passport"


def test_more_pages_than_allowed_are_counted_and_not_drawn(reader: EngineReader) -> None:
    with pytest.raises(Problem) as caught:
        ask(reader, CRAFTED["ten thousand pages"]())
    assert caught.value.kind == "too-many-pages"
    with pytest.raises((Problem, UnreadableInputError)):
        ask(reader, CRAFTED["three thousand frames"]())


def test_more_pixels_than_allowed_are_not_decoded(reader: EngineReader, passport: bytes) -> None:
    with pytest.raises(UnreadableInputError):
        ask(reader, passport, max_pixels=1000)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array"},
        {"type": "object", "properties": 5},
        {"type": "object", "properties": {"a": {"$ref": "file:///etc/passwd"}}},
        {"$ref": "#"},
    ],
)
def test_schemas_that_make_no_model(schema: dict[str, Any]) -> None:
    with pytest.raises(SchemaError) as caught:
        model_of(json.dumps(schema))
    assert "\n" not in str(caught.value)
