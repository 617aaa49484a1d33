"""The built-in schemas: one Pydantic model per kind of document.

Field names are the same everywhere. The order of the fields is the order in which a document is usually read and the
order in which a model is asked to write them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, StringConstraints

from extractor.schemas.base import Check, IdentityDocument, IsoDate, MrzLine, StateCode, Text, described
from extractor.schemas.chinese_id import checksum_valid, encoded_birth_date, encoded_sex
from extractor.schemas.sexes import Sex

ChineseIdNumber = Annotated[str, StringConstraints(pattern=r"^([0-9]{17}[0-9X]|[0-9]{15})$")]


class HolderDocument(IdentityDocument):
    """The fields that passports, cards, licences and permits begin with: the document itself and its holder."""

    document_type: Text | None = described("document_type")
    issuing_country: StateCode | None = described("issuing_country")
    document_number: Text | None = described("document_number")
    surname: Text | None = described("surname")
    given_names: Text | None = described("given_names")
    name: Text | None = described("name")
    nationality: StateCode | None = described("nationality")
    birth_date: IsoDate | None = described("birth_date")
    sex: Sex | None = described("sex")
    place_of_birth: Text | None = described("place_of_birth")
    personal_number: Text | None = described("personal_number")


class Passport(HolderDocument):
    """Data page of a passport (ICAO Doc 9303-4)."""

    issue_date: IsoDate | None = described("issue_date")
    expiry_date: IsoDate | None = described("expiry_date")
    authority: Text | None = described("authority")
    address: Text | None = described("address")
    endorsements: Text | None = described("endorsements")
    mrz: list[MrzLine] | None = described("mrz")


class IdCard(HolderDocument):
    """Identity card of any state, one or both sides, with or without an MRZ (ICAO Doc 9303-5 and 9303-6)."""

    issue_date: IsoDate | None = described("issue_date")
    expiry_date: IsoDate | None = described("expiry_date")
    permanent: bool | None = described("permanent")
    authority: Text | None = described("authority")
    address: Text | None = described("address")
    ethnicity: Text | None = described("ethnicity")
    card_access_number: Text | None = described("card_access_number")
    endorsements: Text | None = described("endorsements")
    mrz: list[MrzLine] | None = described("mrz")


class ChineseIdCard(IdentityDocument):
    """Resident identity card of the People's Republic of China, front (portrait) and back (GA 461, GB 11643-1999)."""

    issuing_country: StateCode | None = described("issuing_country")
    name: Text | None = described("name")
    sex: Sex | None = described("sex")
    ethnicity: Text | None = described("ethnicity")
    birth_date: IsoDate | None = described("birth_date")
    address: Text | None = described("address")
    document_number: ChineseIdNumber | None = described("document_number", description="citizen identity number")
    authority: Text | None = described("authority")
    issue_date: IsoDate | None = described("issue_date")
    expiry_date: IsoDate | None = described("expiry_date")
    permanent: bool | None = described("permanent")

    def checks(self) -> list[Check]:
        """The number's checksum, and the birth date and sex it encodes (GB 11643-1999, 4)."""
        number = self.document_number
        birth, sex = (encoded_birth_date(number), encoded_sex(number)) if number else (None, None)
        return [
            *super().checks(),
            Check(
                "id_number_checksum",
                ("document_number",),
                checksum_valid(number) if number and len(number) == 18 else None,
                "the check character of document_number is wrong",
            ),
            Check(
                "id_number_birth_date",
                ("document_number", "birth_date"),
                birth == self.birth_date if number and self.birth_date else None,
                "birth_date differs from the one in document_number",
            ),
            Check(
                "id_number_sex",
                ("document_number", "sex"),
                sex == self.sex if number and self.sex else None,
                "sex differs from the one in document_number",
            ),
        ]


class DrivingLicence(HolderDocument):
    """Driving licence of any state (Directive 2006/126/EC, AAMVA, ISO 18013-1 and others)."""

    issue_date: IsoDate | None = described("issue_date")
    expiry_date: IsoDate | None = described("expiry_date")
    authority: Text | None = described("authority")
    address: Text | None = described("address")
    vehicle_classes: list[Text] | None = described("vehicle_classes")
    restrictions: Text | None = described("restrictions")
    endorsements: Text | None = described("endorsements")
    mrz: list[MrzLine] | None = described("mrz")


class ResidencePermit(HolderDocument):
    """Residence permit or permanent resident card (Regulation (EC) 1030/2002 and others)."""

    category: Text | None = described("category")
    issue_date: IsoDate | None = described("issue_date")
    valid_from: IsoDate | None = described("valid_from")
    expiry_date: IsoDate | None = described("expiry_date")
    permanent: bool | None = described("permanent")
    place_of_issue: Text | None = described("place_of_issue")
    authority: Text | None = described("authority")
    address: Text | None = described("address")
    endorsements: Text | None = described("endorsements")
    mrz: list[MrzLine] | None = described("mrz")


class Visa(IdentityDocument):
    """Visa sticker (ICAO Doc 9303-7: MRV-A, MRV-B) or other visa."""

    document_type: Text | None = described("document_type")
    issuing_country: StateCode | None = described("issuing_country")
    document_number: Text | None = described("document_number", description="number of the visa itself, as printed")
    passport_number: Text | None = described("passport_number")
    surname: Text | None = described("surname")
    given_names: Text | None = described("given_names")
    name: Text | None = described("name")
    nationality: StateCode | None = described("nationality")
    birth_date: IsoDate | None = described("birth_date")
    sex: Sex | None = described("sex")
    personal_number: Text | None = described("personal_number")
    visa_class: Text | None = described("visa_class")
    entries: Text | None = described("entries")
    duration_of_stay: Text | None = described("duration_of_stay")
    issue_date: IsoDate | None = described("issue_date")
    valid_from: IsoDate | None = described("valid_from")
    expiry_date: IsoDate | None = described("expiry_date")
    place_of_issue: Text | None = described("place_of_issue")
    authority: Text | None = described("authority")
    endorsements: Text | None = described("endorsements")
    mrz: list[MrzLine] | None = described("mrz")


#: The built-in schemas, by the name that `--schema` takes.
BUILT_IN: Mapping[str, type[BaseModel]] = {
    "passport": Passport,
    "id_card": IdCard,
    "chinese_id_card": ChineseIdCard,
    "driving_licence": DrivingLicence,
    "residence_permit": ResidencePermit,
    "visa": Visa,
}
#: The attribute of a flat schema that names the kind of document it is read as.
READS_AS = "__reads_as__"
