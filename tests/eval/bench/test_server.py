"""The service's bench: what callers saw, said rightly; and one short run against the real thing."""

import argparse
from collections import Counter
from pathlib import Path

import pytest

from eval.bench import server as bench_server
from eval.bench.command import build_parser, main
from eval.bench.server import Load


def options(*arguments: str) -> argparse.Namespace:
    return build_parser("server").parse_args(["--engine", "server", *arguments])


def test_figures_say_what_callers_saw() -> None:
    load = Load(Counter({200: 4, 429: 2}), [1.0, 2.0, 3.0, 4.0], elapsed=64.0)
    load.memory = [(float(at), 80.0, 500.0 + at) for at in range(60)]
    figures = bench_server._figures(load, options("--clients", "3"))
    assert figures["answers"] == {"200": 4, "429": 2}
    assert (figures["seconds_median"], figures["seconds_most"]) == (2.5, 4.0)
    assert figures["documents_per_second"] == round(4 / 64, 2)
    assert figures["memory"]["service"]["mb_per_minute"] == 0
    assert figures["memory"]["engine"] == {
        "settled_mb": 512,
        "end_mb": 559,
        "most_mb": 559,
        "mb_per_minute": 60.0,
    }
    (table,) = bench_server._tables(figures)
    assert "4 x 200, 2 x 429; 0 connections broken" in table.rows[0]


@pytest.mark.slow
def test_a_short_run_with_a_full_queue(capsys: pytest.CaptureFixture[str], examples_dir: Path) -> None:
    arguments = f"--engine server --clients 2 --queue 1 --seconds 2 --limit 1 --dataset {examples_dir}"
    assert main(arguments.split()) == 0
    output = capsys.readouterr().out
    assert "2 callers for 2 s" in output
    assert '"broken_connections": 0' in output
    assert '"429"' in output
