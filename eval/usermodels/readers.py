"""Models written after what other readers of identity documents return, in their styles of names and nesting."""

import enum
from datetime import date
from typing import Annotated, Any, Generic, Literal, Optional, TypeVar

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel, to_pascal

from eval.usermodels.listed import LICENCES, NOT_CHINESE, PASSPORTS, UserModel, flat

T = TypeVar("T")


class MindeeString(BaseModel):
    value: str | None = None
    confidence: float | None = None


class MindeePassport(BaseModel):
    """Short snake_case, given names as a list of objects with a value."""

    country: MindeeString | None = None
    id_number: MindeeString | None = None
    given_names: list[MindeeString] = []
    surname: MindeeString | None = None
    birth_date: MindeeString | None = None
    birth_place: MindeeString | None = None
    gender: MindeeString | None = None
    issuance_date: MindeeString | None = None
    expiry_date: MindeeString | None = None


class Valued(BaseModel, Generic[T]):
    """Readers that give every value an object of its own: value, confidence, box."""

    value: T | None = None
    confidence: float | None = None


class ValuedDocument(BaseModel):
    surname: Valued[str]
    given_names: Valued[str]
    birth_date: Valued[date]
    expiry_date: Valued[date]
    document_number: Valued[str]
    nationality: Valued[str]
    sex: Valued[Literal["M", "F", "X"]]


class DateParts(BaseModel):
    day: int | None = None
    month: int | None = None
    year: int | None = None


class VerifiedDocument(BaseModel):
    """Identity checks as a service: dates as objects of numbers, sex in words."""

    first_name: str | None = None
    last_name: str | None = None
    dob: DateParts | None = None
    number: str | None = None
    issued_date: DateParts | None = None
    expiration_date: DateParts | None = None
    issuing_country: str | None = None
    sex: Literal["male", "female", "unspecified"] | None = None
    type: str | None = None


class CheckedName(BaseModel):
    first: str | None = None
    last: str | None = None


class CheckedDocument(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)

    name: CheckedName
    birthdate: date | None = None
    identification_number: str | None = None
    document_expires_on: date | None = None
    document_issued_on: date | None = None
    issuing_country_code: Annotated[str, Field(min_length=2, max_length=2)] | None = None


class LicenceClass(enum.Enum):
    A = "A"
    A1 = "A1"
    A2 = "A2"
    AM = "AM"
    B = "B"
    BE = "BE"
    C = "C"
    D = "D"


class LicenceScan(BaseModel):
    licence_number: str | None = Field(None, validation_alias=AliasChoices("licence_number", "licenseNumber"))
    holder: Optional["LicenceHolder"] = None
    issued: date | None = None
    expires: date | None = None
    issued_by: str | None = None

    @field_validator("licence_number")
    @classmethod
    def squeezed(cls, value: str | None) -> str | None:
        return value and value.replace(" ", "")


class LicenceHolder(BaseModel):
    last_name: str | None = None
    first_names: str | None = None
    birthday: date | None = None
    birthplace: str | None = None


def _called(alias: str, kind: Any = str) -> tuple[Any, Any]:
    return kind | None, Field(None, alias=alias)


def _described(text: str) -> tuple[Any, Any]:
    return str | None, Field(None, description=text)


_TEXTS: tuple[Any, Any] = (list[str], Field(default_factory=list))

