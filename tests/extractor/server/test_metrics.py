"""Metrics count words of this program, whatever callers say."""

from extractor.server.metrics import Metrics, verdict_counts


def test_a_callers_own_schema_makes_no_label() -> None:
    metrics = Metrics()
    metrics.document("embedded", "Frau Müllers Karte", 2, {"agree": 3})
    metrics.document("embedded", "passport", 1, {"agree": 1})
    value = metrics.registry.get_sample_value
    assert value("extractor_documents_total", {"schema": "custom"}) == 1
    assert value("extractor_fields_total", {"schema": "custom", "verdict": "agree"}) == 3
    assert value("extractor_pages_total", {"engine": "embedded"}) == 3
    assert b"ller" not in metrics.render()[0]


def test_pages_of_several_documents_are_counted_once() -> None:
    metrics = Metrics()
    one = {"evidence": {"schema": "passport", "pages": [{}, {}], "fields": {"a": {"verdict": "agree"}}}}
    metrics.answered("embedded", {"documents": [one, one, one]})
    metrics.answered("embedded", one)
    value = metrics.registry.get_sample_value
    assert value("extractor_documents_total", {"schema": "passport"}) == 4
    assert value("extractor_pages_total", {"engine": "embedded"}) == 4


def test_verdicts_are_counted_without_values() -> None:
    fields = {"a": {"verdict": "agree", "value": "X"}, "b": {"verdict": "agree"}, "c": {"verdict": "absent"}}
    assert verdict_counts({"fields": fields}) == {"agree": 2, "absent": 1}
    assert verdict_counts({}) == {}


def test_the_queue_is_watched_and_not_copied() -> None:
    metrics = Metrics()
    waiting = [3]
    metrics.watch_queue("embedded", lambda: waiting[0])
    assert b'extractor_queue_depth{engine="embedded"} 3.0' in metrics.render()[0]
    waiting[0] = 0
    assert b'extractor_queue_depth{engine="embedded"} 0.0' in metrics.render()[0]
    metrics.job_files({"queued": 2})
    assert metrics.registry.get_sample_value("extractor_job_files", {"state": "done"}) == 0
