"""Models in the languages that their authors write: flat, all optional, with dates as dates."""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from eval.usermodels.listed import CHINESE, NOT_CHINESE, PASSPORTS, UserModel

_DATES = frozenset({"birth_date", "issue_date", "expiry_date"})
_HAN_SEX: Any = Literal["男", "女"]


def _model(name: str, meant: str, *, config: ConfigDict | None = None, **types: Any) -> type[BaseModel]:
    """A model with the fields of `meant`, of these types or, without one, dates and texts."""
    fields: dict[str, Any] = {}
    for pair in meant.split():
        field, meaning = pair.split("=")
        kind = types.get(field, date if meaning in _DATES else str)
        fields[field] = kind if isinstance(kind, tuple) else (kind | None, None)
    return create_model(name, __config__=config, **fields)


_SPANISH = (
    "nombre=given_names apellidos=surname fecha_de_nacimiento=birth_date sexo=sex nacionalidad=nationality"
    " numero_de_documento=document_number fecha_de_caducidad=expiry_date fecha_de_emision=issue_date"
    " lugar_de_nacimiento=place_of_birth domicilio=address"
)
_FRENCH = (
    "nom=surname prenoms=given_names date_de_naissance=birth_date lieu_de_naissance=place_of_birth sexe=sex"
    " nationalite=nationality numero_de_passeport=document_number date_d_expiration=expiry_date"
    " date_de_delivrance=issue_date autorite=authority"
)
_GERMAN = (
    "nachname=surname vornamen=given_names geburtsdatum=birth_date geburtsort=place_of_birth"
    " staatsangehoerigkeit=nationality geschlecht=sex ausweisnummer=document_number gueltig_bis=expiry_date"
    " ausstellende_behoerde=authority anschrift=address"
)
_ITALIAN = (
    "cognome=surname nome=given_names sesso=sex data_nascita=birth_date luogo_nascita=place_of_birth"
    " cittadinanza=nationality tipo_documento=document_type numero_documento=document_number data_scadenza=expiry_date"
)
_PORTUGUESE = (
    "nome_completo=name:full data_de_nascimento=birth_date nacionalidade=nationality"
    " numero_do_documento=document_number orgao_emissor=authority data_de_emissao=issue_date"
    " data_de_validade=expiry_date naturalidade=place_of_birth"
)
_DUTCH = (
    "achternaam=surname voornamen=given_names geboortedatum=birth_date geboorteplaats=place_of_birth"
    " nationaliteit=nationality documentnummer=document_number geldig_tot=expiry_date"
)
_POLISH = (
    "nazwisko=surname imiona=given_names data_urodzenia=birth_date obywatelstwo=nationality"
    " numer_dokumentu=document_number data_waznosci=expiry_date plec=sex"
)
_RUSSIAN = (
    "фамилия=surname имя=given_names дата_рождения=birth_date пол=sex гражданство=nationality"
    " номер_документа=document_number срок_действия=expiry_date"
)
_TURKISH = (
    "soyad=surname ad=given_names dogum_tarihi=birth_date cinsiyet=sex uyruk=nationality belge_no=document_number"
    " gecerlilik_tarihi=expiry_date"
)
_CHINESE = (
    "姓名=name 性别=sex 民族=ethnicity 出生日期=birth_date 住址=address 公民身份号码=document_number"
    " 签发机关=authority 有效期限=expiry_date"
)
_CHINESE_IN_ENGLISH = (
    "name=name gender=sex ethnic=ethnicity birthday=birth_date address=address id_card_number=document_number"
    " issued_by=authority valid_from=issue_date valid_to=expiry_date"
)
_JAPANESE = (
    "氏=surname 名=given_names 国籍=nationality 生年月日=birth_date 性別=sex 旅券番号=document_number"
    " 有効期間満了日=expiry_date 発行年月日=issue_date"
)
_ETHNIC = (str | None, Field(None, description="ethnic group"))

MODELS = (
    UserModel("Spanish", _model("Empleado", _SPANISH, sexo=Literal["Hombre", "Mujer"]), _SPANISH, NOT_CHINESE),
    UserModel(
        "French", _model("Usager", _FRENCH, prenoms=list[str], sexe=Literal["Homme", "Femme"]), _FRENCH, PASSPORTS
    ),
    UserModel(
        "German, strict",
        _model("Kunde", _GERMAN, config={"strict": True}, geschlecht=Literal["männlich", "weiblich", "divers"]),
        _GERMAN,
        NOT_CHINESE,
    ),
    UserModel("Italian", _model("Ospite", _ITALIAN, sesso=Literal["M", "F"]), _ITALIAN, NOT_CHINESE),
    UserModel("Portuguese", _model("Cliente", _PORTUGUESE), _PORTUGUESE, NOT_CHINESE),
    UserModel("Dutch", _model("Huurder", _DUTCH), _DUTCH, NOT_CHINESE),
    UserModel("Polish", _model("Klient", _POLISH), _POLISH, NOT_CHINESE),
    UserModel("Russian", _model("Gost", _RUSSIAN, пол=Literal["мужской", "женский"]), _RUSSIAN, NOT_CHINESE),
    UserModel("Turkish", _model("Musteri", _TURKISH, cinsiyet=Literal["Erkek", "Kadın"]), _TURKISH, NOT_CHINESE),
    UserModel("Chinese", _model("Kehu", _CHINESE, 性别=_HAN_SEX, 有效期限=str), _CHINESE, CHINESE),
    UserModel(
        "Chinese cards in English",
        _model("ChineseCard", _CHINESE_IN_ENGLISH, ethnic=_ETHNIC),
        _CHINESE_IN_ENGLISH,
        CHINESE,
    ),
    UserModel("Japanese", _model("Ryokensha", _JAPANESE, 性別=_HAN_SEX), _JAPANESE, PASSPORTS),
)
