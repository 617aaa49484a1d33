"""A user's program with schemas of its own: one document, many, and one beside other work."""

import asyncio
from datetime import date

from pydantic import BaseModel

from extractor import Extraction, IdCard, Passport, extract, extract_async, extract_many


class Customer(BaseModel):
    first_name: str
    date_of_birth: date | None = None


def surname(path: str) -> str | None:
    card: IdCard = extract(path, schema="id_card").document
    print(card.document_number, extract(path).document.checks(), extract(path, Passport).fields["surname"].verdict)
    return extract(path, schema=Passport).document.surname


def customer(path: str) -> str:
    result: Extraction[Customer | None] = extract(path, schema=Customer)
    if result.document is None:
        return ", ".join(warning.message for warning in result.warnings)
    return result.document.first_name


async def later(path: str) -> str | None:
    return (await extract_async(path, schema=Passport)).document.surname


for item in extract_many(["a.jpg", "b.jpg"], Passport, jobs=2):
    print(item.result.document.birth_date if item.result else item.error)
print(surname("a.jpg"), customer("a.jpg"), asyncio.run(later("a.jpg")))
