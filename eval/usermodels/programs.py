"""Models written for programs: banks, hotels, airlines, registries."""

import dataclasses
from datetime import date
from typing import Annotated, Literal, NamedTuple, NewType

from pydantic import AfterValidator, AliasPath, BaseModel, ConfigDict, Field, StringConstraints, conint
from pydantic.alias_generators import to_camel
from pydantic.dataclasses import dataclass as pydantic_dataclass

from eval.usermodels.listed import LICENCES, NOT_CHINESE, PASSPORTS, VISAS, UserModel, flat, written


class PersonalDetails(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)

    first_name: str | None = None
    last_name: str | None = None
    date_of_birth: date | None = None
    place_of_birth: str | None = None
    nationality: str | None = None


class OnboardedDocument(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)

    document_number: str | None = None
    issuing_country: str | None = None
    issue_date: date | None = None
    expiry_date: date | None = None


class Onboarding(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)

    personal_details: PersonalDetails
    identity_document: OnboardedDocument
    email: str | None = None


@dataclasses.dataclass
class HotelGuest:
    last_name: str | None = None
    first_name: str | None = None
    born: date | None = None
    citizenship: str | None = None
    document_no: str | None = None
    home_address: str | None = None


@pydantic_dataclass
class AirlinePassenger:
    surname: str | None = None
    first_and_middle_names: str | None = None
    gender: Literal["M", "F", "X"] | None = None
    date_of_birth: date | None = None
    nationality: Annotated[str, StringConstraints(min_length=3, max_length=3)] | None = None
    passport_number: str | None = None
    passport_issuing_country: str | None = None
    passport_expiration: date | None = None


class TravelDocument(NamedTuple):
    surname: str | None = None
    given_names: str | None = None
    document_number: str | None = None
    expiry: date | None = None


class AgeCheck(BaseModel):
    birth_year: conint(ge=1900, le=2100) | None = None  # type: ignore[valid-type]
    birth_month: int | None = None
    valid_until: date | None = None


LicenceNumber = NewType("LicenceNumber", str)
Compact = Annotated[str, AfterValidator(lambda text: "".join(text.split()))]


class CarHire(BaseModel):
    driver_name: str | None = None
    driver_birth_date: date | None = None
    licence_no: LicenceNumber | None = None
    licence_country: str | None = None
    licence_valid_to: date | None = None
    licence_issued_on: date | None = None
    categories: set[str] | None = None


class PathsIntoAnswer(BaseModel):
    surname: str | None = Field(None, validation_alias=AliasPath("names", 0, "surname"))
    given: str | None = Field(None, validation_alias=AliasPath("names", 0, "givenNames"))
    dob: date | None = Field(None, validation_alias=AliasPath("dates", "birth"))
    expiry: date | None = Field(None, validation_alias=AliasPath("dates", "expiry"))
    number: str | None = Field(None, validation_alias=AliasPath("ids", 0))


MODELS = (
    flat(
        "bank, know your customer",
        "customer_first_name=given_names customer_last_name=surname customer_dob=birth_date gender=sex"
        " country_of_citizenship=nationality id_type=document_type id_number=document_number"
        " id_issue_date=issue_date id_expiry_date=expiry_date id_issuing_country=issuing_country"
        " residential_address=address",
        PASSPORTS | LICENCES,
        gender=Literal["Male", "Female", "Other"],
        risk_score=float,
    ),
    UserModel(
        "bank, nested camelCase",
        Onboarding,
        "personal_details.first_name=given_names personal_details.last_name=surname"
        " personal_details.date_of_birth=birth_date personal_details.place_of_birth=place_of_birth"
        " personal_details.nationality=nationality identity_document.document_number=document_number"
        " identity_document.issuing_country=issuing_country identity_document.issue_date=issue_date"
        " identity_document.expiry_date=expiry_date",
        NOT_CHINESE,
    ),
    UserModel(
        "hotel, dataclass",
        HotelGuest,
        "last_name=surname first_name=given_names born=birth_date citizenship=nationality document_no=document_number"
        " home_address=address",
        NOT_CHINESE,
    ),
    UserModel(
        "airline, Pydantic dataclass",
        AirlinePassenger,
        "surname=surname first_and_middle_names=given_names gender=sex date_of_birth=birth_date"
        " nationality=nationality passport_number=document_number passport_issuing_country=issuing_country"
        " passport_expiration=expiry_date",
        PASSPORTS,
    ),
    UserModel(
        "named tuple",
        TravelDocument,
        "surname=surname given_names=given_names document_number=document_number expiry=expiry_date",
        NOT_CHINESE,
    ),
    UserModel(
        "age check",
        AgeCheck,
        "birth_year=birth_date:year birth_month=birth_date:month valid_until=expiry_date",
        NOT_CHINESE,
    ),
    UserModel(
        "car hire",
        CarHire,
        "driver_name=name:full driver_birth_date=birth_date licence_no=document_number"
        " licence_country=issuing_country licence_valid_to=expiry_date licence_issued_on=issue_date"
        " categories=vehicle_classes",
        LICENCES,
    ),
    flat(
        "personnel, permits",
        "family_name=surname given_name=given_names permit_no=document_number permit_type=category"
        " permit_valid_until=expiry_date citizen_of=nationality date_of_birth=birth_date",
        frozenset({"residence_permit"}),
        permit_no=Compact,
    ),
    flat(
        "visas",
        "visa_no=document_number visa_type=visa_class name=name:full entries=entries valid_from=valid_from"
        " valid_until=expiry_date passport_no=passport_number stay=duration_of_stay place_of_issue=place_of_issue",
        VISAS,
        name=(str | None, Field(None, alias="full_name")),
        valid_from=date,
        stay=(str | None, Field(None, description="Duration of stay in days")),
    ),
    UserModel(
        "alias paths",
        PathsIntoAnswer,
        "surname=surname given=given_names dob=birth_date expiry=expiry_date number=document_number",
        NOT_CHINESE,
    ),
    written(
        "registry, JSON Schema",
        "subject.name.surname=surname subject.name.givenName=given_names subject.birth.date=birth_date"
        " subject.birth.place=place_of_birth subject.sex=sex evidence.document_number=document_number"
        " evidence.issuer.name=authority evidence.issuer.country=issuing_country"
        " evidence.date_of_issuance=issue_date evidence.date_of_expiry=expiry_date",
        NOT_CHINESE,
    ),
)
