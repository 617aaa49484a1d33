"""Models written for programs: banks, hotels, airlines, registries, in the languages that their authors write."""

import dataclasses
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple, NewType

from pydantic import AfterValidator, AliasPath, BaseModel, ConfigDict, Field, StringConstraints, conint, create_model
from pydantic.alias_generators import to_camel
from pydantic.dataclasses import dataclass as pydantic_dataclass

from eval.usermodels.listed import (
    CHINESE,
    LICENCES,
    NOT_CHINESE,
    PASSPORTS,
    VISAS,
    UserModel,
)

_RUSSIAN_SEX: Any = Literal["мужской", "женский"] | None
_HAN_SEX: Any = Literal["男", "女"] | None


class KycCustomer(BaseModel):
    customer_first_name: str | None = None
    customer_last_name: str | None = None
    customer_dob: date | None = None
    gender: Literal["Male", "Female", "Other"] | None = None
    country_of_citizenship: str | None = None
    id_type: str | None = None
    id_number: str | None = None
    id_issue_date: date | None = None
    id_expiry_date: date | None = None
    id_issuing_country: str | None = None
    residential_address: str | None = None
    risk_score: float | None = None


class PersonalDetails(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)

    first_name: str | None = None
    last_name: str | None = None
    date_of_birth: date | None = None
    place_of_birth: str | None = None
    nationality: str | None = None


class IdentityDocument(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)

    document_number: str | None = None
    issuing_country: str | None = None
    issue_date: date | None = None
    expiry_date: date | None = None


class Onboarding(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)

    personal_details: PersonalDetails
    identity_document: IdentityDocument
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


class WorkPermission(BaseModel):
    """Of a personnel department."""

    family_name: str | None = None
    given_name: str | None = None
    permit_no: Compact | None = None
    permit_type: str | None = None
    permit_valid_until: date | None = None
    citizen_of: str | None = None
    date_of_birth: date | None = None


class VisaCheck(BaseModel):
    visa_no: str | None = None
    visa_type: str | None = None
    name: str | None = Field(None, alias="full_name")
    entries: str | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    passport_no: str | None = None
    stay: str | None = Field(None, description="Duration of stay in days")
    place_of_issue: str | None = None


class PathsIntoAnswer(BaseModel):
    surname: str | None = Field(None, validation_alias=AliasPath("names", 0, "surname"))
    given: str | None = Field(None, validation_alias=AliasPath("names", 0, "givenNames"))
    dob: date | None = Field(None, validation_alias=AliasPath("dates", "birth"))
    expiry: date | None = Field(None, validation_alias=AliasPath("dates", "expiry"))
    number: str | None = Field(None, validation_alias=AliasPath("ids", 0))


class Empleado(BaseModel):
    nombre: str | None = None
    apellidos: str | None = None
    fecha_de_nacimiento: date | None = None
    sexo: Literal["Hombre", "Mujer"] | None = None
    nacionalidad: str | None = None
    numero_de_documento: str | None = None
    fecha_de_caducidad: date | None = None
    fecha_de_emision: date | None = None
    lugar_de_nacimiento: str | None = None
    domicilio: str | None = None


class Usager(BaseModel):
    nom: str | None = None
    prenoms: list[str] | None = None
    date_de_naissance: date | None = None
    lieu_de_naissance: str | None = None
    sexe: Literal["Homme", "Femme"] | None = None
    nationalite: str | None = None
    numero_de_passeport: str | None = None
    date_d_expiration: date | None = None
    date_de_delivrance: date | None = None
    autorite: str | None = None


class Kunde(BaseModel):
    model_config = ConfigDict(strict=True)

    nachname: str | None = None
    vornamen: str | None = None
    geburtsdatum: date | None = None
    geburtsort: str | None = None
    staatsangehoerigkeit: str | None = None
    geschlecht: Literal["männlich", "weiblich", "divers"] | None = None
    ausweisnummer: str | None = None
    gueltig_bis: date | None = None
    ausstellende_behoerde: str | None = None
    anschrift: str | None = None


class Ospite(BaseModel):
    cognome: str | None = None
    nome: str | None = None
    sesso: Literal["M", "F"] | None = None
    data_nascita: date | None = None
    luogo_nascita: str | None = None
    cittadinanza: str | None = None
    tipo_documento: str | None = None
    numero_documento: str | None = None
    data_scadenza: date | None = None


