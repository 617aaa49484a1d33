"""What a reading tells of its fields."""

import pytest

from extractor.mrz.find import read_mrz
from extractor.mrz.reading import FieldProof, MrzReading

from .documents import page

CARD = ["I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"]


@pytest.fixture
def reading() -> MrzReading:
    return read_mrz(page(CARD))


@pytest.mark.parametrize(
    ("name", "proof"),
    [
        ("document_number", FieldProof.CHECK_DIGIT),
        ("birth_date", FieldProof.CHECK_DIGIT),
        ("optional_data_1", FieldProof.COMPOSITE),
        ("nationality", FieldProof.FORMAT),
        ("surname", FieldProof.FORMAT),
        ("given_names", FieldProof.FORMAT),
        ("personal_number", FieldProof.NONE),
        ("issue_date", FieldProof.NONE),
        ("no such field", FieldProof.NONE),
    ],
)
def test_proofs(reading: MrzReading, name: str, proof: FieldProof) -> None:
    assert reading.field_proof(name) is proof
    assert (reading.field_confidence(name) == 0.0) == (proof is FieldProof.NONE)


def test_a_wrong_check_digit_takes_the_proof_of_its_field_only() -> None:
    wrong = read_mrz(page(["I<UTOH77HH77H72<<<<<<<<<<<<<<<", *CARD[1:]]))
    assert not wrong.valid
    assert wrong.field_proof("document_number") is not FieldProof.CHECK_DIGIT
    assert wrong.field_proof("birth_date") is FieldProof.CHECK_DIGIT


def test_personal_data_are_not_in_the_representation_of_evidence(reading: MrzReading) -> None:
    assert "evidence" not in repr(reading)
    assert "certainty" not in repr(reading)
