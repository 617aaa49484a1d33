"""The model's reading is one more source for every field, weighed against what the document itself says."""

import json
from dataclasses import replace
from typing import Literal

import pytest
import torch
from PIL import Image
from pydantic import BaseModel

from extractor import extract
from extractor.checkpoints import find_checkpoint
from extractor.cli import main
from extractor.decoding.answer import AnswerLimits, FieldReading
from extractor.decoding.loop import Written
from extractor.engines import choose_engine, phi3v
from extractor.engines.phi3v import Phi3VEngine
from extractor.errors import CheckpointError, DeviceError
from extractor.extraction import SourceKind, Verdict
from extractor.reconcile import reconcile
from extractor.schemas import SCHEMAS, ChineseIdCard, IdCard, Passport
from extractor.schemas.plan import plan_of
from extractor.sources import read_sources

pytestmark = pytest.mark.usefixtures("read_once")
SMALL = AnswerLimits(600, 24)
DTYPES = pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int8", "int4"])


def engine_over(folder, **options):
    options = {"dtype": "float32", "device": "cpu", "num_crops": 1, "limits": SMALL} | options
    return Phi3VEngine(find_checkpoint(folder), **options)


@pytest.fixture
def says(monkeypatch):
    """`says(surname="X")`: the network answers so, null elsewhere, each with a probability of 0.8."""

    def answer(**values):
        def write(runner, inputs, grammars, **options):
            fields = [{name: FieldReading(values.get(name), 0.8) for name in one.fields} for one in grammars]
            return [Written("", (1, 2, 3), one, 1, 0, 0) for one in fields]

        monkeypatch.setattr(phi3v, "write", write)

    return answer


def model_source(sources, name):
    (one,) = (source for source in sources[name] if source.kind is SourceKind.MODEL)
    return one


# --- what it adds


def test_every_field_gets_one_source_of_the_models_behind_the_documents_own(tiny, evidence_of):
    evidence = evidence_of()
    sources = read_sources(evidence, engine_over(tiny))
    alone = read_sources(evidence)
    assert list(sources) == list(Passport.model_fields)
    for name, own in sources.items():
        assert own[:-1] == alone[name]
        assert own[-1].kind is SourceKind.MODEL
        assert 0 <= own[-1].confidence <= 1
        assert own[-1].basis.startswith("tiny, float32")


def test_a_value_that_stands_on_the_page_says_so_and_where(tiny, evidence_of, says):
    says(surname="ERIKSSON", place_of_birth="ZENITH", birth_date="1974-08-12")
    sources = read_sources(evidence_of(), engine_over(tiny))
    surname, birth = model_source(sources, "surname"), model_source(sources, "birth_date")
    assert (surname.value, surname.text, surname.confidence, surname.supported) == ("ERIKSSON", "ERIKSSON", 0.8, True)
    place = model_source(sources, "place_of_birth")
    assert place.supported
    assert place.box.page == 0
    assert birth.supported
    assert birth.basis == "tiny, float32; stands in the MRZ"


@pytest.mark.parametrize(
    ("name", "value", "basis"),
    [
        ("surname", "WASHINGTON", "found nowhere on the page"),
        ("given_names", "Given names", "stands on the page only as a caption"),
        ("name", "ZENITH", "stands on the page as place_of_birth"),
    ],
)
def test_a_value_that_does_not_is_marked(tiny, evidence_of, says, name, value, basis):
    says(**{name: value})
    one = model_source(read_sources(evidence_of(), engine_over(tiny)), name)
    assert (one.supported, one.basis) == (False, f"tiny, float32; {basis}")


def test_null_and_a_value_beyond_the_limits_differ(tiny, evidence_of, monkeypatch):
    def write(runner, inputs, grammars, **options):
        fields = {name: FieldReading(None, 0.7) for name in grammars[0].fields}
        fields["address"] = FieldReading(None, 0.0, cut=True)
        return [Written("", (), fields, 1, 0, 0)]

    monkeypatch.setattr(phi3v, "write", write)
    sources = read_sources(evidence_of(), engine_over(tiny))
    silent, cut = model_source(sources, "issue_date"), model_source(sources, "address")
    assert (silent.value, silent.confidence, silent.supported) == (None, 0.7, None)
    assert (cut.value, cut.confidence) == (None, 0.0)
    assert cut.basis.endswith("its value exceeded every limit")


