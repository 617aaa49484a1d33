"""A route of one's own FastAPI application: `uvicorn fastapi_app:app`.

A picture is read in a thread; `extract-server` is the better choice for pictures from strangers, since it reads in
processes of their own, with limits of memory and time.
"""

from datetime import date
from typing import Annotated

from fastapi import FastAPI, File, HTTPException
from pydantic import BaseModel

from extractor import ExtractorError, extract_async


class Guest(BaseModel):
    """What a hotel has to write down."""

    surname: str | None = None
    given_names: str | None = None
    date_of_birth: date | None = None
    nationality: str | None = None
    document_number: str | None = None


class Answer(BaseModel):
    guest: Guest | None
    look_at: list[str]


app = FastAPI()


@app.post("/guests")
async def read_guest(picture: Annotated[bytes, File()]) -> Answer:
    try:
        result = await extract_async(picture, schema=Guest)
    except ExtractorError as error:
        raise HTTPException(422, str(error)) from None
    return Answer(guest=result.document, look_at=[warning.message for warning in result.warnings])
