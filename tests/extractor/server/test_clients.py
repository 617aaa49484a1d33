"""The real service, read by the clients that people have: openai, instructor and LangChain's with_structured_output."""

import base64
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from pydantic import BaseModel, Field

from .services import Process

if TYPE_CHECKING:
    import openai  # each of the three takes a second to import, in every worker that collects tests

pytestmark = pytest.mark.slow


class Holder(BaseModel):
    first_name: str
    last_name: str = Field(description="Family name")
    dob: date


class Document(BaseModel):
    """A passport as an application describes it."""

    holder: Holder
    passport_no: str
    sex: Literal["Male", "Female"] | None = None
    valid_until: date | None = None
    shoe_size: int | None = None


EXPECTED = Document(
    holder=Holder(first_name="JOSHUA", last_name="UNDERHILL", dob=date(2020, 3, 30)),
    passport_no="359970521",
    sex="Male",
    valid_until=date(2033, 1, 9),
)


@pytest.fixture(scope="module")
def image(examples_dir: Path) -> str:
    return "data:image/png;base64," + base64.b64encode((examples_dir / "passport.png").read_bytes()).decode()


@pytest.fixture(scope="module")
def messages(image: str) -> list[Any]:
    parts = [{"type": "text", "text": "Read this passport."}, {"type": "image_url", "image_url": {"url": image}}]
    return [{"role": "user", "content": parts}]


@pytest.fixture(scope="module")
def client(real_service: Process) -> Iterator["openai.OpenAI"]:
    import openai

    with openai.OpenAI(
        base_url=f"http://127.0.0.1:{real_service.port}/v1", api_key="none needed here", max_retries=0
    ) as client:
        yield client


def test_openai_parses_a_nested_model(client: "openai.OpenAI", messages: list[Any]) -> None:
    answer = client.chat.completions.parse(model="auto", messages=messages, response_format=Document)
    assert answer.choices[0].message.parsed == EXPECTED


@pytest.mark.parametrize("mode", ["TOOLS", "JSON_SCHEMA"])
def test_instructor_in_each_of_its_modes(client: "openai.OpenAI", messages: list[Any], mode: str) -> None:
    instructor = pytest.importorskip("instructor")
    patched = instructor.from_openai(client, mode=getattr(instructor.Mode, mode))
    read = patched.chat.completions.create(model="auto", messages=messages, response_model=Document, max_retries=0)
    assert read.model_dump() == EXPECTED.model_dump()  # of a class of instructor's own


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
@pytest.mark.parametrize("strict", [None, True])
def test_langchain_with_structured_output(
    real_service: Process, image: str, method: Literal["json_schema", "function_calling"], strict: bool | None
) -> None:
    langchain_openai = pytest.importorskip("langchain_openai")
    model = langchain_openai.ChatOpenAI(
        base_url=f"http://127.0.0.1:{real_service.port}/v1", api_key="none needed here", model="auto", max_retries=0
    )
    content = [{"type": "image_url", "image_url": {"url": image}}]
    structured = model.with_structured_output(Document, method=method, strict=strict)
    assert structured.invoke([{"role": "user", "content": content}]) == EXPECTED
