"""Whatever the service writes, it holds nothing of a document: every label value of the examples is looked for.

Looked through is all that the process could have written: both standard streams, its data folder, its home, its
temporary folder, and what /metrics says. Results of jobs are stored, by design, so the data folder is encrypted here;
without a key nothing is stored but the jobs that callers make.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from .fake_reader import SECRET, picture
from .services import Process, wait_for

pytestmark = pytest.mark.slow


def words_of(value: Any) -> Iterator[str]:
    """A value, and each longer word of it, since a log line may quote a part."""
    if isinstance(value, str):
        yield value
        yield from re.split(r"[\s<,/-]+", value)
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from words_of(one)


def secrets_of(examples: dict[str, dict[str, Any]]) -> set[str]:
    """Every value on the examples that is long enough not to turn up by chance."""
    values = [value for label in examples.values() for key in ("fields", "printed") for value in [label.get(key, {})]]
    words = {word for value in values for word in words_of(value)}
    known = {"CHINESE", "PASSPORT"}  # words of this program's own: chinese_id_card, passport
    long = {word for word in words if len(word) >= 5 or (len(word) >= 2 and not word.isascii())}
    return {word for word in long if word.upper() not in known}


def found(secrets: set[str], written: bytes) -> list[str]:
    text = written.decode("utf-8", "replace").casefold()
    return [word for word in secrets if word.casefold() in text or json.dumps(word)[1:-1].casefold() in text]


def test_the_examples_leave_no_trace(
    real_service: Process, examples: dict[str, dict[str, Any]], examples_dir: Path
) -> None:
    client = real_service.client
    secrets = secrets_of(examples)
    assert len(secrets) > 80
    answers: list[httpx.Response] = []
    parts = []
    for number, (file, label) in enumerate(examples.items()):
        # A file's own name is personal data as well.
        name = f"{label['fields'].get('surname') or '姓名'}.png"
        data = (examples_dir / file).read_bytes()
        if number % 2:
            parts.append(("file", (name, data)))
        else:
            answers.append(client.post("/v1/extract", files={"file": (name, data)}, data={"evidence": "true"}))
    job = client.post("/v1/jobs", files=parts).json()
    # Bodies that are refused hold personal data too, where nobody expects it.
    value = next(iter(examples.values()))["fields"]["surname"]
    refused = [
        client.get(f"/v1/schemas/{value}"),
        client.get(f"/{value}?{value}={value}", headers={"User-Agent": value, "Referer": value}),
        client.post("/v1/extract", data={value: value}, files={"file": (value, b"%PDF-1.7 " + value.encode())}),
        client.post("/v1/extract", json={"file": "", "schema": value}),
        client.get(f"/v1/jobs/{job['id']}/results", params={"after": value}),
        client.post("/v1/specimens", files={"file": b"GIF89a"}, data={"label": json.dumps({"fields": {value: value}})}),
    ]
    wait_for(lambda: client.get(f"/v1/jobs/{job['id']}").json()["state"] == "done", 120)
    results = client.get(job["results"]).text

    read = "".join(answer.text for answer in answers) + results
    assert len(found(secrets, read.encode())) > 60, "the values were read, so they could have been written"
    assert all(400 <= answer.status_code < 500 for answer in refused)
    for answer in refused:
        assert found({value}, answer.content) == []
    assert found(secrets, client.get("/metrics").content) == []
    # The digits of a time may be those of a postal code.
    assert found(secrets, re.sub(rb'"timestamp": "[^"]*"', b"", real_service.output())) == []

    folder = real_service.folder.parent
    for path in [path for path in folder.rglob("*") if path.is_file() and folder / "specimens" not in path.parents]:
        assert found(secrets, re.sub(rb'"timestamp": "[^"]*"', b"", path.read_bytes())) == [], path.name
        assert found(secrets, path.name.encode()) == []
    assert not [path for path in (folder / "home").rglob("*") if path.is_file()], "no library keeps anything either"
    assert client.delete(f"/v1/jobs/{job['id']}").status_code == 204


def test_what_engines_and_their_libraries_say_is_heard_by_nobody(fake_process: Any) -> None:
    service = fake_process()
    for command in ("chatter", "secret", "crash", "abort", "memory"):
        service.client.post("/v1/extract", files={"file": (SECRET, picture(command))})
    wait_for(lambda: service.client.post("/v1/extract", files={"file": picture()}).status_code == 200)
    assert service.stop() == 0
    assert found({SECRET, "LÜDENSCHEIDT"}, service.output()) == []
    lines = [json.loads(line) for line in service.output().decode().splitlines() if line.startswith("{")]
    assert {"request", "engine died", "reading failed", "stopped"} <= {line["event"] for line in lines}
    failed = next(line for line in lines if line["event"] == "reading failed")
    assert failed["place"].startswith("fake_reader.py:"), "an operator sees where it went wrong all the same"
    requests = [line for line in lines if line["event"] == "request"]
    assert len({line["request_id"] for line in requests}) == len(requests)
