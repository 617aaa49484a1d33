"""Works through the webhooks that are due: signs, sends, and tries again later what was not taken.

Each is delivered at least once: one that was taken in the moment in which the service ended is sent again, with the
same id. What is known of a webhook is kept with its job, so that the next start continues where this one was.
"""

from __future__ import annotations

import asyncio
import json
import random
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from extractor.ending import place
from extractor.server.logs import get_logger
from extractor.server.problems import Problem
from extractor.server.webhooks import kept
from extractor.server.webhooks.hosts import target_of
from extractor.server.webhooks.post import NotDelivered, post
from extractor.server.webhooks.signing import signed

if TYPE_CHECKING:
    from extractor.server.jobs import Jobs
    from extractor.server.metrics import Metrics
    from extractor.server.settings import WebhookOptions
    from extractor.server.store import JobStore

#: How many are sent side by side: a receiver that hangs holds up seven others for one time limit.
_TOGETHER = 8
_PAUSE = 5.0
_LONGEST_WAIT = 60.0


class Webhooks:
    """The task that delivers; none where the operator allowed no host."""

    def __init__(self, jobs: Jobs, options: WebhookOptions, keep_seconds: float, metrics: Metrics) -> None:
        self._jobs, self._options, self._metrics = jobs, options, metrics
        self._keep = keep_seconds
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        if self._options.hosts:
            self._task = asyncio.get_running_loop().create_task(self._work())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self) -> None:
        context = ssl.create_default_context()
        while True:
            try:
                self._jobs.answered.clear()
                found = await self._jobs.call(lambda store: kept.due(store, _TOGETHER))
                if found:
                    await asyncio.gather(*(self._deliver(one, context) for one in found))
                    continue
                wait = await self._jobs.call(kept.seconds_to_next)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LONGEST_WAIT if wait is None else min(wait, _LONGEST_WAIT)):
                        await self._jobs.answered.wait()
            except Problem as problem:
                get_logger().warning("webhooks wait", problem=problem.kind)
                await asyncio.sleep(_PAUSE)
            except Exception as error:
                get_logger().error("webhooks wait", error=type(error).__name__, place=place(error.__traceback__))
                await asyncio.sleep(_PAUSE)

    async def _deliver(self, one: kept.Due, context: ssl.SSLContext) -> None:
        """One attempt; its outcome is stored. Raises a Problem of the store."""
        log = get_logger().bind(job_id=one.job_id, attempt=one.attempts + 1)
        try:
            status = await self._post(one, context)
        except NotDelivered as failure:
            reason = failure.reason
            last = failure.is_final or one.attempts >= len(self._options.delays)
            # A little later than said, so that many which failed together do not come back together.
            again = None if last else self._options.delays[one.attempts] * random.uniform(1.0, 1.2)
            await self._jobs.call(lambda store: kept.tried(store, one, reason=reason, again=again))
            self._metrics.webhook("given-up" if last else "failed")
            log.warning("webhook given up" if last else "webhook failed", reason=reason)
        else:
            await self._jobs.call(lambda store: kept.tried(store, one, reason=None))
            self._metrics.webhook("delivered")
            log.info("webhook delivered", status=status)

    async def _post(self, one: kept.Due, context: ssl.SSLContext) -> int:
        if one.asked is None:
            raise NotDelivered("storage-damaged", is_final=True)
        asked = one.asked
        try:
            target = target_of(asked["url"], self._options.hosts)
            data = await self._jobs.call(lambda store: self._said(store, one, results=asked["results"]))
        except Problem as problem:
            if problem.kind not in ("invalid-parameter", "unknown-job"):
                raise
            # The operator does not allow this host any more, or the job was deleted in this moment.
            reason = "host-not-allowed" if problem.kind == "invalid-parameter" else problem.kind
            raise NotDelivered(reason, is_final=True) from None
        moment = int(time.time())
        said = datetime.fromtimestamp(moment, UTC).isoformat().replace("+00:00", "Z")
        body = json.dumps({"type": "job.done", "timestamp": said, "data": data}, ensure_ascii=False).encode()
        headers = signed(self._options.keys, one.job_id, moment, body)
        return await post(target, headers, body, seconds=self._options.seconds, context=context)

    def _said(self, store: JobStore, one: kept.Due, *, results: bool) -> dict[str, Any]:
        """What a webhook says of its job: how many files were read; the results only where they were asked for."""
        state = store.state(one.job_id, one.owner)
        finished = state.finished or state.created
        lines, problems = self._answers(store, one, keep=results)
        return {
            "id": state.id,
            "state": "done",
            "total": state.total,
            "read": state.total - problems,
            "problems": problems,
            "created": round(state.created, 3),
            "finished": round(finished, 3),
            "deleted_at": round(finished + self._keep, 3),
            "results": f"/v1/jobs/{state.id}/results",
        } | ({"answers": lines} if results else {})

    def _answers(self, store: JobStore, one: kept.Due, *, keep: bool) -> tuple[Sequence[Any] | None, int]:
        """The answers of a job, None where they are too large to be sent, and how many of them are problems."""
        lines: list[Any] | None = [] if keep else None
        problems = size = after = 0
        while batch := store.answers(one.job_id, one.owner, after):
            problems += sum("problem" in line for _, line in batch)
            after = batch[-1][0]
            if lines is not None:
                size += sum(len(json.dumps(line)) for _, line in batch)
                lines = [*lines, *(line for _, line in batch)] if size <= self._options.result_bytes else None
        return lines, problems