MODELS = (
    flat(
        "Azure, passport",
        "FirstName=given_names LastName=surname DocumentNumber=document_number DateOfBirth=birth_date"
        " DateOfExpiration=expiry_date DateOfIssue=issue_date Sex=sex Nationality=nationality"
        " CountryRegion=issuing_country PlaceOfBirth=place_of_birth IssuingAuthority=authority"
        " DocumentType=document_type",
        NOT_CHINESE,
    ),
    flat(
        "Azure, licence by alias generator",
        "first_name=given_names last_name=surname document_number=document_number date_of_birth=birth_date"
        " date_of_expiration=expiry_date date_of_issue=issue_date sex=sex address=address"
        " country_region=issuing_country vehicle_classifications=vehicle_classes restrictions=restrictions",
        LICENCES,
        config=ConfigDict(alias_generator=to_pascal, populate_by_name=True),
        vehicle_classifications=list[str],
        region=str,
    ),
    UserModel(
        "Mindee, objects with value and confidence",
        MindeePassport,
        "country.value=issuing_country id_number.value=document_number given_names=given_names surname.value=surname"
        " birth_date.value=birth_date birth_place.value=place_of_birth gender.value=sex"
        " issuance_date.value=issue_date expiry_date.value=expiry_date",
        PASSPORTS,
    ),
    flat(
        "Mindee, names as lists",
        "document_type=document_type document_number=document_number country_of_issue=issuing_country surnames=surname"
        " given_names=given_names sex=sex birth_date=birth_date birth_place=place_of_birth nationality=nationality"
        " issue_date=issue_date expiry_date=expiry_date address=address",
        NOT_CHINESE,
        usual=str,
        surnames=_TEXTS,
        given_names=_TEXTS,
    ),
    flat(
        "Textract, upper case",
        "LAST_NAME=surname DOCUMENT_NUMBER=document_number EXPIRATION_DATE=expiry_date DATE_OF_BIRTH=birth_date"
        " DATE_OF_ISSUE=issue_date ID_TYPE=document_type ADDRESS=address PLACE_OF_BIRTH=place_of_birth MRZ_CODE=mrz",
        NOT_CHINESE,
        usual=(str, ""),
        FIRST_NAME=(str, ""),
        MIDDLE_NAME=(str, ""),
    ),
    flat(
        "docext, fields with descriptions",
        "full_name=name:full date_of_birth=birth_date passport_number=document_number passport_type=document_type"
        " date_of_issue=issue_date date_of_expiry=expiry_date place_of_birth=place_of_birth nationality=nationality"
        " gender=sex",
        PASSPORTS,
        full_name=_described("Full name of the person"),
        date_of_birth=_described("Date of birth, any format"),
        passport_number=_described("Passport number"),
        passport_type=_described("Passport type, usually P"),
        date_of_issue=_described("Date of issue"),
        date_of_expiry=_described("Date of expiry"),
        place_of_birth=_described("Place of birth"),
        nationality=_described("Nationality"),
        gender=_described("Gender"),
    ),
    UserModel(
        "generic objects of value and confidence",
        ValuedDocument,
        "surname.value=surname given_names.value=given_names birth_date.value=birth_date"
        " expiry_date.value=expiry_date document_number.value=document_number nationality.value=nationality"
        " sex.value=sex",
        NOT_CHINESE,
    ),
    UserModel(
        "dates as day, month and year",
        VerifiedDocument,
        "first_name=given_names last_name=surname dob.year=birth_date:year dob.month=birth_date:month"
        " dob.day=birth_date:day number=document_number issued_date.year=issue_date:year"
        " issued_date.day=issue_date:day expiration_date.year=expiry_date:year expiration_date.month=expiry_date:month"
        " issuing_country=issuing_country sex=sex",
        NOT_CHINESE,
    ),
    UserModel(
        "camelCase with a name object",
        CheckedDocument,
        "name.first=given_names name.last=surname birthdate=birth_date identification_number=document_number"
        " document_expires_on=expiry_date document_issued_on=issue_date issuing_country_code=issuing_country",
        PASSPORTS,
    ),
    flat(
        "MRZ reader",
        "line1=mrz:line1 line2=mrz:line2 surname=surname names=given_names country=issuing_country"
        " nationality=nationality number=document_number date_of_birth=birth_date expiration_date=expiry_date sex=sex",
        PASSPORTS,
        line1=_called("mrz_line_1"),
        line2=_called("mrz_line_2"),
        mrz_type=str,
    ),
    flat(
        "camelCase, full name beside its parts",
        "first_name=given_names last_name=surname document_number=document_number date_of_birth=birth_date"
        " date_of_issue=issue_date date_of_expiry=expiry_date personal_id_number=personal_number"
        " issuing_authority=authority place_of_birth=place_of_birth nationality=nationality sex=sex address=address",
        NOT_CHINESE,
        config=ConfigDict(alias_generator=to_camel, populate_by_name=True),
        full_name=str,
    ),
    flat(
        "aliases in words",
        "family=surname given=given_names document=document_number expires=expiry_date born=birth_date"
        " issued=issue_date mrz=mrz",
        NOT_CHINESE,
        family=_called("Family Name"),
        given=_called("Given Names"),
        document=_called("Document Id"),
        expires=_called("Expiration Date", date),
        born=_called("Date Of Birth", date),
        issued=_called("Issue Date", date),
        mrz=_called("MRZ Code"),
    ),
    UserModel(
        "licence with a holder and a validator",
        LicenceScan,
        "licence_number=document_number holder.last_name=surname holder.first_names=given_names"
        " holder.birthday=birth_date holder.birthplace=place_of_birth issued=issue_date expires=expiry_date"
        " issued_by=authority",
        LICENCES,
    ),
)
