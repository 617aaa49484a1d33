"""Medians and percentiles, whose share of the time is whose, memory over many pages."""

import sys
import time

import pytest

from eval.running import measuring
from eval.running.measuring import BenchError, Probe, command_seconds, memory_growth, quantile, slope


def test_quantiles_are_interpolated_and_there_is_none_of_nothing() -> None:
    assert quantile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert quantile([1.0, 2.0], 0.75) == 1.75
    with pytest.raises(ValueError, match="nothing"):
        quantile([], 0.5)


def test_the_slope_is_of_the_line_of_least_squares() -> None:
    assert slope([(0, 1.0), (1, 3.0), (2, 5.0)]) == pytest.approx(2.0)
    assert slope([(0, 0.0), (1, 3.0), (2, 0.0)]) == pytest.approx(0.0, abs=1e-9)
    assert slope([(0, 1.0)]) == 0.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """`clock[0]` is the time; it passes only where a test says so."""
    now = [0.0]
    monkeypatch.setattr(measuring.time, "perf_counter", lambda: now[0])
    return now


def test_each_second_is_counted_once(clock: list[float]) -> None:
    probe = Probe()
    with probe.stage("rest"):
        clock[0] += 1
        with probe.stage("ocr"):
            clock[0] += 2
            with probe.stage("mrz"):
                clock[0] += 3
        clock[0] += 4
    clock[0] += 100  # nobody's
    assert probe.seconds == {"rest": 5.0, "ocr": 2.0, "mrz": 3.0}
    assert list(probe.shares().items()) == [("rest", 0.5), ("mrz", 0.3), ("ocr", 0.2)]


def test_a_whole_stage_keeps_what_is_inside(clock: list[float]) -> None:
    probe = Probe(whole=frozenset({"orient"}))
    with probe.stage("orient"):
        clock[0] += 1
        with probe.stage("recognition"):
            clock[0] += 2
    with probe.stage("recognition"):
        clock[0] += 4
    assert probe.seconds == {"orient": 3.0, "recognition": 4.0}


def test_a_stage_inside_another_can_have_a_name_of_its_own(clock: list[float]) -> None:
    probe = Probe(within={("mrz", "recognition"): "second looks"})
    with probe.stage("mrz"), probe.stage("recognition"):
        clock[0] += 1
    assert probe.seconds == {"mrz": 0.0, "second looks": 1.0}


def test_a_stage_that_raises_is_counted_and_closed(clock: list[float]) -> None:
    probe = Probe()

    def read() -> None:
        with probe.stage("rest"), probe.stage("ocr"):
            clock[0] += 2
            raise KeyError

    with pytest.raises(KeyError):
        read()
    with probe.stage("rest"):
        clock[0] += 1
    assert probe.seconds == {"rest": 1.0, "ocr": 2.0}


def test_commands_are_timed_and_a_broken_one_is_named() -> None:
    taken = command_seconds(["-c", "import time; time.sleep(0.05)"], 2)
    assert len(taken) == 2
    assert min(taken) >= 0.05
    assert len(command_seconds(["-c", "raise SystemExit(1)"], 1)) == 1  # a document that needs a look
    with pytest.raises(BenchError, match=r"-c raise SystemExit\(3\) ended with exit code 3"):
        command_seconds(["-c", "raise SystemExit(3)"], 1)
    assert len(command_seconds(["-c", "raise SystemExit(3)"], 2, ends_with={3})) == 2


def test_memory_over_many_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = [50.0]
    monkeypatch.setattr(measuring, "resident_memory", lambda: memory[0])
    pages: list[int] = []

    def read(number: int) -> None:
        pages.append(number)
        memory[0] = 200.0 if number == 3 else 100.0 + number  # a spike, and a leak of 1 MB a page

    seen: list[None] = []
    found = memory_growth(read, 20, lambda: seen.append(None))
    assert pages == list(range(20))
    assert len(seen) == 20
    assert (found.pages, found.settled, found.end, found.most) == (20, 102.0, 119.0, 200.0)
    kept = [(n, 200.0 if n == 3 else 100.0 + n) for n in range(2, 20)]
    assert found.per_thousand == pytest.approx(1000 * slope(kept))


def test_the_clock_is_the_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = Probe()
    with probe.stage("sleep"):
        time.sleep(0.02)
    assert 0.02 <= probe.seconds["sleep"] < 5
    assert sys.executable
