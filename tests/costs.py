"""What each test costs in CPU seconds, its own and those of processes that it started and that ended.

    COSTS=/tmp/costs python -m pytest -p tests.costs ...     then: sort -rn /tmp/costs-*.tsv | head -20

Wall time (`--durations`) says little while a machine does other work as well.
"""

import os
import resource
import time
from collections.abc import Generator

import pytest

_FILE = f"{os.environ.get('COSTS', 'costs')}-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}.tsv"


def _spent() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Writes a line a test: CPU seconds, wall seconds, name."""
    before, start = _spent(), time.perf_counter()
    result = yield
    with open(_FILE, "a", encoding="utf-8") as file:
        file.write(f"{_spent() - before:.2f}\t{time.perf_counter() - start:.2f}\t{item.nodeid}\n")
    return result
