"""A folder as a table: `python pandas_table.py scans people.csv` (with Polars: `pl.DataFrame(rows)`).

One row a document, with its fields, the least confidence of a value in it, and what to look at.
"""

import sys
from pathlib import Path

import pandas as pd

from extractor import extract_many


def table(folder: Path) -> pd.DataFrame:
    """The documents of a folder; one that cannot be read is a row with its error."""
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".pdf"))
    rows = []
    for item in extract_many(paths):
        row: dict[str, object] = {"file": item.source.name}
        if item.result is None:
            row["error"] = str(item.error)
        else:
            values = [one.confidence for one in item.result.fields.values() if one.value is not None]
            row |= item.result.to_dict() | {"confidence": min(values, default=0.0)}
            row["look_at"] = ", ".join(dict.fromkeys(one.code for one in item.result.warnings))
        rows.append(row)
    return pd.DataFrame(rows)


if __name__ == "__main__":
    table(Path(sys.argv[1])).to_csv(sys.argv[2], index=False)
