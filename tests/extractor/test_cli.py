"""The `extract` command, called in this process; through its entry point: test_cli_entry."""

import csv
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from extractor import cli, cli_options
from extractor.errors import UsageError
from extractor.schemas import SCHEMAS, Passport


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], read_once: None) -> Callable[..., SimpleNamespace]:
    """`call("a.png", "--format", "csv")`: the command in this process, with its exit code and what it wrote."""

    def invoke(*arguments: str | Path) -> SimpleNamespace:
        capsys.readouterr()
        code = cli.main([*map(str, arguments), "--engine", "embedded"])
        written = capsys.readouterr()
        return SimpleNamespace(code=code, out=written.out, err=written.err)

    return invoke


@pytest.fixture
def passport(examples_dir: Path) -> Path:
    return examples_dir / "passport.png"


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    path = tmp_path / "blank.png"
    Image.new("RGB", (400, 300), "white").save(path)
    return path


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.png"
    path.write_bytes(b"this is no picture")
    return path


class TestExitCodes:
    def test_1_read_but_a_check_failed(self, call: Callable[..., Any], passport: Path, tmp_path: Path) -> None:
        (tmp_path / "mine.json").write_text(
            json.dumps({"type": "object", "properties": {"surname": {"type": "string", "maxLength": 3}}})
        )
        done = call(passport, "--schema", tmp_path / "mine.json", "--evidence")
        assert done.code == 1
        output = json.loads(done.out)
        assert output["surname"] is None
        assert [warning["code"] for warning in output["evidence"]["warnings"]] == ["invalid_value"]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ((), "name a picture, a PDF or a folder"),
            (("--schema", "nonsense", "x.png"), "no schema is called 'nonsense'"),
            (("--ask", "", "x.png"), "is a variable unset?"),
            (("--ask", "Who?", "x.png", "--output", "answer.txt"), "leave out --output"),
            (("--ask", "Who?", "x.png", "--redact", "r.png", "--evidence"), "leave out --redact, --evidence"),
            (("--ask", "Who\udcff?", "x.png"), "no text in UTF-8"),
            (("--model", "", "x.png"), "is a variable unset?"),
            (("",), "a file name is empty"),
            (("x.png", ""), "a file name is empty"),
            (("--check-schema", "auto"), "auto is the schema of whichever kind"),
            (("--decode-seconds", "0", "x.png"), "limits are numbers greater than zero"),
            (("--decode-mib", "-1", "x.png"), "limits are numbers greater than zero"),
            (("--max-megapixels", "nan", "x.png"), "limits are numbers greater than zero"),
        ],
    )
    def test_2_wrong_usage(self, call: Callable[..., Any], arguments: tuple[str, ...], message: str) -> None:
        done = call(*arguments)
        assert (done.code, done.out) == (2, "")
        assert message in done.err

    def test_2_an_output_that_cannot_be_written(self, call: Callable[..., Any], passport: Path, tmp_path: Path) -> None:
        done = call(passport, "--output", tmp_path / "no" / "such" / "folder.json")
        assert (done.code, done.out) == (2, "")
        assert "cannot be written" in done.err

    def test_2_an_overlay_in_no_picture_format(self, call: Callable[..., Any], passport: Path, tmp_path: Path) -> None:
        done = call(passport, "--overlay", tmp_path / "read.nonsense")
        assert (done.code, done.out) == (2, ""), "said before anything is read"
        assert "use a path ending in .png" in done.err

    def test_2_a_picture_into_no_folder(self, call: Callable[..., Any], passport: Path, tmp_path: Path) -> None:
        done = call(passport, "--deskew", tmp_path / "no" / "such" / "folder.png")
        assert (done.code, json.loads(done.out)["surname"]) == (2, "UNDERHILL"), "what was read is not lost"
        assert "No such file or directory" in done.err

    @pytest.mark.parametrize("option", ["--output", "--overlay", "--deskew", "--redact"])
    def test_2_a_file_that_is_read_is_not_written_over(
        self, call: Callable[..., Any], passport: Path, tmp_path: Path, option: str
    ) -> None:
        (tmp_path / "scan.png").write_bytes(passport.read_bytes())
        for target in (tmp_path / "scan.png", tmp_path):
            if option == "--output" and target == tmp_path:
                continue
            done = call(tmp_path / "scan.png", option, target)
            assert (done.code, done.out, "is read by this call" in done.err) == (2, "", True)
        assert (tmp_path / "scan.png").read_bytes() == passport.read_bytes()

    def test_2_two_pictures_in_one_file(self, call: Callable[..., Any], passport: Path, tmp_path: Path) -> None:
        done = call(passport, "--deskew", tmp_path / "a.png", "--overlay", tmp_path / "a.png")
        assert (done.code, done.out, "the same file" in done.err) == (2, "", True)
        done = call(passport, "--deskew", tmp_path / "a.png", "--output", tmp_path / "a.png")
        assert (done.code, done.out, "the same file" in done.err) == (2, "", True)

    @pytest.mark.parametrize("name", ["nowhere.png", "broken.png", "folder", "*.tif"])
    def test_3_unreadable(self, call: Callable[..., Any], tmp_path: Path, broken: Path, name: str) -> None:
        (tmp_path / "folder").mkdir()
        done = call(tmp_path / name)
        assert (done.code, done.out) == (3, "")
        assert done.err.startswith(f"extract: {tmp_path / name}: ")
        assert done.err.count("\n") == 1

    def test_4_no_document(self, call: Callable[..., Any], blank: Path) -> None:
        done = call(blank)
        assert (done.code, done.out) == (4, "")
        assert done.err.startswith(f"extract: {blank}: not a document")


