"""Every construct of Pydantic that an answer can fill: the table of docs/schemas.md."""

import dataclasses
import enum
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, NotRequired, Optional, TypeVar, Union

from annotated_types import Len
from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PastDate,
    RootModel,
    StringConstraints,
    TypeAdapter,
    computed_field,
    conint,
    constr,
    create_model,
)
from pydantic.alias_generators import to_camel, to_pascal
from pydantic.dataclasses import dataclass as pydantic_dataclass
from typing_extensions import TypedDict

from extractor.extraction import Verdict
from extractor.schemas.plan import plan_of

from ..tables import each
from .answers import READ, Sex, codes, read


class IsoSex(enum.IntEnum):
    NOT_KNOWN = 0
    MALE = 1
    FEMALE = 2


class SexName(enum.StrEnum):
    männlich = enum.auto()  # noqa: PLC2401
    weiblich = enum.auto()


class Country(enum.Enum):
    GERMANY = "Germany"
    UNITED_KINGDOM = "United Kingdom"


Number = NewType("Number", str)
Squashed = Annotated[str, AfterValidator(lambda text: text.replace(" ", "").replace("-", ""))]

#: A field's name and type, and what it holds of READ.
FIELDS: list[tuple[str, Any, Any]] = [
    ("surname", str, "UNDERHILL"),
    ("surname", Optional[str], "UNDERHILL"),  # noqa: UP045
    ("surname", Union[str, None], "UNDERHILL"),  # noqa: UP007
    ("surname", constr(min_length=1, max_length=50), "UNDERHILL"),
    ("surname", Annotated[str, StringConstraints(to_lower=True)], "underhill"),
    ("surname", Annotated[str, Len(1, 50)], "UNDERHILL"),
    ("surname", list[str], ["UNDERHILL"]),
    ("surname", Any, "UNDERHILL"),
    ("given_names", list[str], ["JOSHUA", "JAMES"]),
    ("given_names", tuple[str, ...], ("JOSHUA", "JAMES")),
    ("given_names", Sequence[str], ["JOSHUA", "JAMES"]),
    ("birth_date", date, date(1990, 3, 30)),
    ("birth_date", datetime, datetime(1990, 3, 30)),
    ("birth_date", str, "1990-03-30"),
    ("birth_date", date | str, date(1990, 3, 30)),
    ("birth_date", Annotated[str, Field(pattern=r"^\d{8}$")], "19900330"),
    ("issue_date", date, None),
    ("issue_date", datetime, None),
    ("issue_date", str, "2023-01"),
    ("issue_date", date | str, "2023-01"),
    ("birth_year", int, 1990),
    ("birth_year", str, "1990"),
    ("expiry_month", int, 1),
    ("sex", Literal["Male", "Female"], "Male"),
    ("sex", Literal["m", "f", "x"], "m"),
    ("sex", Literal["Hombre", "Mujer"], "Hombre"),
    ("sex", Literal["男", "女"], "男"),
    ("sex", Sex, Sex.MALE),
    ("sex", SexName, SexName.männlich),
    ("sex", Literal["yes", "no"], None),
    ("nationality", Annotated[str, Field(max_length=2)], "GB"),
    ("nationality", Country, Country.UNITED_KINGDOM),
    ("issuing_country", str, "D"),
    ("issuing_country", Annotated[str, Field(min_length=3, max_length=3)], "DEU"),
    ("issuing_country", Literal["DE", "FR"], "DE"),
    ("issuing_country", Literal["de", "fr"], "de"),
    ("document_type", Literal["P", "V"], "P"),
    ("document_number", Annotated[str, Field(pattern=r"^\d+$")], "359970521"),
    ("document_number", int, 359970521),
    ("document_number", Number, "359 970-521"),
    ("document_number", Squashed, "359970521"),
    ("height", str, "178 cm"),
    ("height", float, 178.0),
    ("height", conint(gt=100, lt=250), 178),
    ("permanent", bool, False),
    ("vehicle_classes", list[str], ["B", "BE"]),
    ("vehicle_classes", set[Literal["B", "BE", "C"]], {"B", "BE"}),
    ("vehicle_classes", str, "B, BE"),
    ("mrz", str, "\n".join(READ["mrz"])),
    ("mrz", tuple[str, str], tuple(READ["mrz"])),
    ("mrz_line_2", str, READ["mrz"][1]),
    ("mrz_line_3", str, None),
    ("middle_name", str, "JAMES"),
    ("full_name", str, "JOSHUA JAMES UNDERHILL"),
    ("nationality_name", str, "United Kingdom of Great Britain and Northern Ireland"),
    ("country_iso2", str, "DE"),
    ("age", int, 36),
    ("age", timedelta, None),
    ("birth_date", AwareDatetime, datetime(1990, 3, 30, tzinfo=UTC)),
    ("birth_date", PastDate, date(1990, 3, 30)),
    ("issue_date", AwareDatetime, None),
    ("issued_at", date | str, "2023-01"),
    ("height", Decimal, Decimal(178)),
    ("sex", IsoSex, IsoSex.MALE),
    ("document_kind", Literal["passport", "id", "driver_license"], "passport"),
    ("type", Literal["PASSPORT", "OTHER"], None),
    ("sex", Literal["H", "M"], "H"),
    ("sex", Literal[1, 2, 9], 1),
    ("expiry_date", Annotated[str, StringConstraints(pattern=r"^\d\d\.\d\d\.\d{4}$")], "09.01.2033"),
    ("photo", bytes, None),
    ("is_adult", bool, None),
]


