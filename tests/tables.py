"""Tables of cases as one test each: every row is tried, and those that fail are named."""

from collections.abc import Callable, Iterable
from inspect import Parameter, signature
from typing import Any, TypeVar

import pytest

F = TypeVar("F", bound=Callable[..., Any])


def each(names: str | Iterable[str], rows: Iterable[Any], *, ids: Any = None) -> Callable[[F], F]:
    """As `pytest.mark.parametrize`, but one test for the whole table: thousands of tests of a line each would cost more
    time around them than in them. For functions of their row and of fixtures that no row changes."""
    fields = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    table = [_values(row, len(fields)) for row in rows]
    labels = ids if isinstance(ids, list | tuple) else None

    def one_test(function: F) -> F:
        def test(*owner: Any, **fixtures: Any) -> None:
            failed = []
            for number, row in enumerate(table):
                try:
                    function(*owner, **fixtures, **dict(zip(fields, row, strict=True)))
                except Exception as error:
                    name = labels[number] if labels else ", ".join(map(repr, row))
                    failed.append(f"{name}: {type(error).__name__}: {error}")
            if failed:
                pytest.fail(f"{len(failed)} of {len(table)} rows\n" + "\n".join(failed), pytrace=False)
            assert table, "the table is empty"

        kept = [one for one in signature(function).parameters.values() if one.name not in fields]
        test.__name__, test.__qualname__, test.__doc__ = function.__name__, function.__qualname__, function.__doc__
        test.__module__ = function.__module__
        plain = [one.replace(kind=Parameter.POSITIONAL_OR_KEYWORD) for one in kept]
        test.__signature__ = signature(function).replace(parameters=plain)  # type: ignore[attr-defined]
        return test  # type: ignore[return-value]

    return one_test


def _values(row: Any, count: int) -> tuple[Any, ...]:
    values = getattr(row, "values", None)
    if isinstance(values, tuple):  # pytest.param
        return values
    return tuple(row) if count > 1 else (row,)