class TestInputs:
    def test_in_a_batch_the_rest_goes_on(
        self, call: Callable[..., Any], passport: Path, blank: Path, broken: Path
    ) -> None:
        done = call(broken, passport, blank)
        assert done.code == 3, "the worst of several counts"
        first, second, third = json.loads(done.out)
        assert (first["file"], first["exit_code"]) == (str(broken), 3)
        assert (second["schema"], second["surname"]) == ("passport", "UNDERHILL")
        assert third["exit_code"] == 4
        # Failures are listed at the end, by name.
        assert [line.split(": ")[1] for line in done.err.splitlines()] == [str(broken), str(blank)]

    def test_a_file_whose_name_looks_like_a_pattern(
        self, call: Callable[..., Any], passport: Path, tmp_path: Path
    ) -> None:
        odd = tmp_path / "scan[1].png"
        odd.write_bytes(passport.read_bytes())
        assert json.loads(call(odd).out)["surname"] == "UNDERHILL"

    def test_several_files_can_be_one_document(self, call: Callable[..., Any], examples_dir: Path) -> None:
        sides = [examples_dir / f"chinese_id_card_{side}.png" for side in ("front", "back")]
        document = json.loads(call(*sides, "--one-document").out)
        assert document["name"]
        assert document["authority"]

    def test_pages(self, call: Callable[..., Any], passport: Path, blank: Path, tmp_path: Path) -> None:
        with Image.open(passport) as first, Image.open(blank) as second:
            pages = [first.convert("RGB"), second.convert("RGB").resize(first.size)]
        target = tmp_path / "both.tiff"
        pages[1].save(target, save_all=True, append_images=[pages[0]])
        assert call(target, "--pages", "1").code == 4
        output = json.loads(call(target, "--pages", "2", "--evidence").out)
        assert (output["surname"], len(output["evidence"]["pages"])) == ("UNDERHILL", 1)
        assert len(json.loads(call(target, "--pages", "1-2", "--evidence").out)["evidence"]["pages"]) == 2

    def test_a_module_of_the_user_s_runs_once_and_prints_to_stderr(
        self, call: Callable[..., Any], passport: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "mine.py").write_text(
            "from pydantic import BaseModel\nprint('loaded')\nclass Own(BaseModel):\n    surname: str | None = None\n"
        )
        result = call(passport, passport, "--schema", f"{tmp_path / 'mine.py'}:Own", "--format", "jsonl")
        assert [json.loads(line)["schema"] for line in result.out.splitlines()] == ["Own", "Own"]
        assert (result.code, result.err) == (0, "loaded\n")

    def test_fields_called_as_methods_of_models_say_nothing_on_stderr(
        self, call: Callable[..., Any], passport: Path, tmp_path: Path
    ) -> None:
        schema = {"type": "object", "properties": {"surname": {"type": "string"}, "json": {"type": "string"}}}
        (tmp_path / "mine.json").write_text(json.dumps(schema))
        result = call(passport, "--schema", tmp_path / "mine.json")
        assert (result.code, result.err) == (0, "")


