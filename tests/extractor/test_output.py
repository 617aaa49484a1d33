"""Results as text: what a program, a spreadsheet and a person get."""

import csv
import io
import json
from datetime import date
from enum import Enum
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel, SkipValidation, create_model

from extractor.extraction import Box, Extraction, FieldEvidence, PageInfo, ReadingWarning, Source, SourceKind, Verdict
from extractor.output import Outcome, as_dict, render
from extractor.schemas import ChineseIdCard, DrivingLicence, Passport

BOX = Box(0, ((1.0, 2.0), (9.0, 2.0), (9.0, 5.0), (1.0, 5.0)))


def result(schema: type[BaseModel] = Passport, warnings: tuple[ReadingWarning, ...] = (), **values: Any) -> Extraction:
    fields = {}
    for name in schema.model_fields:
        value = values.get(name)
        sources = (Source(SourceKind.VISUAL, value, str(value), 0.87654, BOX, basis="caption"),) if value else ()
        verdict = Verdict.SINGLE if value else Verdict.ABSENT
        fields[name] = FieldEvidence(value, verdict, 0.87654, sources, BOX if value else None)
    everything = dict.fromkeys(schema.model_fields) | values
    return Extraction(
        schema,
        schema.model_validate(values),
        everything,
        fields,
        warnings,
        (PageInfo(800, 600, 90, {"focus": 0.5}),),
        {"name": "embedded"},
        {"ocr": 0.5},
    )


class Colour(Enum):
    RED = "red"


class TestOneDocument:
    def test_json_is_the_flat_object_alone(self) -> None:
        text = render([Outcome("a.png", result(surname="MÜLLER", mrz=["P<D"]))], "json")
        plain = json.loads(text)
        assert list(plain) == list(Passport.model_fields)
        assert (plain["surname"], plain["mrz"], plain["name"]) == ("MÜLLER", ["P<D"], None)
        assert "MÜLLER" in text
        assert text.endswith("}\n")

    def test_json_lines_is_one_line(self) -> None:
        text = render([Outcome("a.png", result(surname="MÜLLER"))], "jsonl")
        assert text.count("\n") == 1
        assert json.loads(text)["surname"] == "MÜLLER"

    @pytest.mark.parametrize("form", ["json", "jsonl"])
    def test_a_failure_alone_leaves_nothing_on_stdout(self, form: str) -> None:
        assert render([Outcome("a.png", error="no document", exit_code=4)], form) == ""

    def test_a_value_that_its_field_did_not_check_is_written_without_a_warning(self) -> None:
        class Own(BaseModel):
            birth_date: SkipValidation[date]

        # Pydantic's warning would quote the value; warnings are errors in tests.
        assert json.loads(render([Outcome("a.png", result(Own, birth_date="1990-03-30"))], "json")) == {
            "birth_date": "1990-03-30"
        }

    def test_evidence_is_added_to_the_object(self) -> None:
        given = result(surname="SMITH", warnings=(ReadingWarning("conflict", "text", "surname"),))
        found = as_dict(given, evidence=True)["evidence"]
        assert found["fields"]["surname"] == {
            "value": "SMITH",
            "verdict": "single",
            "confidence": 0.877,
            "box": {"page": 0, "points": BOX.points},
            "note": "",
            "absence": None,
            "sources": [
                {
                    "kind": "visual",
                    "value": "SMITH",
                    "text": "SMITH",
                    "confidence": 0.877,
                    "proven": False,
                    "box": {"page": 0, "points": BOX.points},
                    "basis": "caption",
                    "supported": None,
                }
            ],
        }
        assert found["fields"]["name"]["box"] is None
        assert found["warnings"] == [{"code": "conflict", "message": "text", "field": "surname", "box": None}]
        assert found["pages"] == [{"width": 800, "height": 600, "rotation": 90, "quality": {"focus": 0.5}}]
        assert (found["schema"], found["engine"], found["seconds"]) == ("passport", {"name": "embedded"}, {"ocr": 0.5})
        json.dumps(found)

    def test_evidence_of_a_user_s_schema_is_json_whatever_its_types(self) -> None:
        class Ticket(BaseModel):
            day: date | None = None
            colour: Colour | None = None

        outcome = Outcome("a.png", result(Ticket, day=date(2026, 3, 1), colour=Colour.RED))
        found = json.loads(render([outcome], "json", evidence=True))
        assert (found["day"], found["colour"]) == ("2026-03-01", "red")
        fields = found["evidence"]["fields"]
        assert (fields["day"]["value"], fields["colour"]["value"]) == ("2026-03-01", "red")
        assert fields["day"]["sources"][0]["value"] == "2026-03-01"

    def test_evidence_hides_no_field_of_a_user_s_schema(self) -> None:
        names = ("fields", "pages", "engine", "seconds", "document", "evidence", "surname")
        form = create_model("Form", **dict.fromkeys(names, (str | None, None)))
        given = {name: f"the {name}" for name in names}
        found = json.loads(render([Outcome("a.png", result(form, **given))], "json", evidence=True))
        assert found["document"] == given
        assert {name: found[name] for name in names[:4]} == {name: given[name] for name in names[:4]}
        assert set(found["evidence"]) == {*names[:4], "warnings", "age", "regions", "barcodes", "schema"}

    def test_values_are_given_where_the_document_lacks_a_required_field(self) -> None:
        class Ticket(BaseModel):
            seat: int
            day: date | None = None

        incomplete = Extraction(Ticket, None, {"seat": None, "day": date(2026, 3, 1)}, {})
        assert as_dict(incomplete) == {"seat": None, "day": "2026-03-01"}