class Cliente(BaseModel):
    nome_completo: str | None = None
    data_de_nascimento: date | None = None
    nacionalidade: str | None = None
    numero_do_documento: str | None = None
    orgao_emissor: str | None = None
    data_de_emissao: date | None = None
    data_de_validade: date | None = None
    naturalidade: str | None = None


class Huurder(BaseModel):
    achternaam: str | None = None
    voornamen: str | None = None
    geboortedatum: date | None = None
    geboorteplaats: str | None = None
    nationaliteit: str | None = None
    documentnummer: str | None = None
    geldig_tot: date | None = None


class Klient(BaseModel):
    nazwisko: str | None = None
    imiona: str | None = None
    data_urodzenia: date | None = None
    obywatelstwo: str | None = None
    numer_dokumentu: str | None = None
    data_waznosci: date | None = None
    plec: str | None = None


Gost = create_model(
    "Gost",
    фамилия=(str | None, None),
    имя=(str | None, None),
    дата_рождения=(date | None, None),
    пол=(_RUSSIAN_SEX, None),
    гражданство=(str | None, None),
    номер_документа=(str | None, None),
    срок_действия=(date | None, None),
)


class Musteri(BaseModel):
    soyad: str | None = None
    ad: str | None = None
    dogum_tarihi: date | None = None
    cinsiyet: Literal["Erkek", "Kadın"] | None = None
    uyruk: str | None = None
    belge_no: str | None = None
    gecerlilik_tarihi: date | None = None


Kehu = create_model(
    "Kehu",
    姓名=(str | None, None),
    性别=(_HAN_SEX, None),
    民族=(str | None, None),
    出生日期=(date | None, None),
    住址=(str | None, None),
    公民身份号码=(str | None, None),
    签发机关=(str | None, None),
    有效期限=(str | None, None),
)


class ChineseCard(BaseModel):
    name: str | None = None
    gender: str | None = None
    ethnic: str | None = Field(None, description="ethnic group")
    birthday: date | None = None
    address: str | None = None
    id_card_number: str | None = None
    issued_by: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None


Ryokensha = create_model(
    "Ryokensha",
    氏=(str | None, None),
    名=(str | None, None),
    国籍=(str | None, None),
    生年月日=(date | None, None),
    性別=(_HAN_SEX, None),
    旅券番号=(str | None, None),
    有効期間満了日=(date | None, None),
    発行年月日=(date | None, None),
)


#: A record with everything optional, which stands in other programs' messages.
REGISTRY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "subject": {
            "type": "object",
            "properties": {
                "name": {
                    "type": "object",
                    "properties": {"surname": {"type": "string"}, "givenName": {"type": "string"}},
                },
                "birth": {
                    "type": "object",
                    "properties": {"date": {"type": "string", "format": "date"}, "place": {"type": "string"}},
                },
                "sex": {"enum": ["male", "female", "unknown"]},
            },
        },
        "evidence": {
            "type": "object",
            "properties": {
                "document_number": {"type": "string"},
                "issuer": {"type": "object", "properties": {"name": {"type": "string"}, "country": {"type": "string"}}},
                "date_of_issuance": {"type": "string", "format": "date"},
                "date_of_expiry": {"type": "string", "format": "date"},
            },
        },
    },
}

