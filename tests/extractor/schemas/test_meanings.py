"""Fields as users of such readers name them: what each is understood as."""

from typing import Any

from extractor.schemas.meanings import Words, meaning_of
from extractor.schemas.sexes import sex_of_word

from ...tables import each

#: What readers and their users call fields -> the vocabulary's field (`:part`), or "-" where nothing is meant.
SCHEMAS: dict[str, str] = {
    "Azure": "FirstName=given_names LastName=surname DocumentNumber=document_number DateOfBirth=birth_date"
    " DateOfExpiration=expiry_date DateOfIssue=issue_date Sex=sex Address=address CountryRegion=issuing_country"
    " DocumentDiscriminator=- EyeColor=eye_colour HairColor=hair_colour Height=height Weight=weight"
    " Endorsements=endorsements Restrictions=restrictions VehicleClassifications=vehicle_classes"
    " PlaceOfBirth=place_of_birth Nationality=nationality IssuingAuthority=authority PersonalNumber=personal_number"
    " DocumentType=document_type MachineReadableZone=mrz",
    "Mindee": "country=issuing_country id_number=document_number given_names=given_names surname=surname"
    " birth_date=birth_date birth_place=place_of_birth gender=sex issuance_date=issue_date expiry_date=expiry_date"
    " mrz1=mrz:line1 mrz2=mrz:line2",
    "Textract": "FIRST_NAME=given_names LAST_NAME=surname MIDDLE_NAME=given_names:rest SUFFIX=- ZIP_CODE_IN_ADDRESS=-"
    " DOCUMENT_NUMBER=document_number EXPIRATION_DATE=expiry_date DATE_OF_BIRTH=birth_date DATE_OF_ISSUE=issue_date"
    " ID_TYPE=document_type ENDORSEMENTS=endorsements VETERAN=- RESTRICTIONS=restrictions ADDRESS=address COUNTY=-"
    " PLACE_OF_BIRTH=place_of_birth MRZ_CODE=mrz",
    "document readers": "familyName=surname givenNames=given_names documentId=document_number"
    " expirationDate=expiry_date issueDate=issue_date idNumber=document_number validFrom=valid_from"
    " validUntil=expiry_date fullName=name:full mrzLine1=mrz:line1 mrzLine2=mrz:line2"
    " issuingCountryCode=issuing_country"
    " nationalityCode=nationality licenseClass=vehicle_classes issuingState=issuing_country",
    "banks": "customer_first_name=given_names customer_last_name=surname dob=birth_date nationality=nationality"
    " passport_no=document_number passport_expiry_date=expiry_date country_of_issue=issuing_country"
    " residential_address=address occupation=profession marital_status=marital_status tax_id=personal_number"
    " is_pep=- risk_score=- year_of_birth=birth_date:year email=- phone=- iban=- photo=- customer_id=-",
    "airlines": "surname=surname first_and_middle_names=given_names passport_number=passport_number"
    " passport_issuing_country=issuing_country passport_expiration=expiry_date birthdate=birth_date gender=sex"
    " frequent_flyer_number=- seat=-",
    "visas": "visa_number=document_number visa_type=visa_class number_of_entries=entries valid_from=valid_from"
    " valid_until=expiry_date duration_of_stay=duration_of_stay place_of_issue=place_of_issue remarks=endorsements",
    "abbreviations": "birth_dt=birth_date dobDate=birth_date exp_dt=expiry_date expirationDateTime=expiry_date"
    " nationality_iso3=nationality gender_code=sex heightCm=height cpf_number=personal_number addr_line=address"
    " mrz_full=mrz fec_venc=expiry_date nro_documento=document_number customer_number=- phone_number=- postal_code=-"
    " created_date=- vehicle_number=-",
    "parents": "father_name=father_name mother_name=mother_name spouse_name=spouse_name maiden_name=maiden_name",
    "es": "nombre=given_names apellidos=surname fecha_nacimiento=birth_date fecha_de_vencimiento=expiry_date sexo=sex"
    " nacionalidad=nationality numero_documento=document_number lugar_de_nacimiento=place_of_birth domicilio=address"
    " fecha_expedicion=issue_date curp=personal_number",
    "fr": "nom=surname prenoms=given_names date_naissance=birth_date lieu_naissance=place_of_birth sexe=sex"
    " nationalite=nationality numero_passeport=document_number date_expiration=expiry_date date_delivrance=issue_date"
    " autorite=authority adresse=address",
    "de": "nachname=surname vorname=given_names geburtsdatum=birth_date geburtsort=place_of_birth geschlecht=sex"
    " staatsangehoerigkeit=nationality passnummer=document_number gueltig_bis=expiry_date"
    " ausstellungsdatum=issue_date behoerde=authority anschrift=address groesse=height augenfarbe=eye_colour",
    "it": "cognome=surname nome=given_names data_di_nascita=birth_date luogo_di_nascita=place_of_birth sesso=sex"
    " cittadinanza=nationality numero_documento=document_number data_di_scadenza=expiry_date"
    " codice_fiscale=personal_number residenza=address statura=height",
    "pt": "sobrenome=surname nome_completo=name:full data_nascimento=birth_date nacionalidade=nationality"
    " numero_documento=document_number data_validade=expiry_date data_emissao=issue_date naturalidade=place_of_birth"
    " cpf=personal_number",
    "nl": "achternaam=surname voornamen=given_names geboortedatum=birth_date geboorteplaats=place_of_birth geslacht=sex"
    " nationaliteit=nationality documentnummer=document_number geldig_tot=expiry_date bsn=personal_number",
    "pl": "nazwisko=surname imiona=given_names data_urodzenia=birth_date miejsce_urodzenia=place_of_birth plec=sex"
    " obywatelstwo=nationality numer_paszportu=document_number data_waznosci=expiry_date pesel=personal_number",
    "ru": "фамилия=surname имя=given_names фио=name:full дата_рождения=birth_date место_рождения=place_of_birth пол=sex"
    " гражданство=nationality номер_паспорта=document_number дата_выдачи=issue_date кем_выдан=authority",
    "tr": "soyadi=surname adi=given_names dogum_tarihi=birth_date dogum_yeri=place_of_birth cinsiyet=sex"
    " uyruk=nationality seri_no=document_number son_gecerlilik_tarihi=expiry_date tc_kimlik_no=personal_number",
    "zh": "姓名=name 性别=sex 民族=ethnicity 出生日期=birth_date 住址=address 身份证号码=document_number"
    " 签发机关=authority 有效期至=expiry_date 国籍=nationality 护照号码=document_number 出生地点=place_of_birth",
    "ja": "氏名=name 生年月日=birth_date 住所=address 性別=sex 国籍=nationality"
    " 有効期限=expiry_date 交付年月日=issue_date",
}


