"""Answers without grammar: asked with the same question, counted as what they are."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from eval.run import main
from eval.running import runner
from eval.running.cells import Cell
from eval.running.runner import Run
from eval.running.selection import select
from eval.running.unconstrained import Unconstrained, is_document
from extractor.decoding.answer import FieldReading
from extractor.errors import UsageError

from ..conftest import FakeReader


class Badge(BaseModel):
    surname: str | None = None
    room: int | None = None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"surname": "A", "room": null}', True),
        ('{"room": 3, "surname": null}', True),
        ('  {"surname": "A", "room": null}\n', True),
        ('```json\n{"surname": "A", "room": null}\n```', True),
        ('```\n{"surname": "A", "room": null}\n```', True),
        ('Here it is: {"surname": "A", "room": null}', False),
        ('{"surname": "A"}', False),
        ('{"surname": "A", "room": null, "shoe": 44}', False),
        ('{"surname": "A", "room": "upstairs"}', False),
        ('{"surname": "A", "room": nul', False),
        ('["A", 3]', False),
        ("[" * 100_000, False),
        ("", False),
    ],
)
def test_an_answer_is_a_document_or_not(text: str, expected: bool) -> None:
    assert is_document(text, Badge) is expected


class Model:
    """An engine that answers what it is told to, and remembers how it was asked."""

    name, label = "phi3v", "nano"
    details = {"dtype": "float32"}  # noqa: RUF012
    tokens = (7,)
    limits = SimpleNamespace(max_tokens=99)

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked: list[Any] = []

    def answer(self, evidence: Any, own: Any) -> dict[str, Any]:
        return {"surname": FieldReading("A", 0.8)}

    def question(self, evidence: Any) -> str:
        return f"question about {evidence.schema.__name__}"

    def pictures(self, evidence: Any) -> list[str]:
        return ["picture"]

    def ask(self, images: list[str], question: str, **options: Any) -> list[str]:
        self.asked.append((images, question, options))
        return [self.text[:5], self.text[5:]]


def test_the_same_is_asked_again_without_grammar() -> None:
    model = Model('{"surname": "A", "room": 1}')
    engine = Unconstrained(model)
    assert engine.answers_validly() is None
    assert engine.answer(SimpleNamespace(schema=Badge), {})["surname"].value == "A"  # type: ignore[arg-type]
    assert engine.answers_validly() is True
    assert engine.answers_validly() is None
    assert model.asked == [(["picture"], "question about Badge", {"max_tokens": 99})]
    assert (engine.name, engine.label, engine.details, engine.tokens) == ("phi3v", "nano", {"dtype": "float32"}, (7,))


def test_an_engine_without_a_model_has_nothing_to_be_asked() -> None:
    with pytest.raises(UsageError, match="--engine phi3v"):
        Unconstrained(SimpleNamespace(name="embedded"))


def test_the_command_says_so_before_it_reads(
    dataset: Path, reader: FakeReader, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--dataset", str(dataset), "--out", str(tmp_path / "run"), "--unconstrained"]) == 2
    assert "--unconstrained needs an engine with a model" in capsys.readouterr().err
    assert reader.read == []


def test_valid_answers_are_counted_by_document(
    dataset: Path, reader: FakeReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from eval.report.summary import summarise_cell
    from eval.report.tables import overall_table

    model = Model("no JSON")
    monkeypatch.setattr(runner, "engine_of", lambda cell, **options: model)

    def conclude(prepared: Any, engine: Any) -> Any:
        source, schema, options = prepared.asked
        engine.answer(SimpleNamespace(schema=schema), {})
        empty = json.dumps(dict.fromkeys(schema.model_fields))
        model.text = empty if Path(source).name == "zh-1.png" else "no JSON"
        return reader(source, schema, **options)

    monkeypatch.setattr("extractor.pipeline.conclude", conclude)
    run = Run(select(dataset), [Cell("phi3v", "nano", "int8")], tmp_path / "run", unconstrained=True)
    run.start()
    results = run.finish()
    assert [one.unconstrained for one in results.documents] == [False, False, True, False, False]
    told = summarise_cell(results)
    assert told["overall"]["valid_unconstrained"]["value"] == 0.25  # of four documents in five pictures
    settings = {"cells": {"phi3v nano int8": told}}
    assert ["valid, no grammar", "25.0"] in overall_table(settings)[1]
