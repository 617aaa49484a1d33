"""Ten million pages, from what one page took."""

from eval.costs import ten_million


def test_seconds_of_a_page_become_hours() -> None:
    embedded = {"figures": {"cores": 2, "pages_per_second": 2.0}, "machine": {"processor": "a processor"}}
    batches = {"32": {"drafted_per_second": 20.0, "plain_per_second": 10.0}}
    gpu = {"figures": {"cells": {"bfloat16": {"batches": batches}}}, "machine": {"gpu": "a GPU"}}
    without, model, beside = ten_million(embedded, gpu).splitlines()[2:5]
    assert "1.00 core s | 2,778 core hours" in without
    assert "0.050 (with drafts) to 0.100 s | 139 to 278 GPU hours" in model
    assert "20 cores beside each GPU" in beside
    pace = {"figures": {"cores": 2, "pace": {"batch_seconds_a_page": 0.72}}}
    by_batch = ten_million(embedded, gpu, pace).splitlines()[3]
    assert "by `extract-batch` | 1.44 core s | 4,000 core hours | 64 machines of 16 cores: 3.9 hours" in by_batch