class TestSeveralDocuments:
    OUTCOMES = (
        Outcome("a.png", result(surname="SMITH")),
        Outcome("b.png", error="the file is empty", exit_code=3),
        Outcome("c.png", result(ChineseIdCard, name="韦小宝")),
    )

    def test_json_is_a_list_that_says_which_is_which(self) -> None:
        first, failed, third = json.loads(render(self.OUTCOMES, "json"))
        assert (first["file"], first["schema"], first["surname"]) == ("a.png", "passport", "SMITH")
        assert failed == {"file": "b.png", "error": "the file is empty", "exit_code": 3}
        assert (third["schema"], third["name"]) == ("chinese_id_card", "韦小宝")

    def test_json_lines_has_a_line_for_each(self) -> None:
        lines = render(self.OUTCOMES, "jsonl").splitlines()
        assert [json.loads(line)["file"] for line in lines] == ["a.png", "b.png", "c.png"]

    def test_csv_has_the_columns_of_every_schema_and_the_failures(self) -> None:
        rows = list(csv.DictReader(io.StringIO(render(self.OUTCOMES, "csv"))))
        assert [row["file"] for row in rows] == ["a.png", "b.png", "c.png"]
        assert rows[0]["surname"] == "SMITH"
        assert rows[0]["permanent"] == ""
        assert rows[1]["error"] == "the file is empty"
        assert rows[2]["name"] == "韦小宝"
        columns = list(rows[0])
        assert len(columns) == len(set(columns))
        assert set(columns) == {"file", "schema", "error", *Passport.model_fields, *ChineseIdCard.model_fields}

    def test_the_table_names_each_file_and_its_failure(self) -> None:
        text = render(self.OUTCOMES, "table")
        assert "a.png (passport)" in text
        assert "b.png: the file is empty" in text
        assert "韦小宝" in text


class TestCsv:
    @pytest.mark.parametrize("value", ["=1+1", "+1", "-1+1", "@SUM(A1)"])
    def test_a_formula_is_written_as_text(self, value: str) -> None:
        row = next(csv.DictReader(io.StringIO(render([Outcome("a", result(authority=value))], "csv"))))
        assert row["authority"] == f"'{value}"

    def test_lists_stand_in_one_cell_one_a_line(self) -> None:
        text = render([Outcome("a", result(DrivingLicence, vehicle_classes=["B", "BE"]))], "csv")
        row = next(csv.DictReader(io.StringIO(text)))
        assert row["vehicle_classes"] == "B\nBE"

    def test_nested_values_are_json(self) -> None:
        class Holder(BaseModel):
            name: str

        class Ticket(BaseModel):
            holder: Holder | None = None

        text = render([Outcome("a", result(Ticket, holder=Holder(name="Ö")))], "csv")
        assert json.loads(next(csv.DictReader(io.StringIO(text)))["holder"]) == {"name": "Ö"}

    def test_lists_of_objects_are_json_one_a_line(self) -> None:
        class Holder(BaseModel):
            name: str | None

        class Ticket(BaseModel):
            holders: list[Holder] = []

        text = render([Outcome("a", result(Ticket, holders=[Holder(name="Ö"), Holder(name=None)]))], "csv")
        lines = next(csv.DictReader(io.StringIO(text)))["holders"].splitlines()
        assert [json.loads(line) for line in lines] == [{"name": "Ö"}, {"name": None}]

    def test_a_named_tuple_has_its_names(self) -> None:
        class Holder(NamedTuple):
            surname: str
            sex: str | None = None

        given = Extraction(Holder, Holder("SMITH"), {"surname": "SMITH", "sex": None}, {})
        assert as_dict(given) == {"surname": "SMITH", "sex": None}
        row = next(csv.DictReader(io.StringIO(render([Outcome("a", given)] * 2, "csv"))))
        assert (row["surname"], row["sex"]) == ("SMITH", "")


class TestTable:
    def test_every_field_with_its_verdict_and_source(self) -> None:
        text = render([Outcome("a.png", result(surname="SMITH"))], "table")
        assert text.startswith("passport")
        (row,) = (line for line in text.splitlines() if "SMITH" in line)
        assert [cell.strip() for cell in row.strip("│").split("│")] == ["surname", "SMITH", "single", "0.88", "visual"]

    def test_absent_fields_have_no_value_and_no_confidence(self) -> None:
        text = render([Outcome("a.png", result(surname="SMITH"))], "table")
        (row,) = (line for line in text.splitlines() if "endorsements" in line)
        assert [cell.strip() for cell in row.strip("│").split("│")] == ["endorsements", "", "absent", "", ""]

    def test_warnings_stand_below(self) -> None:
        text = render([Outcome("a.png", result(warnings=(ReadingWarning("conflict", "sources [differ]"),)))], "table")
        assert text.rstrip().endswith("warning: sources [differ]")

    def test_markup_in_a_value_is_text(self) -> None:
        assert "[red]X[/red]" in render([Outcome("a.png", result(surname="[red]X[/red]"))], "table")

    def test_nothing_is_coloured_off_a_terminal(self) -> None:
        assert "\x1b" not in render([Outcome("a.png", result(surname="SMITH"))], "table")
