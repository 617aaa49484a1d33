"""The bench of matrix products: libraries multiply the same matrices, and what each loses is told beside its pace."""

import json

import pytest
import torch

from eval.bench.command import main
from eval.bench.matrices import LIBRARIES

SMALL = ["--engine", "matrices", "--small", "--device", "cpu", "--layers", "2", "--repeat", "1"]


def figures(capsys, *arguments):
    assert main([*SMALL, *arguments]) == 0
    return json.loads(capsys.readouterr().out.splitlines()[-1])["figures"]


def test_pace_and_error_stand_side_by_side(capsys):
    told = figures(capsys, "--libraries", "bfloat16,packed-int8,packed", "--rows", "1,3")
    assert told["shapes"] == [[768, 256], [256, 256], [1024, 256], [256, 512]]
    assert list(told["libraries"]) == ["bfloat16", "packed-int8", "packed"]
    for library, least, most in (("bfloat16", 0.0, 0.004), ("packed-int8", 0.004, 0.015), ("packed", 0.05, 0.12)):
        errors = told["libraries"][library]["error_of_product"]
        assert len(errors) == 4
        assert all(least < error < most for error in errors), library
        assert all(value > 0 for value in told["libraries"][library]["ms"].values())
        assert list(told["libraries"][library]["ms"]) == ["1", "3"]


def test_a_library_that_is_not_installed_costs_its_own_row(capsys, monkeypatch):
    def absent(_):
        raise ImportError("No module named 'gemlite'")

    monkeypatch.setattr("eval.bench.matrices.LIBRARIES", {**LIBRARIES, "gemlite": absent})
    told = figures(capsys, "--libraries", "gemlite,bfloat16", "--rows", "1")
    assert told["libraries"]["gemlite"] == {"error": "No module named 'gemlite'"}
    assert told["libraries"]["bfloat16"]["ms"]["1"] > 0


def test_bitsandbytes_quantizes_as_the_engine_does(monkeypatch):
    made = []
    monkeypatch.setattr("eval.bench.workload.by_bitsandbytes", lambda bits, device: lambda layer: made.append(bits))
    product = LIBRARIES["bitsandbytes"](torch.device("cpu"))(torch.eye(4))
    assert made == [4]
    assert torch.equal(product(torch.ones(2, 4)), torch.ones(2, 4))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--libraries", "marlin"], "library 'marlin' is unknown"),
        (["--rows", "1,x"], "--rows takes numbers"),
        (["--layers", "0"], "must be at least 1"),
    ],
)
def test_wrong_usage_is_one_line(capsys, arguments, message):
    assert main([*SMALL, *arguments]) == 2
    assert message in capsys.readouterr().err
