"""Models in the languages that their authors write: flat, all optional, with dates as dates."""

from typing import Any, Literal

from pydantic import Field

from eval.usermodels.listed import CHINESE, NOT_CHINESE, PASSPORTS, flat

_HAN_SEX: Any = Literal["男", "女"]

MODELS = (
    flat(
        "Spanish",
        "nombre=given_names apellidos=surname fecha_de_nacimiento=birth_date sexo=sex nacionalidad=nationality"
        " numero_de_documento=document_number fecha_de_caducidad=expiry_date fecha_de_emision=issue_date"
        " lugar_de_nacimiento=place_of_birth domicilio=address",
        NOT_CHINESE,
        sexo=Literal["Hombre", "Mujer"],
    ),
    flat(
        "French",
        "nom=surname prenoms=given_names date_de_naissance=birth_date lieu_de_naissance=place_of_birth sexe=sex"
        " nationalite=nationality numero_de_passeport=document_number date_d_expiration=expiry_date"
        " date_de_delivrance=issue_date autorite=authority",
        PASSPORTS,
        prenoms=list[str],
        sexe=Literal["Homme", "Femme"],
    ),
    flat(
        "German, strict",
        "nachname=surname vornamen=given_names geburtsdatum=birth_date geburtsort=place_of_birth"
        " staatsangehoerigkeit=nationality geschlecht=sex ausweisnummer=document_number gueltig_bis=expiry_date"
        " ausstellende_behoerde=authority anschrift=address",
        NOT_CHINESE,
        config={"strict": True},
        geschlecht=Literal["männlich", "weiblich", "divers"],
    ),
    flat(
        "Italian",
        "cognome=surname nome=given_names sesso=sex data_nascita=birth_date luogo_nascita=place_of_birth"
        " cittadinanza=nationality tipo_documento=document_type numero_documento=document_number"
        " data_scadenza=expiry_date",
        NOT_CHINESE,
        sesso=Literal["M", "F"],
    ),
    flat(
        "Portuguese",
        "nome_completo=name:full data_de_nascimento=birth_date nacionalidade=nationality"
        " numero_do_documento=document_number orgao_emissor=authority data_de_emissao=issue_date"
        " data_de_validade=expiry_date naturalidade=place_of_birth",
        NOT_CHINESE,
    ),
    flat(
        "Dutch",
        "achternaam=surname voornamen=given_names geboortedatum=birth_date geboorteplaats=place_of_birth"
        " nationaliteit=nationality documentnummer=document_number geldig_tot=expiry_date",
        NOT_CHINESE,
    ),
    flat(
        "Polish",
        "nazwisko=surname imiona=given_names data_urodzenia=birth_date obywatelstwo=nationality"
        " numer_dokumentu=document_number data_waznosci=expiry_date plec=sex",
        NOT_CHINESE,
    ),
    flat(
        "Russian",
        "фамилия=surname имя=given_names дата_рождения=birth_date пол=sex гражданство=nationality"
        " номер_документа=document_number срок_действия=expiry_date",
        NOT_CHINESE,
        пол=Literal["мужской", "женский"],
    ),
    flat(
        "Turkish",
        "soyad=surname ad=given_names dogum_tarihi=birth_date cinsiyet=sex uyruk=nationality belge_no=document_number"
        " gecerlilik_tarihi=expiry_date",
        NOT_CHINESE,
        cinsiyet=Literal["Erkek", "Kadın"],
    ),
    flat(
        "Chinese",
        "姓名=name 性别=sex 民族=ethnicity 出生日期=birth_date 住址=address 公民身份号码=document_number"
        " 签发机关=authority 有效期限=expiry_date",
        CHINESE,
        性别=_HAN_SEX,
        有效期限=str,
    ),
    flat(
        "Chinese cards in English",
        "name=name gender=sex ethnic=ethnicity birthday=birth_date address=address id_card_number=document_number"
        " issued_by=authority valid_from=issue_date valid_to=expiry_date",
        CHINESE,
        ethnic=(str | None, Field(None, description="ethnic group")),
    ),
    flat(
        "Japanese",
        "氏=surname 名=given_names 国籍=nationality 生年月日=birth_date 性別=sex 旅券番号=document_number"
        " 有効期間満了日=expiry_date 発行年月日=issue_date",
        PASSPORTS,
        性別=_HAN_SEX,
    ),
)
