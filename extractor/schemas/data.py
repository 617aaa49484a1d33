"""The data of the schemas: captions, titles, states, months.

It stands in the checkout's folder `schemas/`; a wheel carries it inside the package, as `extractor/schemas/tables`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent
FOLDER = _HERE / "tables" if (_HERE / "tables").is_dir() else _HERE.parents[1] / "schemas"


def load_table(name: str) -> Any:
    """The JSON file `name`.json of the schemas' data."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
