"""What pyright makes of the README's examples and of users' programs; mypy checks `tests/typed` with all else."""

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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    (tmp_path / "readme.py").write_text("\n".join(blocks), encoding="utf-8")
    for program in (ROOT / "tests" / "typed").glob("*.py"):
        text = program.read_text(encoding="utf-8")
        (tmp_path / program.name).write_text(f"# pyright: strict\n{text}", encoding="utf-8")
    (tmp_path / "wrong.py").write_text(WRONG, encoding="utf-8")
    return tmp_path


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("node"), reason="pyright runs in Node.js")
def test_the_document_is_of_the_schema_that_was_asked_for(folder: Path) -> None:
    pytest.importorskip("pyright")
    (folder / "pyrightconfig.json").write_text(json.dumps({"extraPaths": [str(ROOT)]}), encoding="utf-8")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    environment = os.environ | {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)["generalDiagnostics"]
    found = [(Path(one["file"]).name, one["rule"]) for one in told if one["severity"] == "error"]
    assert [one for one in found if one[0] != "wrong.py"] == []
    expected = ["reportAttributeAccessIssue", "reportAssignmentType", "reportOptionalMemberAccess"]
    assert [rule for _, rule in found] == expected
