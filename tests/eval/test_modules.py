"""The map of the rooms: what is drawn, and what imports each other."""

from eval.modules import bands_of, drawn, mutual, reduced, rooms_of

ROOMS = {
    "top": frozenset({"middle", "bottom"}),
    "middle": frozenset({"bottom"}),
    "bottom": frozenset[str](),
    "odd": frozenset({"top"}),
}
BANDS = [["top"], ["middle"], ["odd"], ["bottom"]]


def test_imports_that_go_by_way_of_another_room_are_not_drawn() -> None:
    assert reduced(ROOMS) == [("middle", "bottom"), ("odd", "top"), ("top", "middle")]


def test_what_points_both_ways_is_said() -> None:
    both = ROOMS | {"bottom": frozenset({"middle"})}
    assert mutual(both) == [("bottom", "middle")]
    result = drawn(both, BANDS)
    assert "4 rooms, 5 imports" in result
    assert "Both ways: bottom ↔ middle." in result


def test_every_room_of_this_checkout_has_its_band() -> None:
    rooms, bands = rooms_of(), bands_of()
    assert set(rooms) - {name for band in bands for name in band} == {"extractor"}  # the package's own names
