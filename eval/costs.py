"""The cost of ten million pages, extrapolated from the benches: the table of docs/batch.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eval.report import tables

PAGES = 10_000_000
#: Machines that the hours are divided by, for a feeling of the size.
_MACHINES, _CORES, _GPUS = 64, 16, 16


def ten_million(embedded: Mapping[str, Any], gpu: Mapping[str, Any], pace: Mapping[str, Any] | None = None) -> str:
    """The table, from `bench-embedded.json`, `bench-gpu.json` and, where it is measured, `bench-batch.json`."""
    core = embedded["figures"]["cores"] / embedded["figures"]["pages_per_second"]
    batch = gpu["figures"]["cells"]["bfloat16"]["batches"]["32"]
    fast, slow = 1 / batch["drafted_per_second"], 1 / batch["plain_per_second"]
    hours, quick, long = (round(PAGES * seconds / 3600) for seconds in (core, fast, slow))
    rows = [
        [
            "without a model",
            f"{core:.2f} core s",
            f"{hours:,} core hours",
            f"{_MACHINES} machines of {_CORES} cores: {hours / _MACHINES / _CORES:.1f} hours",
        ],
        [
            "full-size model, bfloat16, GPU",
            f"{fast:.3f} (with drafts) to {slow:.3f} s",
            f"{quick:,} to {long:,} GPU hours",
            f"{_GPUS} GPUs: {quick / _GPUS:.0f} to {long / _GPUS:.0f} hours",
        ],
        [
            "and what is read before it asks",
            f"{core:.2f} core s",
            f"{hours:,} core hours",
            f"{core / fast:.0f} cores beside each GPU, or it waits",
        ],
    ]
    if pace is not None and "pace" in pace["figures"]:
        spent = pace["figures"]["cores"] * pace["figures"]["pace"]["batch_seconds_a_page"]
        within = round(PAGES * spent / 3600)
        machines = f"{_MACHINES} machines of {_CORES} cores: {within / _MACHINES / _CORES:.1f} hours"
        row = ["without a model, by `extract-batch`", f"{spent:.2f} core s", f"{within:,} core hours", machines]
        rows.insert(1, row)
    machine = f"{embedded['machine']['processor']}; {gpu['machine']['gpu']}"
    return tables.markdown_table(["", "a page", "ten million", "on"], rows) + f"\nMultiplied, not run: {machine}.\n"