class TestOutput:
    def test_evidence(self, call: Callable[..., Any], passport: Path) -> None:
        output = json.loads(call(passport, "--evidence").out)
        assert set(output) == {*Passport.model_fields, "document", "evidence"}
        assert set(output["document"]) == set(Passport.model_fields)
        number = output["evidence"]["fields"]["document_number"]
        assert (number["value"], number["verdict"]) == ("359970521", "verified")
        assert {source["kind"] for source in number["sources"]} == {"mrz", "visual"}
        assert len(number["box"]["points"]) == 4

    def test_csv_and_table(self, call: Callable[..., Any], passport: Path) -> None:
        (row,) = csv.DictReader(io.StringIO(call(passport, "--format", "csv").out))
        assert (row["file"], row["schema"], row["surname"]) == (str(passport), "passport", "UNDERHILL")
        assert "UNDERHILL" in call(passport, "--format", "table").out

    def test_output_goes_to_a_file_instead(self, call: Callable[..., Any], passport: Path, tmp_path: Path) -> None:
        target = tmp_path / "out.json"
        done = call(passport, "--output", target)
        assert (done.code, done.out, done.err) == (0, "", "")
        assert json.loads(target.read_text(encoding="utf-8"))["surname"] == "UNDERHILL"

    def test_the_overlay_of_one_file(self, call: Callable[..., Any], passport: Path, tmp_path: Path) -> None:
        target = tmp_path / "read.png"
        assert call(passport, "--overlay", target).code == 0
        with Image.open(target) as sheet, Image.open(passport) as page:
            assert sheet.width == 1760
            assert sheet.height >= round(page.height * 1200 / page.width)

    def test_a_document_is_laid_flat(self, call: Callable[..., Any], passport: Path, tmp_path: Path) -> None:
        target = tmp_path / "flat.png"
        assert call(passport, "--deskew", target).code == 0
        with Image.open(target) as flat:
            assert (flat.size, round(flat.info["dpi"][0])) == ((1476, 1039), 300)

    def test_overlays_of_several_files_lie_in_a_folder_and_those_called_the_same_are_counted(
        self, call: Callable[..., Any], passport: Path, tmp_path: Path
    ) -> None:
        for folder in ("a", "b"):
            (tmp_path / folder).mkdir()
            (tmp_path / folder / "scan.png").write_bytes(passport.read_bytes())
        target = tmp_path / "overlays"
        assert call(tmp_path / "a", tmp_path / "b", "--overlay", target).code == 0
        assert sorted(path.name for path in target.iterdir()) == ["scan-2.png", "scan.png"]

    def test_overlays_need_a_folder_that_can_be_made(self, call: Callable[..., Any], passport: Path) -> None:
        done = call(passport, passport.parent / "visa.png", "--overlay", passport)
        assert (done.code, done.out) == (2, "")
        assert "cannot be made a folder: File exists" in done.err

    @pytest.mark.parametrize("jobs", ["1", "3"])
    def test_documents_read_side_by_side_come_in_their_order(
        self, call: Callable[..., Any], examples_dir: Path, broken: Path, jobs: str
    ) -> None:
        files = [examples_dir / "visa.png", broken, examples_dir / "passport.png"]
        done = call(*files, "--jobs", jobs, "--format", "jsonl")
        assert done.code == 3
        assert [json.loads(line)["file"] for line in done.out.splitlines()] == list(map(str, files))

    def test_no_jobs_is_wrong_usage(self, call: Callable[..., Any], passport: Path) -> None:
        done = call(passport, "--jobs", "0")
        assert (done.code, done.err) == (2, "extract: --jobs is a number of documents, 1 or more\n")

    @pytest.mark.parametrize("option", ["--output", "--overlay", "--deskew", "--portrait", "--signature", "--redact"])
    def test_an_unset_variable_for_an_output_writes_nothing(
        self, call: Callable[..., Any], passport: Path, option: str
    ) -> None:
        before = sorted(passport.parent.parent.iterdir())
        done = call(passport, option, "")
        assert (done.code, done.out) == (2, "")
        assert "is a variable unset?" in done.err
        assert sorted(passport.parent.parent.iterdir()) == before

    def test_an_empty_schema_is_not_left_unchecked(self, call: Callable[..., Any]) -> None:
        done = call("--check-schema", "")
        assert done.code == 2
        assert "no schema is called ''" in done.err

    def test_verbose_tells_the_engine_and_the_time(self, call: Callable[..., Any], passport: Path) -> None:
        done = call(passport, "--verbose")
        assert json.loads(done.out)
        assert "extract: engine embedded: asked for" in done.err
        assert "ocr" in done.err
        assert "UNDERHILL" not in done.err

    def test_the_schemas_are_listed(self, call: Callable[..., Any]) -> None:
        lines = call("--list-schemas").out.splitlines()
        assert lines[::3] == list(SCHEMAS)
        assert lines[2].strip().split(", ") == list(Passport.model_fields)

    def test_a_progress_bar_only_on_a_terminal(
        self, call: Callable[..., Any], passport: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert call(passport, passport).err == ""
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        done = call(passport, passport)
        assert "reading" in done.err
        assert len(json.loads(done.out)) == 2


class TestTheUnforeseen:
    """Whatever happens inside, nothing of a document and no traceback is printed."""

    @pytest.mark.parametrize("stage", ["read_pages", "gather", "reconcile"])
    def test_an_error_tells_its_type_and_place_only(
        self, call: Callable[..., Any], passport: Path, monkeypatch: pytest.MonkeyPatch, stage: str
    ) -> None:
        def fail(*rest: Any, **options: Any) -> None:
            raise ValueError("SECRET")

        monkeypatch.setattr(f"extractor.pipeline.{stage}", fail)
        done = call(passport)
        assert (done.code, done.out) == (3, "")
        assert done.err.startswith(f"extract: {passport}: internal error (ValueError at test_cli.py:")
        assert done.err.count("\n") == 1
        assert "SECRET" not in done.err

    def test_in_a_batch_it_is_one_file_s(
        self, call: Callable[..., Any], passport: Path, examples_dir: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from extractor import pipeline

        gather = pipeline.gather

        def sometimes(pages: Any, zones: Any, schema: Any, **options: Any) -> Any:
            if schema is Passport:
                raise KeyError("SECRET")
            return gather(pages, zones, schema, **options)

        monkeypatch.setattr(pipeline, "gather", sometimes)
        done = call(passport, examples_dir / "visa.png")
        assert done.code == 3
        first, second = json.loads(done.out)
        assert "internal error (KeyError" in first["error"]
        assert second["surname"] == "COELHO REZENDE"
        assert "SECRET" not in done.err + done.out

    def test_an_overlay_that_fails_tells_no_more(
        self, call: Callable[..., Any], passport: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*rest: Any) -> None:
            raise RuntimeError("SECRET")

        monkeypatch.setattr("extractor.overlay.draw_overlay", fail)
        done = call(passport, "--overlay", tmp_path / "a.png")
        assert (done.code, json.loads(done.out)["surname"]) == (3, "UNDERHILL")
        assert "SECRET" not in done.err

    def test_stopped_by_hand(self, call: Callable[..., Any], passport: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def stop(*rest: Any, **options: Any) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("extractor.pipeline.read_pages", stop)
        done = call(passport)
        assert (done.code, done.out, done.err) == (130, "", "extract: stopped\n")


class TestQuestions:
    def test_the_embedded_engine_answers_none(self, call: Callable[..., Any], passport: Path) -> None:
        done = call(passport, "--ask", "What is this?")
        assert (done.code, done.out) == (2, "")
        assert "phi3v" in done.err

    def test_an_answer_is_streamed_to_stdout(
        self, passport: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        asked: list[Any] = []

        class Answering:
            name = "phi3v"

            def ask(self, images: Any, question: str) -> Any:
                asked.append((len(images), question))
                yield from ("A ", "passport.")

        monkeypatch.setattr("extractor.engines.choose_engine", lambda name, **options: (Answering(), name))
        assert cli.main([str(passport), "--ask", "What is this?"]) == 0
        assert capsys.readouterr().out == "A passport.\n"
        assert asked == [(1, "What is this?")]


@pytest.mark.parametrize(
    ("text", "numbers"), [(None, None), ("1", [1]), ("1-3", [1, 2, 3]), ("1,4", [1, 4]), ("2, 5-6", [2, 5, 6])]
)
def test_page_numbers(text: str | None, numbers: list[int] | None) -> None:
    assert cli_options.page_numbers(text) == numbers


@pytest.mark.parametrize("text", ["", "a", "1-", "-3", "1-2-3", "1,,2", "3-1", "²", "1-9999999999"])
def test_what_are_no_page_numbers(text: str) -> None:
    with pytest.raises(UsageError, match="--pages takes numbers"):
        cli_options.page_numbers(text)
