"""The text of labelled values, found in lines and compared character by character."""

from pathlib import Path

import pytest

from eval.lines import LineTally, count, main, plain, script_of, table, values_of
from extractor.labels.format import Specimen


def counted(wanted: str, *lines: str) -> LineTally:
    tally = LineTally()
    count(wanted, [plain(line) for line in lines], tally)
    return tally


@pytest.mark.parametrize(
    ("wanted", "lines", "expected"),
    [
        ("ERIKSSON", ["Surname / Nom", "ERIKSSON"], LineTally(1, 1, 1, 8, 0)),
        ("ANNA MARIA", ["Given names ANNAMARIA F"], LineTally(1, 1, 1, 9, 0)),
        ("Müller", ["MULLER"], LineTally(1, 1, 0, 6, 1)),
        ("ERIKSSON", ["ERIKSDN"], LineTally(1, 1, 0, 8, 2)),
        ("ERIKSSON", ["12.08.1990", "X"], LineTally(1, 0, 0, 0, 0)),
        ("ERIKSSON", [], LineTally(1, 0, 0, 0, 0)),
        ("MAIN ROAD 5 LONDON", ["LONDON", "MAIN ROAD 5"], LineTally(1, 1, 1, 15, 0)),
        ("МИЛА / MILA", ["MILA", "МИЛА"], LineTally(1, 1, 1, 8, 0)),
        ("A B C D E", ["E", "D", "C", "B", "A"], LineTally(1, 1, 0, 5, 2)),
    ],
)
def test_a_value_is_the_piece_of_a_line_that_is_most_like_it(
    wanted: str, lines: list[str], expected: LineTally
) -> None:
    assert counted(wanted, *lines) == expected


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Иванов I", "Cyrillic"),
        ("สมชาย", "Thai"),
        ("김민준", "Hangul"),
        ("東京 とうきょう", "Chinese and Japanese"),
        ("L-123", "Latin"),
        ("12345", "digits"),
    ],
)
def test_a_value_s_script_is_that_of_most_letters(text: str, script: str) -> None:
    assert script_of(text) == script


def test_what_is_not_printed_as_labelled_is_not_looked_for() -> None:
    fields = {"surname": "LEE", "birth_date": "1990-01-02", "sex": "F", "document_number": "L1", "authority": None}
    specimen = Specimen(
        Path("x.png"), "passport", {**fields, "given_names": "ANN"}, mrz_only=frozenset({"given_names"})
    )
    assert list(values_of(specimen)) == ["LEE"]


def test_the_table_has_a_row_a_script() -> None:
    text = table({"Thai": LineTally(2, 1, 1, 5, 0), "Latin": LineTally(9, 9, 9, 50, 1)})
    assert text.index("Latin") < text.index("Thai")
    assert "| 98.0 % |" in text
    assert "| 50.0 % |" in text


def test_a_folder_without_labels_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--dataset", str(tmp_path)]) != 0
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
