"""`extract-mcp`, called by the official client over stdio."""

import base64
import json
import os
import shutil
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest
from PIL import Image

mcp = pytest.importorskip("mcp")

from extractor.errors import UsageError  # noqa: E402
from extractor.server.mcp import Roots, main  # noqa: E402

ROOT = Path(__file__).parents[3]
Ask = Callable[[list[tuple[str, dict[str, Any]]]], list[Any]]


@pytest.fixture
def folder(tmp_path: Path, examples_dir: Path) -> Path:
    """`allowed/passport.png` and, beside the folder, a file that is not for the client."""
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    shutil.copy(examples_dir / "passport.png", allowed)
    shutil.copy(examples_dir / "visa.png", tmp_path / "secret.png")
    (allowed / "link.png").symlink_to(tmp_path / "secret.png")
    return allowed


@pytest.fixture
def ask(folder: Path) -> Ask:
    """`ask([(tool, arguments), ...])`: what a client gets from a server in a process of its own, the tools first."""
    server = mcp.StdioServerParameters(
        command=sys.executable,
        args=["-m", "extractor.server.mcp", str(folder)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )

    async def talk(calls: list[tuple[str, dict[str, Any]]]) -> list[Any]:
        async with mcp.Client(server) as client:
            return [await client.list_tools(), *[await client.call_tool(*call) for call in calls]]

    return lambda calls: anyio.run(talk, calls)


@pytest.mark.slow
def test_an_agent_reads_classifies_lists_and_blacks_out(ask: Ask, folder: Path) -> None:
    """One server answers it all; every error is one line and says nothing of other files."""
    schema = {"properties": {"family_name": {"type": "string"}, "dob": {"type": "string", "format": "date"}}}
    wrong = [
        {"paths": ["../secret.png"]},
        {"paths": ["link.png"]},
        {"paths": [str(folder.parent / "secret.png")]},
        {"paths": ["none.png"]},
        {"paths": ["passport.png"], "schema": "os:path"},
        {"paths": ["passport.png"], "schema": {"not": {}}},
    ]
    tools, read, kind, schemas, shown, refused, *errors = ask(
        [
            ("extract_document", {"paths": ["passport.png"], "schema": schema}),
            ("classify_document", {"path": str(folder / "passport.png")}),
            ("list_schemas", {}),
            ("redact_document", {"paths": ["passport.png"], "hide": ["surname"]}),
            ("redact_document", {"paths": ["passport.png"], "keep": ["zebra"]}),
            *[("extract_document", arguments) for arguments in wrong],
        ]
    )
    names = {"extract_document", "classify_document", "redact_document", "list_schemas"}
    assert {tool.name for tool in tools.tools} == names
    read, kind, schemas = (json.loads(answer.content[0].text) for answer in (read, kind, schemas))
    assert read["document"] == {"family_name": "UNDERHILL", "dob": "2020-03-30"}
    assert kind["schema"] == "passport"
    assert "surname" in schemas["passport"]
    (picture,) = shown.content
    assert picture.mime_type == "image/png"
    with Image.open(BytesIO(base64.b64decode(picture.data))) as black, Image.open(folder / "passport.png") as given:
        assert black.size == given.size
        assert np.asarray(black.convert("L")).mean() < np.asarray(given.convert("L")).mean()
    assert all(answer.is_error for answer in (refused, *errors))
    texts = [answer.content[0].text for answer in errors]
    assert len(set(texts[:4])) == 1
    assert "no such file below the allowed folders" in texts[0]
    assert "schema is auto" in texts[4]
    assert all("\n" not in text and "secret" not in text for text in texts)


def test_only_files_below_the_roots(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    roots = Roots([folder])
    assert roots.file("passport.png") == (folder / "passport.png").resolve()
    for name in ("../secret.png", "link.png", ".", "", "\0", "a" * 5000):
        with pytest.raises(UsageError, match="no such file"):
            roots.file(name)
    assert main([str(folder / "none")]) == 2
    assert "is no folder" in capsys.readouterr().err
