"""The types of docs/typescript: in step with the service, and of use to a program, by the real compiler and Node."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from .services import Process

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "docs" / "typescript"
TOOLS = ROOT / "tests" / "typescript" / "node_modules" / ".bin"


@pytest.fixture(scope="module")
def tools(absent: Callable[[str], NoReturn]) -> Path:
    """openapi-typescript and TypeScript's compiler, in the versions of tests/typescript."""
    if not (TOOLS / "tsc").exists() or shutil.which("node") is None:
        asked = "needs Node and packages of npm: apt-get install nodejs npm && npm ci --prefix tests/typescript"
        absent(asked)
    return TOOLS


@pytest.fixture
def project(tools: Path, tmp_path: Path) -> Path:
    """Client and types as somebody's own project."""
    for name in ("client.ts", "extract-server.d.ts"):
        shutil.copy(FOLDER / name, tmp_path)
    shutil.copy(ROOT / "tests" / "typescript" / "tsconfig.json", tmp_path)
    return tmp_path


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*map(str, command)], check=False, cwd=cwd, capture_output=True, text=True, timeout=120)


def test_types_are_in_step_with_the_service(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from extractor.server.__main__ import main

    assert main(["--openapi"]) == 0
    (project / "openapi.json").write_text(capsys.readouterr().out, encoding="utf-8")
    arguments = ["openapi.json", "-o", "fresh.d.ts", "--default-non-nullable=false"]
    made = run(TOOLS / "openapi-typescript", *arguments, cwd=project)
    assert made.returncode == 0, made.stderr
    fresh = (project / "fresh.d.ts").read_text(encoding="utf-8")
    assert fresh == (FOLDER / "extract-server.d.ts").read_text(encoding="utf-8"), (
        "make them again: extract-server --openapi > tests/typescript/openapi.json"
        " && npm run types --prefix tests/typescript"
    )


WRONG = {
    "a field that no passport has": "export const a = (one: Passport) => one.shoe_size;",
    "a date that may be null": "export const a = (one: Passport): string => one.birth_date;",
    "a verdict that there is not": 'export const a = (one: Reading) => one.evidence.fields["x"]?.verdict === "maybe";',
    "a count that is a number": "export const a = (one: JobDone): string => one.data.problems;",
}


def test_the_client_compiles_and_mistakes_do_not(project: Path) -> None:
    """The only errors are the mistakes, a line each."""
    client = (project / "client.ts").read_text(encoding="utf-8").rstrip("\n").split("\n")
    mistakes = [mistake.replace("const a ", f"const wrong{number} ") for number, mistake in enumerate(WRONG.values())]
    (project / "client.ts").write_text("\n".join([*client, *mistakes, ""]), encoding="utf-8")
    checked = run(TOOLS / "tsc", "--noEmit", cwd=project)
    lines = re.findall(r"^(.*?)\((\d+),\d+\): error TS", checked.stdout, re.MULTILINE)
    assert lines == [("client.ts", str(len(client) + number)) for number in range(1, 1 + len(WRONG))], checked.stdout


PROGRAM = """
import { readFileSync } from "node:fs";
import { read, submit, doubtful, ServiceError } from "./build/client.js";

const [server, path] = process.argv.slice(2);
const picture = new Blob([readFileSync(path)], { type: "image/png" });
const reading = await read(server, [picture], "passport");
const job = await submit(server, [picture]);
const refused = await read(server, [new Blob(["no picture"])]).catch((error) => error);
console.log(JSON.stringify({
  surname: reading.document.surname, page: reading.evidence.fields.surname.box.page, doubtful: doubtful(reading),
  state: job.state, total: job.total, refused: refused instanceof ServiceError && refused.problem.type,
}));
"""


@pytest.mark.slow
def test_the_client_works(project: Path, real_service: Process, examples_dir: Path) -> None:
    """Compiled, and run by Node against the service with its embedded engine."""
    assert run(TOOLS / "tsc", cwd=project).returncode == 0
    (project / "program.mjs").write_text(PROGRAM, encoding="utf-8")
    passport = examples_dir / "passport.png"
    done = run("node", "program.mjs", f"http://127.0.0.1:{real_service.port}", passport, cwd=project)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "surname": "UNDERHILL", "page": 0, "doubtful": [], "state": "queued", "total": 1,
        "refused": "/problems/unsupported-file",
    }  # fmt: skip
