"""docs/features.md: every test that it names is there, and every cell about somebody else names what it rests on."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "features.md").read_text(encoding="utf-8")
PRODUCTS = 6


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading, without its first two lines."""
    part = TEXT.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


COMPARED = [row for heading in ("Reading", "Pictures out", "Around it") for row in rows(heading)]


def test_every_feature_names_tests_that_are_there() -> None:
    assert len(COMPARED) > 20
    for feature, _, tests, *_ in COMPARED:
        named = re.findall(r"`([^`]+\.py)`", tests)
        assert named, feature
        for name in named:
            assert (ROOT / "tests" / name).is_file(), name
            text = (ROOT / "tests" / name).read_text(encoding="utf-8")
            assert "def test_" in text or name == "conftest.py", name


def test_every_cell_about_others_rests_on_a_document() -> None:
    sources = dict(rows("What the cells rest on"))
    cells = [cell for row in COMPARED for cell in row[3:]] + [row[2] for row in rows("What this program does not do")]
    assert {len(row) for row in COMPARED} == {3 + PRODUCTS}
    used = set()
    for cell in cells:
        named = re.findall(r"\[([A-Z]\d)\]", cell)
        assert named or cell in ("?", "–"), cell
        used |= set(named)
    assert used == set(sources), "no letter without a document, and no document that nothing rests on"
    assert all("](https://" in document for document in sources.values())


def test_what_is_not_done_is_said_plainly() -> None:
    said = {feature: own for feature, own, _ in rows("What this program does not do")}
    for word in ("genuine", "liveness", "faces", "chips"):
        (own,) = [own for feature, own in said.items() if word in feature]
        assert own.startswith("no"), word
