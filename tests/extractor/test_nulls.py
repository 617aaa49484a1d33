"""What a null rests on: nothing is printed, it could not be read, or nobody looked."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pydantic import BaseModel

from extractor import Passport, extract
from extractor.building import UNREAD
from extractor.checks import explain_nulls
from extractor.extraction import Absence, FieldEvidence, ReadingWarning, Source, SourceKind, Verdict
from extractor.schemas.plan import plan_of


def explained(*, fields: dict[str, FieldEvidence], captions: tuple[str, ...] = (), warned: str = "") -> dict[str, Any]:
    """What `explain_nulls` says of fields of a passport on a page with captions, after a warning."""
    pages = [SimpleNamespace(captions=[SimpleNamespace(field=name) for name in captions])]
    warnings = [ReadingWarning(warned, "", "birth_date")] if warned else []
    made = explain_nulls(fields, SimpleNamespace(pages=pages), plan_of(Passport), warnings)  # type: ignore[arg-type]
    return {name: one.absence for name, one in made.items()}


ABSENT = FieldEvidence(None, Verdict.ABSENT, 0.9)
SOMETHING = FieldEvidence(None, Verdict.ABSENT, 0.4, (Source(SourceKind.VISUAL, None, "31 FEB 1990", 0.6),))


POOR = FieldEvidence(None, Verdict.ABSENT, 0.7, (Source(SourceKind.VISUAL, "LQNDON", "LQNDON", 0.2),))
ELSEWHERE = FieldEvidence(None, Verdict.UNSUPPORTED, 0.7, (Source(SourceKind.MODEL, "PARIS", "PARIS", 0.9),))


def test_what_a_null_rests_on() -> None:
    fields = {
        "authority": ABSENT,
        "birth_date": SOMETHING,
        "address": UNREAD,
        "place_of_birth": POOR,
        "endorsements": ELSEWHERE,
    }
    assert explained(fields=fields) == {
        "authority": Absence.NOT_PRINTED,
        "place_of_birth": Absence.UNREADABLE,
        "endorsements": Absence.NOT_PRINTED,
        "birth_date": Absence.UNREADABLE,
        "address": Absence.NOT_LOOKED_FOR,
    }


def test_a_caption_on_a_spoiled_picture_says_that_there_is_something() -> None:
    fields = {"authority": ABSENT, "birth_date": ABSENT}
    read = explained(fields=fields, captions=("authority",), warned="picture_blur")
    assert read == {"authority": Absence.UNREADABLE, "birth_date": Absence.NOT_PRINTED}
    assert explained(fields=fields, captions=("authority",))["authority"] is Absence.NOT_PRINTED
    assert explained(fields=fields, warned="impossible_date")["birth_date"] is Absence.UNREADABLE


def test_of_a_passport_and_a_schema_of_one_s_own(
    read_example: Callable[[str], Any], examples_dir: Path, read_once: None
) -> None:
    fields = read_example("passport.png").fields
    assert fields["personal_number"].absence is Absence.NOT_PRINTED
    assert fields["surname"].absence is None

    class Guest(BaseModel):
        surname: str | None = None
        loyalty_tier: str | None = None

    assert extract(examples_dir / "passport.png", Guest).fields["loyalty_tier"].absence is Absence.NOT_LOOKED_FOR
