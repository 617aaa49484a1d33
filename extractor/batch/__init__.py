"""Folders, buckets and Parquet files of any size, read on one machine or a cluster through Ray Data.

from extractor.batch import extract_batch
extract_batch("s3://bucket/scans", "s3://bucket/read", schema="passport", address="ray://head:10001")

The command `extract-batch` is the same. docs/batch.md says what is written, and what happens when something dies.
"""

from extractor.batch.job import Job, Summary
from extractor.batch.run import extract_batch

__all__ = ["Job", "Summary", "extract_batch"]
