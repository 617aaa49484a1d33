"""Models written for structured output of language models: instructor, LangChain, LlamaIndex, OpenAI's tools, zod.

JSON Schemas are in `schemas.json` by title, as Pydantic 1, zod, OpenAI's strict mode and people write them.
"""

import enum
from datetime import date, datetime
from typing import Annotated, Any, Literal, Optional

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator
from typing_extensions import TypedDict

from eval.usermodels.listed import ALL, CARDS, LICENCES, NOT_CHINESE, PASSPORTS, UserModel, written


class Gender(str, enum.Enum):  # noqa: UP042  (as many write it)
    MALE = "male"
    FEMALE = "female"
    OTHER = "other"


class InstructorPassport(BaseModel):
    """Correctly extracted passport information."""

    full_name: str = Field(..., description="The complete name of the passport holder")
    passport_number: str = Field(..., description="Alphanumeric passport number")
    nationality: str = Field(..., description="ISO 3166 alpha-3 code")
    date_of_birth: date
    gender: Gender | None = None
    issue_date: date | None = None
    expiry_date: date | None = None

    @field_validator("passport_number")
    @classmethod
    def upper(cls, value: str) -> str:
        return value.upper().strip()


class IdDetail(BaseModel):
    chain_of_thought: str | None = Field(None, description="Think step by step before answering")
    first_name: str | None
    last_name: str | None
    birth_date: str | None = Field(description="YYYY-MM-DD")
    id_number: str | None
    expiration_date: str | None = Field(description="YYYY-MM-DD")


class MaybeId(BaseModel):
    result: IdDetail | None = None
    error: bool = False
    message: str | None = None


class LangChainPerson(TypedDict, total=False):
    """Information about a person on an identity document."""

    given_name: Annotated[Optional[str], None, "The given name of the person"]  # noqa: UP045
    family_name: Annotated[Optional[str], None, "The family name of the person"]  # noqa: UP045
    sex: Annotated[Optional[str], None, "Sex, M or F"]  # noqa: UP045
    birthdate: Annotated[Optional[str], None, "ISO date"]  # noqa: UP045
    birthplace: Annotated[Optional[str], None, "Where the person was born"]  # noqa: UP045
    document_no: Annotated[Optional[str], None, "The number of the document"]  # noqa: UP045
    valid_until: Annotated[Optional[str], None, "Last day of validity"]  # noqa: UP045


class LangChainDocument(BaseModel):
    """Extraction target."""

    doc_no: str | None = Field(default=None, description="The document's number")
    holder_surname: str | None = Field(default=None, description="Surname")
    holder_forenames: str | None = Field(default=None, description="Forenames")
    holder_dob: str | None = Field(default=None, description="Date of birth")
    issuer: str | None = Field(default=None, description="Country which issued the document")
    issued_on: str | None = Field(default=None, description="Issue date")
    expires_on: str | None = Field(default=None, description="Expiry date")


class LangChainData(BaseModel):
    """Extracted data about people."""

    people: list[LangChainDocument]


def _lenient(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


Clean = Annotated[str, BeforeValidator(_lenient)]


class LlamaIndexIdentity(BaseModel):
    """Schema of an identity document."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    a: Clean | None = Field(None, description="Surname of the holder")
    b: Clean | None = Field(None, description="Given names of the holder")
    c: date | None = Field(None, description="The holder's date of birth")
    d: Clean | None = Field(None, description="Document number")
    e: date | None = Field(None, description="Date of expiry of the document")
    f: Literal["Male", "Female"] | None = Field(None, description="Sex of the holder")
    g: Clean | None = Field(None, description="Nationality of the holder")


class AgentHolder(BaseModel):
    surname: str
    given_names: list[str]
    date_of_birth: datetime
    citizenship: str | None = None


class AgentDocument(BaseModel):
    number: str
    issued_at: date | None = None
    valid_until: date | None = None
    issuing_state: str | None = None

    @model_validator(mode="after")
    def in_order(self) -> "AgentDocument":
        if self.issued_at and self.valid_until and self.issued_at > self.valid_until:
            raise ValueError("issued after it expires")
        return self


class AgentAnswer(BaseModel):
    model_config = ConfigDict(frozen=True)

    holder: AgentHolder
    document: AgentDocument


MODELS = (
    UserModel(
        "instructor, required fields",
        InstructorPassport,
        "full_name=name:full passport_number=document_number nationality=nationality date_of_birth=birth_date"
        " gender=sex issue_date=issue_date expiry_date=expiry_date",
        PASSPORTS,
    ),
    UserModel(
        "instructor, maybe a result",
        MaybeId,
        "result.first_name=given_names result.last_name=surname result.birth_date=birth_date"
        " result.id_number=document_number result.expiration_date=expiry_date",
        PASSPORTS | LICENCES,
    ),
    UserModel(
        "LangChain, TypedDict",
        LangChainPerson,
        "given_name=given_names family_name=surname sex=sex birthdate=birth_date birthplace=place_of_birth"
        " document_no=document_number valid_until=expiry_date",
        NOT_CHINESE,
    ),
    UserModel(
        "LangChain, a list of people",
        LangChainData,
        "people.0.doc_no=document_number people.0.holder_surname=surname people.0.holder_forenames=given_names"
        " people.0.holder_dob=birth_date people.0.issuer=issuing_country people.0.issued_on=issue_date"
        " people.0.expires_on=expiry_date",
        NOT_CHINESE,
    ),
    UserModel(
        "LlamaIndex, descriptions only",
        LlamaIndexIdentity,
        "a=surname b=given_names c=birth_date d=document_number e=expiry_date f=sex g=nationality",
        NOT_CHINESE,
    ),
    UserModel(
        "agent, frozen and nested",
        AgentAnswer,
        "holder.surname=surname holder.given_names=given_names holder.date_of_birth=birth_date"
        " holder.citizenship=nationality document.number=document_number document.issued_at=issue_date"
        " document.valid_until=expiry_date document.issuing_state=issuing_country",
        PASSPORTS,
    ),
    written(
        "OpenAI tool, strict",
        "lastName=surname firstName=given_names dateOfBirth=birth_date documentNumber=document_number"
        " expirationDate=expiry_date nationality=nationality sex=sex",
        NOT_CHINESE,
    ),
    written(
        "zod, root reference",
        "holder.firstName=given_names holder.lastName=surname holder.gender=sex holder.birthDate=birth_date"
        " cardNumber=document_number expiresAt=expiry_date",
        CARDS,
    ),
    written(
        "Pydantic 1, allOf and definitions",
        "surname=surname forename=given_names sex=sex validity.until=expiry_date passport_no=document_number",
        PASSPORTS,
    ),
    written(
        "JSON Schema by hand, names with spaces",
        "full name=name:full birth date=birth_date id number=document_number address=address expiry date=expiry_date",
        ALL,
    ),
    written(
        "tool for licences",
        "license_number=document_number name.family=surname name.given=given_names dateOfBirth=birth_date"
        " categories=vehicle_classes validity.issueDate=issue_date validity.expiryDate=expiry_date",
        LICENCES,
    ),
)