@each("who", SCHEMAS)
def test_names_of_fields(who: str) -> None:
    wrong = {}
    for pair in SCHEMAS[who].split():
        name, _, expected = pair.partition("=")
        found = meaning_of(Words(name))
        got = "-" if found is None else f"{found.field}:{found.part}" if found.part else found.field
        if got != expected:
            wrong[name] = got
    assert wrong == {}


@each(
    ("words", "field", "by"),
    [
        (Words("x", stated="sex"), "sex", "x-field"),
        (Words("x", aliases=("docNo",)), "document_number", "alias"),
        (Words("x", captions=("Surname", "Nachname")), "surname", "captions"),
        (Words("number", captions=("Fahrkarte Nr.",)), None, None),
        (Words("x", captions=("Surname", "Date of birth")), None, None),
        (Words("x", description="The holder's family name, as printed"), "surname", "description"),
        (Words("x", description="Date of birth of the father"), None, None),
        (Words("x", description="证件上的出生日期"), "birth_date", "description"),
        (Words("x", description="Anything else"), None, None),
        (Words("date", inside=("birth",)), "birth_date", "name"),
        (Words("place", inside=("issue",)), "place_of_issue", "name"),
        (Words("first", inside=("name",)), "given_names", "name"),
        (Words("surname", inside=("document", "holder")), "surname", "name"),
        (Words("full", inside=("address",)), "address", "name"),
        (Words("city", inside=("address",)), None, None),
        (Words("country", inside=("address",)), None, None),
        (Words("name", inside=("nationality",)), "nationality", "name"),
        (Words("code", inside=("sex",)), "sex", "name"),
        (Words("city", inside=("place_of_birth",)), "place_of_birth", "name"),
        (Words("surname", inside=("subject", "name")), "surname", "name"),
        (Words("type", inside=("document_number",)), None, None),
        (Words("country", inside=("passport",)), "issuing_country", "name"),
        (Words("number", aliases=("nationality",)), "nationality", "alias"),
        (Words("x", description="Sex of the holder"), "sex", "description"),
        (Words("x", description="DOB"), "birth_date", "description"),
        (Words("name", inside=("father",)), "father_name", "name"),
        (Words("birth_date", inside=("father",)), None, None),
        (Words("surname", inside=("emergency_contact",)), None, None),
    ],
)
def test_what_a_field_says_about_itself(words: Words, field: str | None, by: str | None) -> None:
    found = meaning_of(words)
    assert (found and found.field, found and found.by) == (field, by)


@each(("word", "sex"), [("Male", "M"), ("weiblich", "F"), ("mujer", "F"), ("男", "M"), ("other", "X"), ("yes", None)])
def test_words_for_sex(word: str, sex: Any) -> None:
    assert sex_of_word(word) == sex


OTHERS = (
    "spouse wife partner ehefrau époux conyuge father padre emergency_contact next_of_kin employer referee translator"
    " coApplicant previous_passport landlord 配偶 отец"
).split()


@each("around", OTHERS)
def test_what_is_said_of_others_is_not_the_holders(around: str) -> None:
    for name in ("surname", "first_name", "birth_date", "passport_number", "address", "nationality", "sex"):
        assert meaning_of(Words(name, (around,))) is None, name


@each(("around", "field"), [("father", "father_name"), ("mother", "mother_name"), ("spouse", "spouse_name")])
def test_but_their_names_may_stand_on_the_document(around: str, field: str) -> None:
    found = meaning_of(Words("name", (around,)))
    assert found
    assert found.field == field