def test_reconciled_it_confirms_contradicts_and_invents(tiny, evidence_of, says):
    says(surname="Eriksson", document_number="A1B2C3D4E", place_of_birth="ZENITH", authority="MINISTRY OF SILENCE")
    evidence = evidence_of()
    alone = reconcile(Passport, read_sources(evidence))[2]
    fields = reconcile(Passport, read_sources(evidence, engine_over(tiny)), keep_unsupported=True)[2]
    assert fields["surname"].confidence > alone["surname"].confidence
    # A check digit proves the document's own number.
    assert (fields["document_number"].value, fields["document_number"].verdict) == ("L898902C3", Verdict.VERIFIED)
    assert fields["place_of_birth"].verdict is Verdict.AGREE
    assert (fields["authority"].value, fields["authority"].verdict) == ("MINISTRY OF SILENCE", Verdict.UNSUPPORTED)
    assert fields["authority"].confidence < 0.2


# --- how it is asked


def test_documents_read_together_are_read_as_alone(tiny, evidence_of):
    engine = engine_over(tiny)
    evidences = [evidence_of(Passport), evidence_of(IdCard)]
    owns = [read_sources(evidence) for evidence in evidences]
    together = engine.answer_batch(evidences, owns)
    assert len(engine.tokens) == 2
    for evidence, own, answer in zip(evidences, owns, together, strict=True):
        alone = engine.answer(evidence, own)
        assert {name: one.value for name, one in answer.items()} == {name: one.value for name, one in alone.items()}


def test_pages_are_pictures_of_one_prompt(tiny, evidence_of):
    engine = engine_over(tiny)
    evidence = evidence_of(pages=2)
    assert [picture.size for picture in engine.pictures(evidence)] == [(900, 600), (900, 600)]
    assert "pages or sides of one document" in engine.question(evidence)
    assert list(read_sources(evidence, engine)) == list(Passport.model_fields)


def test_hints_are_given_unless_they_are_declined(tiny, evidence_of):
    evidence = evidence_of()
    assert "ERIKSSON" in engine_over(tiny).question(evidence)
    declined = engine_over(tiny, hints=False)
    assert "ERIKSSON" not in declined.question(evidence)
    assert (declined.details["hints"], engine_over(tiny).details["hints"]) == ("no", "yes")


def test_a_checkpoint_says_how_it_wants_to_be_asked(altered, evidence_of):
    wishes = {"prompt": "short", "hints": False, "framed": True}
    engine = engine_over(altered(extractor=wishes))
    evidence = evidence_of(pages=2)
    assert engine.question(evidence) == "passport: " + " ".join(Passport.model_fields)
    assert len(engine.pictures(evidence)) == 1
    assert list(read_sources(evidence, engine)) == list(Passport.model_fields)
    assert engine_over(engine.checkpoint.folder, hints=True).asking.hints


def test_a_checkpoint_may_want_nulls_to_weigh_more(tiny, altered, evidence_of, monkeypatch):
    monkeypatch.setattr(phi3v, "_NULL", "n")  # what the tiny tokenizer begins a null with
    usual, cautious = engine_over(tiny), engine_over(altered(extractor={"null_bonus": 100.0}))
    for engine, silent in ((usual, False), (cautious, True)):
        sources = read_sources(evidence_of(), engine)
        values = [model_source(sources, name).value for name in Passport.model_fields]
        assert all(value is None for value in values) is silent


def test_a_bonus_of_null_needs_null_to_be_a_token(altered, evidence_of):
    engine = engine_over(altered(extractor={"null_bonus": 1.0}))
    with pytest.raises(CheckpointError, match="asks for a bonus of null, which is no token"):
        read_sources(evidence_of(), engine)


def test_the_cache_serves_documents_of_like_length_again(tiny, evidence_of):
    engine = engine_over(tiny)
    read_sources(evidence_of(), engine)
    first = engine._runner
    read_sources(evidence_of(ChineseIdCard), engine)
    assert engine._runner is first
    engine.answer_batch([evidence_of()] * 2, [read_sources(evidence_of())] * 2)
    assert engine._runner is not first


def test_which_model_read_stands_in_the_details(tiny):
    engine = engine_over(tiny)
    assert engine.details == {
        "checkpoint": "tiny",
        "digest": find_checkpoint(tiny).digest,
        "dtype": "float32",
        "device": "cpu",
        "hints": "yes",
    }


# --- what can go wrong


def test_running_out_of_memory_is_one_line_and_the_engine_reads_on(tiny, evidence_of, monkeypatch):
    engine = engine_over(tiny)

    def fails(*arguments, **options):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    with monkeypatch.context() as patch:
        patch.setattr(phi3v, "write", fails)
        with pytest.raises(DeviceError, match="out of memory on cpu while reading 1 documents: the peak was"):
            read_sources(evidence_of(), engine)
    assert read_sources(evidence_of(), engine)


# --- free questions


