"""What /metrics shows: counts, latencies and queue lengths, in Prometheus's text format; never a field's value.

Labels are words of this program (a route, a status, a schema's name, a verdict). A caller's own schema counts as
`custom`, so that no caller can make labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from extractor.schemas import SCHEMAS
from extractor.server.answers import evidences, pages_of

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 8, 13, 30, 60, 120, 300)


class Metrics:
    """The service's own registry; one an application, so that several can live in one process."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Gauge, Histogram
        from prometheus_client import Counter as Count

        self.registry = registry = CollectorRegistry()
        self._requests = Count(
            "extractor_requests", "Requests answered.", ("method", "route", "status"), registry=registry
        )
        self._request_seconds = Histogram(
            "extractor_request_seconds", "From head to last byte.", ("route",), buckets=_SECONDS, registry=registry
        )
        self._reading_seconds = Histogram(
            "extractor_reading_seconds",
            "A document with the engine, waiting aside.",
            ("engine", "outcome"),
            buckets=_SECONDS,
            registry=registry,
        )
        self._pages = Count("extractor_pages", "Pages read.", ("engine",), registry=registry)
        self._documents = Count("extractor_documents", "Documents read.", ("schema",), registry=registry)
        self._fields = Count(
            "extractor_fields", "Fields of documents read, by verdict.", ("schema", "verdict"), registry=registry
        )
        self._starts = Count(
            "extractor_worker_starts", "Processes started, and why.", ("engine", "reason"), registry=registry
        )
        self._depth = Gauge(
            "extractor_queue_depth", "Requests waiting for or with an engine.", ("engine",), registry=registry
        )
        self._jobs = Gauge("extractor_job_files", "Files of jobs, by state.", ("state",), registry=registry)
        self._webhooks = Count("extractor_webhooks", "Webhooks sent, and how.", ("outcome",), registry=registry)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def reading(self, engine: str, outcome: str, seconds: float) -> None:
        self._reading_seconds.labels(engine, outcome).observe(seconds)

    def document(self, engine: str, schema: str, pages: int, verdicts: Mapping[str, int]) -> None:
        known = schema if schema in SCHEMAS else "custom"
        self._pages.labels(engine).inc(pages)
        self._documents.labels(known).inc()
        for verdict, count in verdicts.items():
            self._fields.labels(known, verdict).inc(count)

    def answered(self, engine: str, answer: Mapping[str, Any]) -> None:
        """Counts the documents of an engine's answer; the pages of a call, which all of them name, once."""
        pages = pages_of(answer)
        for evidence in evidences(answer):
            self.document(engine, evidence["schema"], pages, verdict_counts(evidence))
            pages = 0

    def worker_started(self, engine: str, reason: str) -> None:
        self._starts.labels(engine, reason).inc()

    def webhook(self, outcome: str) -> None:
        self._webhooks.labels(outcome).inc()

    def watch_queue(self, engine: str, depth: Callable[[], int]) -> None:
        self._depth.labels(engine).set_function(depth)

    def job_files(self, counts: Mapping[str, int]) -> None:
        for state in ("queued", "done"):
            self._jobs.labels(state).set(counts.get(state, 0))

    def render(self) -> tuple[bytes, str]:
        """The metrics as text, and its media type."""
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

        return generate_latest(self.registry), CONTENT_TYPE_LATEST


def verdict_counts(result: Mapping[str, Any]) -> Counter[str]:
    """How often each verdict occurs in a result with evidence."""
    return Counter(one["verdict"] for one in result.get("fields", {}).values())
