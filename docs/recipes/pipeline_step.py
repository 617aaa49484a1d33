"""A step of a scheduler such as Airflow, Dagster or cron: `python pipeline_step.py inbox outbox`.

It can be started again at any time: a document whose answer is there is not read again, an answer is complete or not
there at all, and the step fails only after every document had its turn. In Airflow it is the body of a `@task`.
"""

import json
import os
import sys
from pathlib import Path

from extractor import extract_many


def run(inbox: Path, outbox: Path) -> int:
    """Reads what is new and returns how many documents could not be read."""
    outbox.mkdir(parents=True, exist_ok=True)
    new = [path for path in sorted(inbox.iterdir()) if path.is_file() and not (outbox / f"{path.name}.json").exists()]
    failed = 0
    for item in extract_many(new):
        if item.result is None:
            failed += 1
            print(f"{item.source.name}: {item.error}", file=sys.stderr)
            continue
        target = outbox / f"{item.source.name}.json"
        partial = target.with_suffix(".partial")
        partial.write_text(json.dumps(item.result.to_dict(evidence=True), ensure_ascii=False), encoding="utf-8")
        os.replace(partial, target)
    return failed


if __name__ == "__main__":
    sys.exit(1 if run(Path(sys.argv[1]), Path(sys.argv[2])) else 0)
