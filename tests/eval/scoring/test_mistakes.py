"""Kinds of mistakes: the most telling one that fits."""

from typing import Any

from eval.scoring.metrics import score_field
from eval.scoring.mistakes import Mistake, mistake
from extractor.schemas import Kind

from ...tables import each


def kind_of_mistake(kind: Kind, label: Any, prediction: Any, **options: Any) -> Mistake | None:
    return mistake(kind, label, prediction, score_field(kind, label, prediction), **options)


@each(
    ("kind", "label", "prediction", "expected"),
    [
        (Kind.NAME, "ANNA", "Anna", None),
        (Kind.NAME, None, None, None),
        (Kind.NAME, "ANNA", None, Mistake.MISSED),
        (Kind.NAME, None, "ANNA", Mistake.INVENTED),
        (Kind.NAME, "MÜLLER", "MULLER", Mistake.DIACRITICS),
        (Kind.NAME, "ANNA MARIA", "ANNAMARIA", Mistake.SPACES),
        (Kind.NAME, "ANNÄ MARIA", "ANNAMARIA", Mistake.SPACES),
        (Kind.MRZ, ["A<<B<<"], ["A<<B<"], Mistake.FILLERS),
        (Kind.MRZ, ["A<<BO"], ["A<<B0"], Mistake.LOOKALIKE),
        (Kind.NAME, "林美華", "林美华", Mistake.VARIANT),
        (Kind.ADDRESS, "臺北市", "台北市", Mistake.VARIANT),
        (Kind.NUMBER, "L8O", "180", Mistake.LOOKALIKE),
        (Kind.NUMBER, "Q2S5", "0Z55", Mistake.LOOKALIKE),
        (Kind.NAME, "田曰", "田日", Mistake.LOOKALIKE),
        (Kind.NAME, "РОТАС", "POTAC", Mistake.LOOKALIKE),
        (Kind.NAME, "ANNA MARIA", "MARIA", Mistake.SHORTENED),
        (Kind.NAME, "MARIA", "ANNA MARIA", Mistake.LENGTHENED),
        (Kind.ADDRESS, "12 Long Street Road", "12 Lomg Street Road", Mistake.NEAR),
        (Kind.NAME, "ABCDEFGHIJ", "ABCDEFGHIX", Mistake.NEAR),
        (Kind.NAME, "ABCDEFGHI", "ABCDEFGHX", Mistake.OTHER),
        (Kind.NAME, "ANNA", "PETER", Mistake.OTHER),
        (Kind.DATE, "1974-08-12", "1974-12-08", Mistake.OTHER),
    ],
)
def test_one_kind(kind: Kind, label: Any, prediction: Any, expected: Mistake | None) -> None:
    assert kind_of_mistake(kind, label, prediction) is expected


def test_a_document_that_failed_explains_all_its_mistakes_but_no_right_blank() -> None:
    assert kind_of_mistake(Kind.NAME, "ANNA", None, failed=True) is Mistake.FAILED
    assert kind_of_mistake(Kind.NAME, None, None, failed=True) is None


def test_the_value_of_another_field() -> None:
    others = {"given_names": "Peter", "birth_date": None, "mrz": ["P<UTO"]}
    assert kind_of_mistake(Kind.NAME, "ANNA", "PETER", others=others) is Mistake.OTHER_FIELD
    assert kind_of_mistake(Kind.NAME, "ANNA", "PAUL", others=others) is Mistake.OTHER


def test_a_value_that_holds_another_fields_value_is_not_it() -> None:
    lines = ["V<CANLEAL<<MARTA<<<", "U963082280USA"]
    others = {"issuing_country": "CAN", "nationality": "USA"}
    assert kind_of_mistake(Kind.MRZ, [*lines[:1], "U96308228<USA"], lines, others=others) is Mistake.NEAR


def test_what_is_nearest_to_right_is_told_first() -> None:
    # also another field's value, and shortened
    assert kind_of_mistake(Kind.NAME, "MÜLLER", "MULLER", others={"name": "Muller"}) is Mistake.DIACRITICS
    assert kind_of_mistake(Kind.NAME, "ANNA MARIA", "ANNA", others={"given_names": "Anna"}) is Mistake.OTHER_FIELD
