"""Values found again wherever they are printed, in the forms that documents use."""

from typing import Any

import pytest

from extractor.extraction import FieldEvidence, Source, SourceKind, Verdict
from extractor.redaction.values import find, forms_of


def found(value: Any, line: str, text: str = "") -> list[str]:
    source = Source(SourceKind.VISUAL, value, text or str(value), 0.9)
    forms = forms_of(FieldEvidence(value, Verdict.SINGLE, 0.9, (source,)))
    return [line[start:end] for start, end in find(forms, line)]


@pytest.mark.parametrize(
    ("value", "line", "part"),
    [
        ("L898902C3", "No. L898902C3", "L898902C3"),
        ("L898902C3", "L 898 902 C3<<7408", "L 898 902 C3"),
        ("68ML77458", "5. 68ML7745B 4b", "68ML7745B"),
        ("ERIKSSON", "P<UTOERIKSSON<<ANNA<MARIA", "ERIKSSON"),
        ("ANNA MARIA", "MARIA", "MARIA"),
        ("Ткаченко", "ТКАЧЕНКО ОЛЕНА", "ТКАЧЕНКО"),
        ("北京市东城区", "住址 北京市东城区", "北京市东城区"),
        ("1974-08-12", "12 AUG 1974", "12 AUG 1974"),
        ("1974-08-12", "born 12.08.1974", "12.08.1974"),
        ("1974-08-12", "L898902C36UTO7408122F", "740812"),
        ("123456789012", "1234 5678 9012", "1234 5678 9012"),
    ],
)
def test_a_value_is_found_in_a_line(value: str, line: str, part: str) -> None:
    assert any(part in one for one in found(value, line))


@pytest.mark.parametrize(
    ("value", "line"),
    [("M", "MARIA M"), ("B", "B BE"), ("ERIKSSON", "ERIK"), ("1974-08-12", "12 AUG 1975"), ("L898902C3", "L898902"),
     (None, "anything")],
)  # fmt: skip
def test_what_is_too_short_or_another_value_is_not(value: Any, line: str) -> None:
    assert found(value, line) == []


def test_lists_are_looked_for_one_by_one() -> None:
    assert set(found(["FIRST LINE 12", "75001 PARIS"], "75001 PARIS")) == {"75001 PARIS", "75001", "PARIS"}
