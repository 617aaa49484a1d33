"""The map of the rooms: what is drawn, what points upward, and what imports each other."""

from pathlib import Path

import pytest

from eval.modules import bands_of, drawn, main, mutual, reduced, rooms_of, upward

ROOMS = {
    "top": frozenset({"middle", "bottom"}),
    "middle": frozenset({"bottom"}),
    "bottom": frozenset[str](),
    "odd": frozenset({"top"}),
}
BANDS = [["top"], ["middle"], ["odd"], ["bottom"]]


def test_imports_that_go_by_way_of_another_room_are_not_drawn() -> None:
    assert reduced(ROOMS) == [("middle", "bottom"), ("odd", "top"), ("top", "middle")]


def test_what_points_upward_and_both_ways_is_said() -> None:
    both = ROOMS | {"bottom": frozenset({"middle"})}
    assert upward(ROOMS, BANDS) == [("odd", "top")]
    assert mutual(both) == [("bottom", "middle")]
    result = drawn(both, BANDS)
    assert "4 rooms, 5 imports" in result
    assert "Upward: bottom → middle, odd → top." in result
    assert "Both ways: bottom ↔ middle." in result


def test_every_room_of_this_checkout_has_its_band_and_none_points_upward() -> None:
    rooms, bands = rooms_of(), bands_of()
    assert set(rooms) - {name for band in bands for name in band} == {"extractor"}  # the package's own names
    assert upward(rooms, bands) == []


def test_another_checkout_is_drawn_as_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, text in {"upper": "import lower_room\n", "lower_room": ""}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(text, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    assert main(["--root", str(tmp_path), "--packages", "upper", "lower_room"]) == 0
    output = capsys.readouterr().out
    assert "  upper --> lower_room\n" in output
