"""Every engine keeps to one contract; engines of other packages are found by their entry points."""

import json
import re
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from extractor import pipeline
from extractor.checkpoints import find_checkpoint
from extractor.cli import main
from extractor.decoding.answer import AnswerLimits, FieldReading
from extractor.engines import choose, choose_engine
from extractor.engines.contract import violations
from extractor.engines.openai import OpenAIEngine
from extractor.errors import UsageError
from extractor.schemas import Passport

from .model_server import completes, model_server


class Own:
    """An engine as somebody else might write it; `spoilt` are attributes that break the contract."""

    name, label = "own", "my model"

    def __init__(self, **spoilt):
        self.details = {"version": "3"}
        self.reading = FieldReading("ERIKSSON", 0.9)
        self.options = spoilt
        self.__dict__.update({key: value for key, value in spoilt.items() if key in ("details", "label", "reading")})

    def answer(self, evidence, own):
        return {"surname": self.reading}


class Restless(Own):
    asked = 0

    def answer(self, evidence, own):
        self.asked += 1
        own["surname"].clear()
        return {"surname": FieldReading(str(self.asked), 0.5), "shoe_size": FieldReading(None, 0.5)}


@pytest.fixture
def added(monkeypatch):
    """`added(own="module:maker")`: as if a package with such entry points were installed."""

    def add(**entries):
        made = [EntryPoint(name, value, choose.GROUP) for name, value in entries.items()]
        monkeypatch.setattr(choose, "entry_points", lambda group: made)
        choose._added.cache_clear()

    yield add
    choose._added.cache_clear()


def test_phi3v_keeps_to_it(tiny, evidence_of):
    from extractor.engines.phi3v import Phi3VEngine

    limits = AnswerLimits(600, 24)
    engine = Phi3VEngine(find_checkpoint(tiny), dtype="float32", device="cpu", num_crops=1, limits=limits)
    assert violations(engine, evidence_of()) == []


def test_openai_keeps_to_it(evidence_of):
    with model_server() as server:
        server.says(completes(dict.fromkeys(Passport.model_fields) | {"surname": "ERIKSSON"}))
        assert violations(OpenAIEngine(server.url, model="m"), evidence_of()) == []


def test_one_of_another_package_is_chosen_by_its_name_and_gets_the_options(added, evidence_of):
    added(own=f"{__name__}:Own")
    engine, why = choose_engine("own", model="theirs", timeout=3.0)
    assert why == "asked for"
    assert engine.options["model"] == "theirs"
    assert engine.options["timeout"] == 3.0
    assert violations(engine, evidence_of()) == []


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ({"reading": FieldReading(7, 0.9)}, "the value of surname is no string"),
        ({"reading": FieldReading("A", 1.5)}, "the confidence in surname is not between 0 and 1"),
        ({"reading": "ERIKSSON"}, "the answer for surname is no FieldReading"),
        ({"details": {"read": "ERIKSSON"}}, "label or details hold a value of the document"),
        ({"details": {"version": 3}}, "details map no texts to texts"),
        ({"label": None}, "label is no text"),
    ],
)
def test_what_breaks_it_is_named(spoilt, said, evidence_of):
    assert violations(Own(**spoilt), evidence_of()) == [said]


def test_answers_that_change_and_sources_that_are_changed_are_noticed(evidence_of):
    assert violations(Restless(), evidence_of()) == [
        "answer has a field that the schema does not have: shoe_size",
        "answer changes what the document's own sources say",
        "answer says something else when it is asked again",
    ]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("no_such_module:make", "cannot be made: ModuleNotFoundError"),
        (f"{__name__}:nothing", "cannot be made: AttributeError"),
        ("builtins:dict", "is no engine: it has no name, details, label, answer"),
    ],
)
def test_an_entry_point_that_makes_no_engine_is_one_line(added, value, said):
    added(own=value)
    with pytest.raises(UsageError, match=said):
        choose_engine("own")


def test_the_engine_of_the_documents_is_found_by_the_command_and_keeps_the_contract(
    added, evidence_of, examples_dir, monkeypatch, capsys
):
    module, (declared, contract) = _documented(monkeypatch)
    entries = tomllib.loads(declared)["project"]["entry-points"][choose.GROUP]
    added(**entries)
    with monkeypatch.context() as changed:
        changed.setattr(pipeline, "prepare", lambda *_: SimpleNamespace(evidence=evidence_of()))
        exec(contract, module.__dict__)
        module.test_it_keeps_the_contract()
    monkeypatch.setattr(module, "re", SimpleNamespace(search=lambda *_: ["AB/12345678"]))
    assert main([str(examples_dir / "visa.png"), "--schema", "visa", "--engine", "office", "--evidence"]) in (0, 1)
    output = json.loads(capsys.readouterr().out)
    sources = [one for one in output["evidence"]["fields"]["document_number"]["sources"] if one["kind"] == "model"]
    assert [(one["value"], one["basis"].split(";")[0]) for one in sources] == [("AB/12345678", "rules of the office")]


def _documented(monkeypatch):
    """The module of docs/engines.md's last part, its entry point, and its test."""
    text = (Path(__file__).parents[3] / "docs" / "engines.md").read_text(encoding="utf-8")
    code, declared, contract = re.findall(
        r"```(?:python|toml)\n(.*?)```", text[text.index("## An engine of your own") :], re.DOTALL
    )
    module = ModuleType("my_package")
    exec(code, module.__dict__)
    monkeypatch.setitem(sys.modules, "my_package", module)
    return module, (declared, contract)


def test_no_package_can_take_the_name_of_ours(added):
    added(embedded="no_such_module:make", phi3v="no_such_module:make")
    assert choose_engine("embedded") == (None, "asked for")
    assert choose.engine_names() == choose.ENGINES