@each(("name", "kind", "value"), FIELDS)
def test_one_field(name: str, kind: Any, value: Any) -> None:
    document, *_ = read(create_model("Own", **{name: (Optional[kind], None)}))  # noqa: UP045
    assert getattr(document, name) == value


class Holder(BaseModel):
    last_name: str
    first_name: str | None = None


class Category(BaseModel):
    code: Literal["A", "B", "BE"]
    issued: date | None = None


class Nested(BaseModel):
    holder: Holder
    second: Holder | None = None
    father: Holder | None = None
    validity: "Validity"
    address: "Address | None" = None
    categories: list[Category] = []
    persons: list[Holder]
    children: list[Holder] = []
    next: "Nested | None" = None


class Validity(BaseModel):
    until: date | None = None


class Address(BaseModel):
    full: str | None = None
    city: str | None = None


def test_nested_models_and_lists_of_models() -> None:
    document, values, fields, _ = read(Nested)
    holder = Holder(last_name="UNDERHILL", first_name="JOSHUA JAMES")
    assert document == Nested(
        holder=holder,
        second=holder,
        validity=Validity(until=date(2033, 1, 9)),
        address=Address(full=READ["address"]),
        categories=[Category(code="B"), Category(code="BE")],
        persons=[holder],
    )
    assert (document.father, document.children, document.next) == (None, [], None)
    assert fields["categories.1.code"].value == "BE"
    assert fields["persons.0.last_name"].verdict is Verdict.SINGLE
    assert values["holder"] == {"last_name": "UNDERHILL", "first_name": "JOSHUA JAMES"}


def test_a_nested_model_that_lacks_what_it_requires_is_left_out_and_named() -> None:
    class Lenient(BaseModel):
        holder: Holder | None = None
        birth_date: date

    class Required(BaseModel):
        holder: Holder

    document, _, _, warnings = read(Lenient, surname=None)
    assert (document.holder, document.birth_date) == (None, date(1990, 3, 30))
    assert codes(warnings) == ["required_field_missing:holder.last_name"]
    document, values, _, warnings = read(Required, surname=None)
    assert document is None
    assert values == {"holder": {"last_name": None, "first_name": "JOSHUA JAMES"}}
    assert codes(warnings) == ["required_field_missing:holder.last_name"]


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)
    birth_date: date
    given_names: tuple[str, ...]
    sex: IsoSex


def test_strict_models_get_the_very_types_of_their_fields() -> None:
    document, *_ = read(Strict)
    assert document == Strict(birth_date=date(1990, 3, 30), given_names=("JOSHUA", "JAMES"), sex=IsoSex.MALE)


class Spanish(BaseModel):
    primer_apellido: str
    segundo_apellido: str | None = None


@each(
    ("printed", "first", "second"),
    [("GARCÍA LÓPEZ", "GARCÍA", "LÓPEZ"), ("DE LA CRUZ LÓPEZ", "DE LA CRUZ", "LÓPEZ"), ("GARCÍA", "GARCÍA", None)],
)
def test_two_surnames(printed: str, first: str, second: str | None) -> None:
    document, *_ = read(Spanish, surname=printed)
    assert (document.primer_apellido, document.segundo_apellido) == (first, second)


class OfPassport(BaseModel):
    kind: Literal["passport"]
    passport_number: str


class OfCard(BaseModel):
    kind: Literal["id_card"]
    card_number: str


class Either(BaseModel):
    document: Annotated[OfPassport | OfCard, Field(discriminator="kind")]
    birth: "DayAndMonth | None" = None


class DayAndMonth(BaseModel):
    day: int
    month: int


def test_alternatives_are_read_as_if_each_stood_alone() -> None:
    document, *_ = read(Either)
    assert document.document == OfPassport(kind="passport", passport_number=READ["document_number"])
    assert document.birth == DayAndMonth(day=30, month=3)


T = TypeVar("T")


class Box(BaseModel, Generic[T]):
    content: T
    document_number: str | None = None


class Surnames(RootModel[list[Holder]]):
    pass


@dataclasses.dataclass
class Standard:
    surname: str
    born: Annotated[date, Field(alias="birth")]
    hobby: str = "none"
    tags: list[str] = dataclasses.field(default_factory=list)


@pydantic_dataclass
class Checked:
    surname: str
    born: date = Field(alias="dateOfBirth")


