"""Whoever observes a reading sees its stages, each inside the one that it is part of."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from extractor import extract
from extractor.stages import observed, stage


@pytest.fixture
def seen() -> list[str]:
    return []


@pytest.fixture
def observer(seen: list[str]) -> Callable[[str], object]:
    """Writes `name` where a stage begins and `/name` where it ends."""

    @contextmanager
    def watch(name: str) -> Iterator[None]:
        seen.append(name)
        yield
        seen.append("/" + name)

    return watch


def test_stages_are_seen_only_while_they_are_observed(observer: Callable[..., object], seen: list[str]) -> None:
    @stage("inner")
    def work() -> int:
        return 7

    assert work() == 7
    with observed(observer), stage("outer"):  # type: ignore[arg-type]
        assert work() == 7
    work()
    assert seen == ["outer", "inner", "/inner", "/outer"]


def test_a_document_goes_through_the_pipelines_stages(
    observer: Callable[..., object], seen: list[str], examples_dir: Path, today: date
) -> None:
    with observed(observer):  # type: ignore[arg-type]
        result = extract(examples_dir / "passport.png", "passport", today=today)
    assert list(dict.fromkeys(name for name in seen if name in result.seconds)) == list(result.seconds)
    ocr = seen[seen.index("ocr") : seen.index("/ocr")]
    assert {"detection", "orientation", "recognition"} <= set(ocr)
