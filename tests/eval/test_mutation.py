"""The scoring code is tested so that flipping any comparison makes a test fail."""

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from . import mutation

SCRIPT = Path(mutation.__file__)

SOURCE = """
def pick(a, b):
    if a < b and not a == 3:
        return max(a + 1, b)
    return a * b if b is None or a in b else min(a, b)
"""


@pytest.fixture
def module(tmp_path: Path) -> ModuleType:
    path = tmp_path / "sample.py"
    path.write_text(SOURCE, encoding="utf-8")
    sample = ModuleType("sample")
    sample.__file__ = str(path)
    exec(compile(SOURCE, str(path), "exec"), sample.__dict__)
    return sample


def test_every_operator_is_flipped_once_in_each_way(module: ModuleType) -> None:
    changes = sorted(mutant.change for mutant in mutation.mutants(module))
    assert changes == [
        "BinOp to Div", "BinOp to Sub", "BoolOp to And", "BoolOp to Or", "Call to Name", "Call to Name",
        "Eq 0 to NotEq", "In 0 to NotIn", "Is 0 to IsNot", "Lt 0 to GtE", "Lt 0 to LtE", "UnaryOp to UAdd Call",
    ]  # fmt: skip


def test_a_mutant_is_planted_and_taken_out_again(module: ModuleType) -> None:
    pick = module.pick
    (negated,) = [mutant for mutant in mutation.mutants(module) if mutant.change == "Lt 0 to GtE"]
    twin = mutation.grown(module, negated)
    assert twin is not None
    assert pick(1, 2) == 2
    with mutation.planted(module, twin):
        assert pick(5, 2) == 6
    assert pick(1, 2) == 2


def test_a_mutant_that_cannot_be_imported_counts_as_noticed(module: ModuleType) -> None:
    (mutant, *_) = mutation.mutants(module)
    mutant.tree.body.append(mutation.ast.parse("1 - 'x'").body[0])
    assert mutation.grown(module, mutant) is None


@pytest.mark.slow
def test_no_mutant_of_the_scoring_code_survives() -> None:
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("mutants noticed") == len(mutation.TARGETS)