class Typed(TypedDict):
    surname: str
    birth_date: NotRequired[date]
    nickname: NotRequired[str]


class Pair(NamedTuple):
    surname: str
    sex: Literal["Male", "Female"] = "Female"


class Person(BaseModel):
    kind: Literal["person"]
    surname: str


class Company(BaseModel):
    kind: Literal["company"]
    company_name: str


class EitherOr(BaseModel):
    owner: Person | Company
    tagged: Annotated[Person | Company, Field(discriminator="kind")]


@each(
    ("schema", "expected"),
    [
        (
            Box[Holder],
            Box[Holder](
                content=Holder(last_name="UNDERHILL", first_name="JOSHUA JAMES"), document_number="359 970-521"
            ),
        ),
        (Surnames, Surnames([Holder(last_name="UNDERHILL", first_name="JOSHUA JAMES")])),
        (list[Holder], [Holder(last_name="UNDERHILL", first_name="JOSHUA JAMES")]),
        (Standard, Standard("UNDERHILL", date(1990, 3, 30))),
        (Checked, Checked(surname="UNDERHILL", dateOfBirth=date(1990, 3, 30))),
        (Typed, {"surname": "UNDERHILL", "birth_date": date(1990, 3, 30)}),
        (Pair, Pair("UNDERHILL", "Male")),
        (Person | Company, Person(kind="person", surname="UNDERHILL")),
        (
            EitherOr,
            EitherOr(
                owner=Person(kind="person", surname="UNDERHILL"), tagged=Person(kind="person", surname="UNDERHILL")
            ),
        ),
    ],
    ids=str,
)
def test_other_types_than_models(schema: Any, expected: Any) -> None:
    assert read(schema)[0] == expected


class Aliases(BaseModel):
    model_config = ConfigDict(extra="forbid")
    a: str = Field(alias="surname")
    b: date = Field(validation_alias="dateOfBirth")
    c: str = Field(validation_alias=AliasChoices("docNo", "passportNumber"))
    d: str = Field(validation_alias=AliasPath("names", 1, "first"))
    e: str = Field(serialization_alias="nationality")


def test_an_alias_may_count_from_the_end_or_be_empty() -> None:
    places = {
        name: Field(validation_alias=AliasPath("names", at)) for name, at in (("surname", -1), ("given_names", -2))
    }
    schema = create_model("Own", sex=(str, Field(alias="")), **{name: (str, place) for name, place in places.items()})
    assert read(schema)[0].model_dump() == {"sex": "M", "surname": "UNDERHILL", "given_names": "JOSHUA JAMES"}


class Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")
    birth_date: date
    document_number: str
    holder: "CamelHolder"


class CamelHolder(BaseModel):
    model_config = ConfigDict(alias_generator=to_pascal)
    last_name: str


def test_aliases_of_every_kind() -> None:
    document, _, fields, warnings = read(Aliases)
    assert (document.a, document.b, document.c) == ("UNDERHILL", date(1990, 3, 30), "359 970-521")
    assert (document.d, document.e) == ("JOSHUA JAMES", "GBR")
    assert (list(fields), warnings) == (["a", "b", "c", "d", "e"], [])
    document, *_ = read(Camel)
    assert (document.birth_date, document.holder.last_name) == (date(1990, 3, 30), "UNDERHILL")


def test_defaults_stand_where_the_document_is_silent() -> None:
    class Own(BaseModel):
        surname: str = "unknown"
        given_names: str | None = "unknown"
        birth_date: date | None
        constant: Literal["v1"] = "v1"

        @computed_field
        def initial(self) -> str:
            return self.surname[:1]

    document, *_ = read(Own, surname=None, given_names=None, birth_date=None)
    expected = {"surname": "unknown", "given_names": "unknown", "birth_date": None, "constant": "v1", "initial": "u"}
    assert document.model_dump() == expected
    assert read(Own)[0].surname == "UNDERHILL"


class Parts(BaseModel):
    day: int
    month: int
    year: int


class Country(BaseModel):
    code: Annotated[str, Field(min_length=2, max_length=2)]
    name: str


class Street(BaseModel):
    street: str | None = None
    city: str | None = None
    country: str | None = None


class Word(BaseModel):
    value: str
    confidence: float | None = None


def test_objects_that_are_fields_themselves() -> None:
    class Own(BaseModel):
        dob: Parts
        issued: Parts | None = None
        nationality: Country
        address: Street | None = None
        given_names: list[Word]

    document, *_ = read(Own)
    assert document == Own(
        dob=Parts(day=30, month=3, year=1990),
        nationality=Country(code="GB", name="United Kingdom of Great Britain and Northern Ireland"),
        given_names=[Word(value="JOSHUA"), Word(value="JAMES")],
    )


def test_an_adapter_is_its_type() -> None:
    from extractor.schemas.registry import schema_of

    assert schema_of(TypeAdapter(Standard)) is Standard
    assert list(plan_of(Standard).mapping) == ["surname", "born", "hobby", "tags"]
