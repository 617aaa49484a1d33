"""What a document is: Pydantic models, the vocabulary of fields, printed captions. Imports nothing of ours.

from extractor.schemas import Passport, SCHEMAS, load_schema
"""

from extractor.schemas.base import Check, IdentityDocument, described, field_specs
from extractor.schemas.documents import ChineseIdCard, DrivingLicence, IdCard, Passport, ResidencePermit, Visa
from extractor.schemas.registry import SCHEMAS, SchemaNotFoundError, load_schema, schema_name
from extractor.schemas.vocabulary import VOCABULARY, FieldSpec, Kind

__all__ = [
    "SCHEMAS",
    "VOCABULARY",
    "Check",
    "ChineseIdCard",
    "DrivingLicence",
    "FieldSpec",
    "IdCard",
    "IdentityDocument",
    "Kind",
    "Passport",
    "ResidencePermit",
    "SchemaNotFoundError",
    "Visa",
    "described",
    "field_specs",
    "load_schema",
    "schema_name",
]
