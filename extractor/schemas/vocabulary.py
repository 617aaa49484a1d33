"""The vocabulary: every field that a document can have, once.

A field's name, kind and description stand here; its printed captions stand in `extractor.schemas.captions`. Prompts,
caption reading, JSON Schema, scoring and documentation are all made from these definitions, for the built-in
schemas and for any schema of a user's own that uses the same names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from extractor.schemas.captions import CAPTIONS


class Kind(StrEnum):
    """What a field's value is; decides how printed text is normalised, compared and constrained."""

    NAME = "name"
    TEXT = "text"
    ADDRESS = "address"
    DATE = "date"
    SEX = "sex"
    STATE = "state"
    NUMBER = "number"
    CODE = "code"
    LIST = "list"
    FLAG = "flag"
    MRZ = "mrz"


@dataclass(frozen=True)
class FieldSpec:
    """One field: what it means, in English and Chinese, and the captions documents print beside it.

    `captions` maps a language tag (BCP 47: en, fr, zh-Hans ...) to the phrases printed in that language; `own` has
    those of them that a user's schema adds to a field of the vocabulary.
    """

    name: str
    kind: Kind
    en: str
    zh: str
    captions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    own: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


_DEFINITIONS: tuple[tuple[str, Kind, str, str], ...] = (
    ("document_type", Kind.CODE, "document code as printed or in the MRZ, for example P, ID, V", "证件类型代码"),
    ("issuing_country", Kind.STATE, "state that issued the document, ICAO alpha-3 code", "签发国三字代码"),
    ("document_number", Kind.NUMBER, "number of this document, as printed", "证件号码"),
    ("surname", Kind.NAME, "surname (primary identifier), as printed", "姓"),
    ("given_names", Kind.NAME, "given names (secondary identifier), as printed", "名"),
    ("name", Kind.NAME, "name in one piece, or the name in the native script", "姓名"),
    ("nationality", Kind.STATE, "nationality of the holder, ICAO alpha-3 code", "国籍三字代码"),
    ("birth_date", Kind.DATE, "date of birth, ISO 8601", "出生日期"),
    ("sex", Kind.SEX, "sex of the holder: M, F or X", "性别"),
    ("place_of_birth", Kind.TEXT, "place of birth, as printed", "出生地点"),
    ("personal_number", Kind.NUMBER, "national or personal number of the holder", "个人号码"),
    ("issue_date", Kind.DATE, "date of issue, ISO 8601", "签发日期"),
    ("expiry_date", Kind.DATE, "date of expiry, ISO 8601", "有效期至"),
    ("authority", Kind.TEXT, "authority that issued the document, as printed", "签发机关"),
    ("address", Kind.ADDRESS, "address of the holder, all lines", "住址"),
    ("ethnicity", Kind.TEXT, "ethnicity of the holder, as printed", "民族"),
    ("endorsements", Kind.TEXT, "endorsements, observations or remarks", "备注"),
    ("mrz", Kind.MRZ, "lines of the machine-readable zone, exactly as printed", "机读码各行"),
    ("valid_from", Kind.DATE, "first day of validity, ISO 8601", "有效期起始日期"),
    ("permanent", Kind.FLAG, "true if the document is valid without a time limit", "是否长期有效"),
    ("place_of_issue", Kind.TEXT, "place of issue, as printed", "签发地"),
    ("passport_number", Kind.NUMBER, "number of the passport a visa belongs to", "护照号码"),
    ("visa_class", Kind.CODE, "type, class or category of the visa", "签证种类"),
    ("entries", Kind.CODE, "number of entries, for example 1, 2, MULT", "入境次数"),
    ("duration_of_stay", Kind.CODE, "days of stay allowed", "停留天数"),
    ("category", Kind.TEXT, "type or category of the permit", "居留许可类别"),
    ("vehicle_classes", Kind.LIST, "classes of vehicles the holder may drive", "准驾车型"),
    ("restrictions", Kind.TEXT, "restrictions of a driving licence", "驾驶限制"),
    ("card_access_number", Kind.NUMBER, "card access number (CAN)", "卡访问号码"),
    ("height", Kind.TEXT, "height of the holder", "身高"),
    ("weight", Kind.TEXT, "weight of the holder", "体重"),
    ("eye_colour", Kind.TEXT, "colour of eyes", "眼睛颜色"),
    ("hair_colour", Kind.TEXT, "colour of hair", "头发颜色"),
    ("blood_group", Kind.CODE, "blood group", "血型"),
    ("marital_status", Kind.TEXT, "marital status", "婚姻状况"),
    ("profession", Kind.TEXT, "profession", "职业"),
    ("religion", Kind.TEXT, "religion", "宗教"),
    ("maiden_name", Kind.NAME, "name at birth", "出生时姓名"),
    ("alias", Kind.NAME, "other name, usual name or pseudonym", "别名"),
    ("father_name", Kind.NAME, "name of the father", "父亲姓名"),
    ("mother_name", Kind.NAME, "name of the mother", "母亲姓名"),
    ("spouse_name", Kind.NAME, "name of the spouse", "配偶姓名"),
    ("signature", Kind.TEXT, "signature of the holder", "持证人签名"),
)

VOCABULARY: Mapping[str, FieldSpec] = {
    name: FieldSpec(name, kind, en, zh, CAPTIONS.get(name, {})) for name, kind, en, zh in _DEFINITIONS
}
