"""Models in the languages that their authors write."""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from eval.usermodels.listed import CHINESE, NOT_CHINESE, PASSPORTS, UserModel

_RUSSIAN_SEX: Any = Literal["мужской", "женский"] | None
_HAN_SEX: Any = Literal["男", "女"] | None


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


MODELS = (
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
