"""Bodies that arrive: bounded in memory together, and none at the expense of others."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from extractor.server.intake import Intake
from extractor.server.problems import Problem
from extractor.server.settings import ServiceLimits

LIMITS = ServiceLimits(upload_bytes=1000, body_bytes=600, job_bytes=600, stall_seconds=5.0, stall_bytes=100)


class Sent:
    """A request whose body comes in pieces of so many bytes, each after so many seconds."""

    def __init__(self, *pieces: tuple[float, int]) -> None:
        self.pieces = pieces

    async def stream(self) -> AsyncIterator[bytes]:
        for seconds, size in self.pieces:
            await asyncio.sleep(seconds)
            yield b"x" * size


async def read(intake: Intake, sent: Sent, seconds: float = 60.0, after: float = 0.0) -> Any:
    """How many bytes came, or the kind of problem; they are held for `after` seconds."""
    with intake.arrival() as arrival:
        try:
            count = sum([len(chunk) async for chunk in intake.chunks(sent, arrival, 600, seconds)])  # type: ignore[arg-type]
            await asyncio.sleep(after)
        except Problem as problem:
            return problem.kind
    return count


def test_bodies_are_bounded_each_and_together() -> None:
    async def story() -> None:
        intake = Intake(LIMITS)
        assert await read(intake, Sent((0, 500), (0, 100))) == 600
        assert await read(intake, Sent((0, 500), (0, 101))) == "body-too-large"
        three = [read(intake, Sent((0, 400), (0, 100)), after=0.2) for _ in range(3)]
        assert sorted(map(str, await asyncio.gather(*three))) == ["500", "500", "queue-full"]
        assert intake.size == 0

    asyncio.run(story())


def test_the_one_that_has_been_silent_for_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extractor.server.intake._SILENCE", 0.05)

    async def story() -> None:
        intake = Intake(LIMITS)
        silent = asyncio.create_task(read(intake, Sent((0, 450), (9, 1))))
        await asyncio.sleep(0.05)
        later = asyncio.create_task(read(intake, Sent((0, 450), (0.4, 1))))
        await asyncio.sleep(0.1)
        assert await read(intake, Sent((0, 500))) == 500
        assert await silent == "queue-full"
        assert await later == 451

    asyncio.run(story())


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([(0, 99), (60, 1)], "upload-timeout"),
        ([(0.02, 5)] * 40, "upload-timeout"),
        ([(0.02, 50)] * 12, 600),
        ([(0, 300), (0.09, 300)], 600),
    ],
    ids=["stalls", "trickles", "is slow", "pauses"],
)
def test_a_body_keeps_up_a_least_rate(pieces: list[tuple[float, int]], expected: Any) -> None:
    intake = Intake(
        ServiceLimits(upload_bytes=1000, body_bytes=600, job_bytes=600, stall_seconds=0.25, stall_bytes=100)
    )
    assert asyncio.run(read(intake, Sent(*pieces))) == expected


def test_a_body_is_there_in_its_time() -> None:
    intake = Intake(LIMITS)
    assert asyncio.run(read(intake, Sent(*[(0.05, 10)] * 40), seconds=0.3)) == "upload-timeout"