MODELS = (
    UserModel(
        "bank, know your customer",
        KycCustomer,
        "customer_first_name=given_names customer_last_name=surname customer_dob=birth_date gender=sex"
        " country_of_citizenship=nationality id_type=document_type id_number=document_number"
        " id_issue_date=issue_date id_expiry_date=expiry_date id_issuing_country=issuing_country"
        " residential_address=address",
        PASSPORTS | LICENCES,
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
    UserModel(
        "personnel, permits",
        WorkPermission,
        "family_name=surname given_name=given_names permit_no=document_number permit_type=category"
        " permit_valid_until=expiry_date citizen_of=nationality date_of_birth=birth_date",
        frozenset({"residence_permit"}),
    ),
    UserModel(
        "visas",
        VisaCheck,
        "visa_no=document_number visa_type=visa_class name=name:full entries=entries valid_from=valid_from"
        " valid_until=expiry_date passport_no=passport_number stay=duration_of_stay place_of_issue=place_of_issue",
        VISAS,
    ),
    UserModel(
        "alias paths",
        PathsIntoAnswer,
        "surname=surname given=given_names dob=birth_date expiry=expiry_date number=document_number",
        NOT_CHINESE,
    ),
    UserModel(
        "registry, JSON Schema",
        REGISTRY,
        "subject.name.surname=surname subject.name.givenName=given_names subject.birth.date=birth_date"
        " subject.birth.place=place_of_birth subject.sex=sex evidence.document_number=document_number"
        " evidence.issuer.name=authority evidence.issuer.country=issuing_country"
        " evidence.date_of_issuance=issue_date evidence.date_of_expiry=expiry_date",
        NOT_CHINESE,
    ),
    UserModel(
        "Spanish",
        Empleado,
        "nombre=given_names apellidos=surname fecha_de_nacimiento=birth_date sexo=sex nacionalidad=nationality"
        " numero_de_documento=document_number fecha_de_caducidad=expiry_date fecha_de_emision=issue_date"
        " lugar_de_nacimiento=place_of_birth domicilio=address",
        NOT_CHINESE,
    ),
    UserModel(
        "French",
        Usager,
        "nom=surname prenoms=given_names date_de_naissance=birth_date lieu_de_naissance=place_of_birth sexe=sex"
        " nationalite=nationality numero_de_passeport=document_number date_d_expiration=expiry_date"
        " date_de_delivrance=issue_date autorite=authority",
        PASSPORTS,
    ),
    UserModel(
        "German, strict",
        Kunde,
        "nachname=surname vornamen=given_names geburtsdatum=birth_date geburtsort=place_of_birth"
        " staatsangehoerigkeit=nationality geschlecht=sex ausweisnummer=document_number gueltig_bis=expiry_date"
        " ausstellende_behoerde=authority anschrift=address",
        NOT_CHINESE,
    ),
    UserModel(
        "Italian",
        Ospite,
        "cognome=surname nome=given_names sesso=sex data_nascita=birth_date luogo_nascita=place_of_birth"
        " cittadinanza=nationality tipo_documento=document_type numero_documento=document_number"
        " data_scadenza=expiry_date",
        NOT_CHINESE,
    ),
    UserModel(
        "Portuguese",
        Cliente,
        "nome_completo=name:full data_de_nascimento=birth_date nacionalidade=nationality"
        " numero_do_documento=document_number orgao_emissor=authority data_de_emissao=issue_date"
        " data_de_validade=expiry_date naturalidade=place_of_birth",
        NOT_CHINESE,
    ),
    UserModel(
        "Dutch",
        Huurder,
        "achternaam=surname voornamen=given_names geboortedatum=birth_date geboorteplaats=place_of_birth"
        " nationaliteit=nationality documentnummer=document_number geldig_tot=expiry_date",
        NOT_CHINESE,
    ),
    UserModel(
        "Polish",
        Klient,
        "nazwisko=surname imiona=given_names data_urodzenia=birth_date obywatelstwo=nationality"
        " numer_dokumentu=document_number data_waznosci=expiry_date plec=sex",
        NOT_CHINESE,
    ),
    UserModel(
        "Russian",
        Gost,
        "фамилия=surname имя=given_names дата_рождения=birth_date пол=sex гражданство=nationality"
        " номер_документа=document_number срок_действия=expiry_date",
        NOT_CHINESE,
    ),
    UserModel(
        "Turkish",
        Musteri,
        "soyad=surname ad=given_names dogum_tarihi=birth_date cinsiyet=sex uyruk=nationality belge_no=document_number"
        " gecerlilik_tarihi=expiry_date",
        NOT_CHINESE,
    ),
    UserModel(
        "Chinese",
        Kehu,
        "姓名=name 性别=sex 民族=ethnicity 出生日期=birth_date 住址=address 公民身份号码=document_number"
        " 签发机关=authority 有效期限=expiry_date",
        CHINESE,
    ),
    UserModel(
        "Chinese cards in English",
        ChineseCard,
        "name=name gender=sex ethnic=ethnicity birthday=birth_date address=address id_card_number=document_number"
        " issued_by=authority valid_from=issue_date valid_to=expiry_date",
        CHINESE,
    ),
    UserModel(
        "Japanese",
        Ryokensha,
        "氏=surname 名=given_names 国籍=nationality 生年月日=birth_date 性別=sex 旅券番号=document_number"
        " 有効期間満了日=expiry_date 発行年月日=issue_date",
        PASSPORTS,
    ),
)
