"""The one road: the drawn examples come out as labelled, whatever they are given as, and what is none is refused."""

import io
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import BaseModel

from extractor import NoDocumentError, SchemaError, UnreadableInputError, UsageError, extract, extract_documents
from extractor.decoding.answer import FieldReading
from extractor.evidence import DocumentEvidence
from extractor.extraction import Extraction, Source, SourceKind, Verdict
from extractor.imaging import load_pages
from extractor.schemas import SCHEMAS, IdCard, Passport
from extractor.schemas.bilingual import latin_of

from .drawn import drawn, tilted

#: Each example in one of the ways a page can lie: turned clockwise, or tilted.
WAYS: Mapping[str, int] = {
    "passport.png": 180,
    "passport_chinese.png": 90,
    "id_card.png": 270,
    "chinese_id_card_front.png": 180,
    "chinese_id_card_back.png": 5,
    "driving_licence.png": 90,
    "residence_permit.png": 5,
    "visa.png": -5,
}
EXAMPLES = tuple(WAYS)


def differences(result: Extraction, labels: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Field -> (label, what was read), where they differ; a null that was read as something counts."""
    texts = ("place_of_birth", "authority")
    wanted = {name: latin_of(value) if name in texts and value else value for name, value in labels.items()}
    return {name: (value, result.values[name]) for name, value in wanted.items() if result.values[name] != value}


@pytest.fixture
def picture(examples_dir: Path) -> Callable[[str], np.ndarray]:
    return lambda file: load_pages(examples_dir / file)[0]


class TestExamples:
    def test_every_example_is_tested(self, examples: Mapping[str, Any]) -> None:
        assert set(EXAMPLES) == set(examples)
        assert {record["schema"] for record in examples.values()} == set(SCHEMAS)

    @pytest.mark.parametrize("file", EXAMPLES)
    def test_every_labelled_field_comes_out(self, file: str, examples: Any, read_example: Callable[[str], Any]) -> None:
        result = read_example(file)
        assert differences(result, examples[file]["fields"]) == {}
        assert result.document == result.schema.model_validate(dict(result.values))
        assert {warning.code for warning in result.warnings} <= {"expired"}
        assert result.checks_passed

    @pytest.mark.parametrize("file", EXAMPLES)
    def test_every_value_has_its_sources_its_place_and_its_confidence(
        self, file: str, read_example: Callable[[str], Any]
    ) -> None:
        result = read_example(file)
        width, height = result.pages[0].width, result.pages[0].height
        for name, one in result.fields.items():
            assert 0.0 <= one.confidence <= 1.0
            assert (one.value is None) == (one.verdict is Verdict.ABSENT)
            assert one.value == result.values[name]
            if one.value is not None:
                assert one.sources, name
                assert one.box is not None, name
                assert all(-2 <= x <= width + 2 and -2 <= y <= height + 2 for x, y in one.box.points), name

    @pytest.mark.parametrize("file", EXAMPLES)
    def test_boxes_lie_on_what_is_printed(self, file: str, examples: Any, read_example: Callable[[str], Any]) -> None:
        result = read_example(file)
        for name, polygons in examples[file]["boxes"].items():
            visual = [one for one in result.fields[name].sources if one.kind is SourceKind.VISUAL and one.box]
            if not visual:
                continue
            printed = np.concatenate([np.array(polygon) for polygon in polygons])
            middle = np.array(visual[0].box.points).mean(axis=0)
            assert (printed.min(axis=0) - 12 <= middle).all(), name
            assert (middle <= printed.max(axis=0) + 12).all(), name

    @pytest.mark.parametrize("file", EXAMPLES)
    def test_the_kind_is_recognised(self, file: str, examples: Any, examples_dir: Path, read_once: None) -> None:
        result = extract(examples_dir / file, today=date(2026, 3, 1))
        assert result.schema is SCHEMAS[examples[file]["schema"]]
        assert differences(result, examples[file]["fields"]) == {}

    @pytest.mark.slow
    @pytest.mark.parametrize("file", EXAMPLES)
    def test_a_page_that_lies_another_way_reads_the_same(
        self, file: str, examples: Any, picture: Callable[[str], np.ndarray], today: date
    ) -> None:
        way = WAYS[file]
        image = np.rot90(picture(file), k=-(way // 90)) if way % 90 == 0 else tilted(picture(file), way)
        result = extract(np.ascontiguousarray(image), examples[file]["schema"], today=today)
        assert differences(result, examples[file]["fields"]) == {}
        assert result.pages[0].rotation == ((360 - way) % 360 if way % 90 == 0 else 0)
        assert (result.pages[0].height, result.pages[0].width) == image.shape[:2]


class TestInputs:
    def test_it_does_not_matter_what_a_picture_is_given_as(
        self, examples_dir: Path, picture: Callable[[str], np.ndarray], read_once: None, today: date
    ) -> None:
        path = examples_dir / "passport.png"
        expected = extract(path, Passport, today=today)
        with Image.open(path) as image, path.open("rb") as file:
            for source in (str(path), path.read_bytes(), file, image, picture("passport.png"), [path], (path,)):
                result = extract(source, Passport, today=today)
                assert result.values == expected.values, type(source)
                assert {name: one.box for name, one in result.fields.items()} == {
                    name: one.box for name, one in expected.fields.items()
                }

    def test_both_sides_of_a_chinese_card_are_one_document(
        self, examples: Any, examples_dir: Path, read_once: None, today: date
    ) -> None:
        files = ("chinese_id_card_front.png", "chinese_id_card_back.png")
        front, back = (examples[file]["fields"] for file in files)
        expected = {name: front[name] if front[name] is not None else back[name] for name in front}
        for schema in ("chinese_id_card", "auto"):
            result = extract([examples_dir / file for file in files], schema, today=today)
            assert differences(result, expected) == {}
            assert len(result.pages) == 2
            assert result.fields["name"].box.page == 0
            assert result.fields["authority"].box.page == 1

    def test_pages_are_chosen_by_number(self, examples_dir: Path, tmp_path: Path, read_once: None, today: date) -> None:
        pages = []
        for file in ("visa.png", "passport.png"):
            with Image.open(examples_dir / file) as image:
                pages.append(image.convert("RGB"))
        target = tmp_path / "both.tiff"
        pages[0].save(target, save_all=True, append_images=pages[1:])
        result = extract(target, pages=[2], today=today)
        assert result.schema is Passport
        assert len(result.pages) == 1
        with pytest.raises(UsageError, match="there is no page 3: the file has 2"):
            extract(target, pages=[3])

    def test_stages_and_quality_are_told(self, read_example: Callable[[str], Any], examples_dir: Path) -> None:
        result = read_example("passport.png")
        assert list(result.seconds) == ["load", "ocr", "mrz", "grouping", "scripts", "evidence", "engine", "reconcile"]
        assert all(seconds >= 0 for seconds in result.seconds.values())
        assert result.engine == {"name": "embedded"}
        (page,) = result.pages
        with Image.open(examples_dir / "passport.png") as image:
            assert (page.width, page.height, page.rotation) == (*image.size, 0)
        assert set(page.quality) == {"edge_width", "text_height", "light", "contrast", "stripes"}


class TestRefusals:
    TEXT = tuple(
        (line, 40, 40 + 44 * n)
        for n, line in enumerate(
            [
                "Minutes of the meeting",
                "The chair opened the meeting",
                "and thanked everybody for coming",
                "Next week again",
            ]
        )
    )

    def test_a_blank_page_is_no_document(self) -> None:
        for schema in ("auto", "passport"):
            with pytest.raises(NoDocumentError, match="not a document"):
                extract(np.full((500, 800, 3), 240, np.uint8), schema)

    def test_a_plain_text_page_is_no_document(self, read_once: None) -> None:
        page = drawn(self.TEXT)
        for schema in ("auto", "passport", "driving_licence"):  # with a zone, and with captions that are numbers
            with pytest.raises(NoDocumentError, match="not a document"):
                extract(page, schema)

    def test_noise_is_no_document(self) -> None:
        noise = np.random.default_rng(7).integers(0, 256, (300, 400, 3), np.uint8)
        with pytest.raises(NoDocumentError, match="not a document"):
            extract(noise, "passport")

    def test_what_is_no_picture_is_refused_before_anything_is_read(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableInputError, match="the file is empty"):
            extract(b"")
        with pytest.raises(UnreadableInputError, match="no such file"):
            extract(tmp_path / "nowhere.png")

    def test_an_unknown_schema_is_refused_before_anything_is_loaded(self, tmp_path: Path) -> None:
        with pytest.raises(SchemaError, match="no schema is called 'nonsense'"):
            extract(tmp_path / "nowhere.png", "nonsense")

    def test_a_call_without_a_picture_is_refused(self) -> None:
        with pytest.raises(UsageError, match="name at least one picture"):
            extract([], "passport")


class TestOwnSchemas:
    @pytest.fixture
    def passport(self, examples_dir: Path, read_once: None) -> Path:
        return examples_dir / "passport.png"

    def test_a_class(self, passport: Path, today: date) -> None:
        class Names(BaseModel):
            surname: str
            given_names: str
            expiry_date: date

        result = extract(passport, Names, today=today)
        assert result.document == Names(surname="UNDERHILL", given_names="JOSHUA", expiry_date=date(2033, 1, 9))

    def test_a_required_field_that_is_not_there(self, passport: Path, today: date) -> None:
        class Shoes(BaseModel):
            surname: str
            given_names: str
            shoe_size: int

        result = extract(passport, Shoes, today=today)
        assert result.document is None
        assert result.values == {"surname": "UNDERHILL", "given_names": "JOSHUA", "shoe_size": None}
        assert not result.checks_passed
        assert [warning.field for warning in result.warnings] == ["shoe_size"]

    def test_a_class_in_a_file_and_a_json_schema(self, passport: Path, tmp_path: Path, today: date) -> None:
        (tmp_path / "mine.py").write_text(
            "from pydantic import BaseModel\nclass Ticket(BaseModel):\n    surname: str\n    document_number: str\n"
        )
        definition = {"type": "object", "properties": {"surname": {"type": "string"}, "birth_date": {"type": "string"}}}
        (tmp_path / "mine.json").write_text(json.dumps(definition))
        by_file = extract(passport, f"{tmp_path / 'mine.py'}:Ticket", today=today)
        assert by_file.values == {"surname": "UNDERHILL", "document_number": "359970521"}
        by_json = extract(passport, str(tmp_path / "mine.json"), today=today)
        assert by_json.values == {"surname": "UNDERHILL", "birth_date": "2020-03-30"}

    def test_a_caption_of_one_s_own(self, passport: Path, today: date) -> None:
        from pydantic import Field

        class Office(BaseModel):
            surname: str | None = None
            office: str | None = Field(None, json_schema_extra={"x-captions": {"en": ["Authority"]}})

        assert extract(passport, Office, today=today).values == {"surname": "UNDERHILL", "office": "IPS"}


class TestWarnings:
    def test_another_kind_than_the_one_asked_for_is_told(self, examples_dir: Path, read_once: None) -> None:
        result = extract(examples_dir / "passport.png", IdCard)
        assert [warning.code for warning in result.warnings] == ["schema_mismatch"]
        assert "passport" in result.warnings[0].message
        assert result.checks_passed

    def test_a_picture_without_a_document_is_told_of(self) -> None:
        texts = ("CITY LIBRARY", "MEMBER 4839", "NAME JOHN SMITH", "DATE OF BIRTH 12.03.1990")
        card = drawn([(text, 60, 40 + 80 * number) for number, text in enumerate(texts)])
        assert "not_recognised" in [warning.code for warning in extract(card, Passport).warnings]
        with pytest.raises(NoDocumentError):
            extract(card)

    def test_a_visa_names_a_passport_and_is_none(self, examples_dir: Path, read_once: None) -> None:
        result = extract(examples_dir / "visa.png", Passport)
        assert "schema_mismatch" in [warning.code for warning in result.warnings]

    def test_a_schema_of_one_s_own_is_no_mismatch(self, examples_dir: Path, read_once: None) -> None:
        class Names(BaseModel):
            surname: str
            given_names: str

        assert extract(examples_dir / "passport.png", Names).warnings == ()

    def test_failed_check_digits_and_cut_names_are_told_by_field(self, read_once: None, monkeypatch: Any) -> None:
        from .printed import page, rows

        zone = (
            "P<UTONILAVADHANANANDA<<CHAYAPA<DEJTHAMRONGSUK",
            "L898902C36UTO7408127F1204159ZE184226B<<<<<10",
        )
        zone = (zone[0][:44], zone[1])
        monkeypatch.setattr("extractor.pipeline.read_pages", lambda image, index: [page(rows(*zone))])
        monkeypatch.setattr("extractor.mrz.zone._look_again", lambda *rest: None)
        result = extract(np.full((700, 1000, 3), 240, np.uint8), "passport")
        assert {(warning.code, warning.field) for warning in result.warnings} >= {
            ("mrz_check_digit", "birth_date"),
            ("names_truncated", "given_names"),
        }
        assert not result.checks_passed


class Speaker:
    """An engine that says what a model would."""

    name = label = "speaker"
    details: Mapping[str, str] = {"version": "1"}

    def __init__(self, **values: Any) -> None:
        self.values = values
        self.seen: list[tuple[DocumentEvidence, Mapping[str, Sequence[Source]]]] = []

    def answer(self, evidence: DocumentEvidence, own: Mapping[str, Sequence[Source]]) -> dict[str, FieldReading]:
        self.seen.append((evidence, own))
        return {name: FieldReading(value, 0.9) for name, value in self.values.items()}


class TestEngines:
    def test_any_engine_can_read(self, examples_dir: Path, read_once: None, today: date) -> None:
        engine = Speaker(surname="SMITH", given_names="ANNA")
        result = extract(examples_dir / "passport.png", "passport", engine=engine, today=today)
        assert result.engine == {"name": "speaker", "version": "1"}
        # The document's own sources agree and stand against what stands nowhere on the page.
        assert (result.values["surname"], result.fields["surname"].verdict) == ("UNDERHILL", Verdict.AGREE)
        *own, model = result.fields["surname"].sources
        assert (model.kind, model.value, model.supported) == (SourceKind.MODEL, "SMITH", False)
        assert {source.kind for source in own} == {SourceKind.MRZ, SourceKind.VISUAL}
        (evidence, given) = engine.seen[0]
        assert (evidence.zone is not None, evidence.context.today) == (True, today)
        assert list(given["surname"]) == own

    def test_what_a_model_makes_up_makes_no_document_of_a_blank_page(self) -> None:
        engine = Speaker(surname="SMITH", given_names="ANNA", document_number="123456", birth_date="1974-08-12")
        with pytest.raises(NoDocumentError, match="not a document"):
            extract(np.full((500, 800, 3), 240, np.uint8), "passport", engine=engine)


def test_nothing_is_left_on_disk(examples_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    extract(io.BytesIO((examples_dir / "visa.png").read_bytes()), "visa")
    with pytest.raises(UnreadableInputError):
        extract((examples_dir / "visa.png").read_bytes()[:3000], "visa")
    assert list(tmp_path.iterdir()) == []


class TestSeveralDocuments:
    """A passport and a card of two people, on one picture and in one call."""

    @pytest.fixture
    def pictures(self, examples_dir: Path) -> tuple[np.ndarray, np.ndarray]:
        found = []
        for file in ("passport.png", "id_card.png"):
            with Image.open(examples_dir / file) as image:
                found.append(np.asarray(image.convert("RGB")))
        return found[0], found[1]

    def test_all_are_read_each_with_its_region_and_nothing_of_the_other(
        self, two_people: np.ndarray, examples: Any, read_once: None, today: date
    ) -> None:
        passport, card = extract_documents(two_people, today=today)
        assert differences(passport, examples["passport.png"]["fields"]) == {}
        assert differences(card, examples["id_card.png"]["fields"]) == {}
        for result in (passport, card):
            heights = [y for region in result.regions for _, y in region.points]
            boxes = [one.box for one in result.fields.values() if one.box]
            assert boxes
            assert all(min(heights) <= y <= max(heights) for box in boxes for _, y in box.points)
        # The sides of the card are parted by paper too.
        assert [len(result.regions) for result in (passport, card)] == [1, 2]

    def test_one_is_the_largest_and_says_how_to_get_the_others(
        self, two_people: np.ndarray, read_once: None, today: date
    ) -> None:
        result = extract(two_people, today=today)
        (warning,) = [one for one in result.warnings if one.code == "several_documents"]
        assert warning.message.startswith("of 2 documents")
        assert not result.checks_passed
        # Of the kind that is asked for, if one is.
        assert extract(two_people, Passport, today=today).document.surname == "UNDERHILL"

    def test_what_the_caller_calls_one_document_must_not_contradict_itself(
        self, two_people: np.ndarray, pictures: Any, read_once: None, today: date
    ) -> None:
        for source in (two_people, list(pictures)):
            with pytest.raises(NoDocumentError, match="not one document: its pages or parts contradict each other"):
                extract(source, today=today, one_document=True)
        alone = extract(pictures[0], today=today, one_document=True)
        assert (alone.document.surname, alone.warnings) == ("UNDERHILL", extract(pictures[0], today=today).warnings)

    def test_what_is_no_document_is_pointed_at(self, pictures: Any, read_once: None, today: date) -> None:
        letter = drawn(TestRefusals.TEXT)
        *found, last = extract_documents([*pictures, letter], today=today)
        assert [type(result.document) for result in (*found, last)] == [Passport, IdCard]
        (warning,) = [one for one in found[0].warnings if one.code == "no_document_here"]
        assert warning.box
        assert warning.box.page == 2
