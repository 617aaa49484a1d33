"""What pyright and mypy, both strict, make of every example of the README and of docs/, and of users' programs."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
#: What must not pass: a misspelt field, a value of another type, a document that may be None.
WRONG = """
from pydantic import BaseModel
from extractor import Passport, extract

class Customer(BaseModel):
    name: str

extract("a", schema=Passport).document.sirname
number: int = extract("a", schema="passport").document.document_number
extract("a", schema=Customer).document.name
"""


def examples() -> dict[str, str]:
    """The Python blocks of each document that has any, as one program."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    blocks = {
        page.stem: re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL) for page in pages
    }
    return {f"example_{name.lower()}": "\n".join(found) for name, found in blocks.items() if found}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert "example_readme" in examples()
    for name, text in examples().items():
        # An example shows what there is by naming it.
        (tmp_path / f"{name}.py").write_text(
            f"# pyright: strict, reportUnusedExpression=false\n{text}", encoding="utf-8"
        )
    for program in (ROOT / "tests" / "typed").glob("*.py"):
        text = program.read_text(encoding="utf-8")
        (tmp_path / program.name).write_text(f"# pyright: strict\n{text}", encoding="utf-8")
    (tmp_path / "wrong.py").write_text(WRONG, encoding="utf-8")
    return tmp_path


@pytest.mark.slow
def test_mypy_takes_the_examples_under_strict_rules(folder: Path) -> None:
    """As the package `examples` of pyproject.toml: what mypy knows of the rest from checking it serves here too."""
    pytest.importorskip("mypy")
    package = folder / "examples"
    package.mkdir()
    (package / "__init__.py").touch()
    for program in folder.glob("example_*.py"):
        shutil.copy(program, package)
    command = [sys.executable, "-m", "mypy", str(package)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("node"), reason="pyright runs in Node.js")
def test_the_document_is_of_the_schema_that_was_asked_for(folder: Path) -> None:
    pytest.importorskip("pyright")
    (folder / "pyrightconfig.json").write_text(json.dumps({"extraPaths": [str(ROOT)]}), encoding="utf-8")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    environment = os.environ | {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    result = json.loads(done.stdout)["generalDiagnostics"]
    found = [(Path(one["file"]).name, one["rule"]) for one in result if one["severity"] == "error"]
    assert [one for one in found if one[0] != "wrong.py"] == []
    expected = ["reportAttributeAccessIssue", "reportAssignmentType", "reportOptionalMemberAccess"]
    assert [rule for _, rule in found] == expected