def test_a_question_is_answered_in_pieces(tiny):
    engine = engine_over(tiny)
    picture = Image.new("RGB", (400, 300), "white")
    pieces = list(engine.ask([picture], "What is it?", max_tokens=12))
    assert 0 < len(pieces) <= 13
    assert list(engine.ask([picture], "What is it?", max_tokens=12)) == pieces


# --- the whole road


@DTYPES
def test_a_picture_becomes_valid_json_in_every_precision(tiny, examples_dir, capsys, dtype):
    picture = examples_dir / "chinese_id_card_front.png"
    arguments = ["--schema", "chinese_id_card", "--engine", "phi3v", "--model", str(tiny), "--dtype", dtype]
    code = main([str(picture), *arguments, "--device", "cpu", "--num-crops", "1", "--evidence", "--verbose"])
    output = capsys.readouterr()
    assert code in (0, 1)
    read = json.loads(output.out)["evidence"]
    assert read["engine"]["dtype"] == dtype
    assert f"extract: engine phi3v: {tiny} was named; {dtype} on cpu: asked for" in output.err
    for name, one in read["fields"].items():
        assert [source["kind"] for source in one["sources"]].count("model") == 1, name
    # The weights are random: what the document proves must stand against them.
    assert read["fields"]["document_number"]["verdict"] == "verified"


#: Those that differ most; what a schema's grammar allows is tested in decoding.
FIRST = ("passport", "chinese_id_card", "driving_licence")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [*FIRST, *(pytest.param(n, marks=pytest.mark.long) for n in SCHEMAS if n not in FIRST)]
)
def test_every_example_is_read_into_its_schema(tiny, examples, examples_dir, name):
    engine, _ = choose_engine("phi3v", model=str(tiny), dtype="bfloat16", device="cpu", num_crops=1)
    engine.limits = SMALL
    file = next(file for file, record in examples.items() if record["schema"] == name)
    result = extract(examples_dir / file, name, engine=engine)
    assert list(result.fields) == list(SCHEMAS[name].model_fields)
    assert all(model_source({"it": one.sources}, "it").basis for one in result.fields.values())


def test_a_question_is_answered_on_the_command_line(tiny, examples_dir, capsys):
    asked = ["--engine", "phi3v", "--model", str(tiny), "--dtype", "float32", "--device", "cpu", "--num-crops", "1"]
    assert main([str(examples_dir / "visa.png"), *asked, "--ask", "What is in this picture?"]) == 0
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--model", "nobody/nothing"], 3, "nor in the hub's cache"),
        (["--device", "cuda"], 3, "no device cuda"),
        (["--num-crops", "0"], 2, "--num-crops"),
    ],
)
def test_bad_input_is_one_line_and_an_exit_code(tiny, examples_dir, capsys, arguments, code, message):
    if "cuda" in arguments and torch.cuda.is_available():
        arguments = ["--device", "mps"]
        message = "no device mps"
    asked = ["--engine", "phi3v", "--model", str(tiny), *arguments]
    assert main([str(examples_dir / "visa.png"), *asked]) == code
    output = capsys.readouterr()
    assert output.out == ""
    assert message in output.err
    assert output.err.count("\n") == 1


# --- schemas of a user's own


class Leg(BaseModel):
    start: str


class Holder(BaseModel):
    last_name: str
    hobby: str | None = None


class Journey(BaseModel):
    holder: Holder
    sex: Literal["Male", "Female"] | None = None
    legs: list[Leg] = []


def test_nested_models_and_lists_of_models_are_asked_for_too(tiny, evidence_of, says):
    says(**{"surname": "ERIKSSON", "holder.hobby": "ZENITH", "legs": [{"start": "UTOPIA"}]})
    plan = plan_of(Journey)
    sources = read_sources(
        replace(evidence_of(), schema=plan.reading, reads_as=plan.reading_of("passport")), engine_over(tiny)
    )
    document, _, fields, _ = reconcile(Journey, sources)
    assert document == Journey(
        holder=Holder(last_name="ERIKSSON", hobby="ZENITH"), sex="Female", legs=[Leg(start="UTOPIA")]
    )
    assert fields["holder.last_name"].verdict in (Verdict.AGREE, Verdict.VERIFIED)
    assert [source.kind for source in fields["legs"].sources] == [SourceKind.MODEL]


def test_a_real_answer_is_held_to_the_flat_schema(tiny, evidence_of):
    plan = plan_of(Journey)
    engine = engine_over(tiny)
    sources = read_sources(replace(evidence_of(), schema=plan.reading), engine)
    assert list(sources) == ["surname", "holder.hobby", "sex", "legs"]
    assert "holder.hobby" in engine.question(replace(evidence_of(), schema=plan.reading))
