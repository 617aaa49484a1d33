"""Runs the service with the fake reader in a process of its own, so that tests can kill it.

python run_service.py '{"data": "/tmp/x", "limits": {"queue": 4}}'
"""

import base64
import json
import sys
from pathlib import Path

from extractor.server.__main__ import serve
from extractor.server.settings import ServiceLimits, Settings


def main() -> None:
    given = json.loads(sys.argv[1])
    limits = ServiceLimits(**given.pop("limits", {}))
    key = given.pop("data_key", None)
    serve(
        Settings(
            port=0,
            data=Path(given.pop("data")),
            data_key=base64.b64decode(key) if key else None,
            limits=limits,
            reader=given.pop("reader", "fake_reader:make"),
            **given,
        )
    )


if __name__ == "__main__":
    main()
