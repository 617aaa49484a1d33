"""Zones are read honestly: a clear alteration is never accepted in silence, blur raises few false alarms."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from eval import zones
from eval.zones import TODAY, DrawnZone, ZoneTally, altered_zone, outcome, see, tally, true_zone
from extractor.mrz import parse, read_mrz

FEW = range(40)


def test_zones_are_the_same_for_the_same_seed_and_altered_ones_never_hold() -> None:
    assert true_zone(3) == true_zone(3) != true_zone(4)
    for seed in FEW:
        assert parse(true_zone(seed).lines, today=TODAY).valid
        assert not parse(altered_zone(seed).lines, today=TODAY).valid


def test_a_clear_zone_is_read_without_a_warning_and_an_altered_one_with() -> None:
    assert outcome(read_mrz(see(true_zone(1, blur=(0.0, 0.0))), today=TODAY)) == "silent"
    assert outcome(read_mrz(see(altered_zone(1)), today=TODAY)) == "alarm"
    assert outcome(None) == "unread"


def test_a_run_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def counted(drawn: Sequence[DrawnZone]) -> ZoneTally:
        seen.extend(zone.seed for zone in drawn)
        return ZoneTally(len(drawn), silent=1)

    monkeypatch.setattr(zones, "tally", counted)
    out = tmp_path / "zones.json"
    for count in ("100", "150"):
        assert zones.main(["--zones", count, "--out", str(out)]) == 0
    assert sorted(seen) == sorted(2 * list(range(150)))
    assert json.loads(out.read_text())["true, blurred"] == vars(ZoneTally(150, silent=2))


@pytest.mark.long
def test_no_altered_zone_passes_in_silence() -> None:
    """`python -m eval.zones` has the rates over more zones."""
    altered = tally([altered_zone(seed) for seed in range(200)])
    assert altered.silent == 0
    assert altered.alarms >= 0.97 * altered.zones


@pytest.mark.long
def test_blur_raises_few_false_alarms() -> None:
    blurred = tally([true_zone(seed) for seed in range(150)])
    assert blurred.alarms <= 0.06 * blurred.zones
    assert blurred.alarms + blurred.unsure <= 0.12 * blurred.zones
