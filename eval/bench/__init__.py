"""Benchmarks: `python -m eval.bench --help`."""
