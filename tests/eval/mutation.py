"""Flips every comparison of the scoring code, one at a time, and runs its tests on each: all must notice.

    python tests/eval/mutation.py [MODULE ...]

A mutant is a module with one operator changed: a comparison to its opposite and to its neighbour at the border (`<`
to `>=` and to `<=`), `and` to `or`, a `not` left out, `+` to `-`, `*` to `/`, `min` to `max`. The compiled functions
of the mutant take the place of the real ones' code, so the tests, collected once, run unchanged in this process. Exit
code 0: every mutant was noticed but those named in EQUIVALENT; 1: some were not, and they are listed.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: Modules, and the test files that must notice.
TARGETS = {
    "eval.scoring.normalise": "scoring/test_normalise.py",
    "eval.scoring.metrics": "scoring/test_metrics.py",
    "eval.scoring.statistics": "scoring/test_statistics.py",
    "eval.scoring.calibration": "scoring/test_calibration.py",
    "eval.scoring.mistakes": "scoring/test_mistakes.py",
    "eval.scoring.score": "scoring/test_score.py",
    "eval.report.summary": "report/test_summary.py",
    "eval.scoring.comparison": "scoring/test_comparison.py",
}

#: Mutants that change nothing anyone could see: (module, line of source, change) -> why.
EQUIVALENT: dict[tuple[str, str, str], str] = {
    (
        "eval.scoring.calibration",
        "halves = [[row for row in rows if _half(row[0]) == half] for half in (0, 1)]",
        "Eq 0 to NotEq",
    ): "it only swaps the two halves, which are used alike",
}

_OPPOSITES: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.GtE, ast.LtE),
    ast.LtE: (ast.Gt, ast.Lt),
    ast.Gt: (ast.LtE, ast.GtE),
    ast.GtE: (ast.Lt, ast.Gt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
}


@dataclass(frozen=True)
class Mutant:
    """A module's tree with one change, and where it was made."""

    module: str
    line: int
    source: str
    change: str
    tree: ast.Module

    @property
    def key(self) -> tuple[str, str, str]:
        return self.module, self.source, self.change


def mutants(module: ModuleType) -> Iterator[Mutant]:
    """Every mutant of a module."""
    path = Path(str(module.__file__))
    lines = path.read_text(encoding="utf-8").splitlines()
    original = ast.parse("\n".join(lines), filename=str(path))
    count = len(list(ast.walk(original)))
    for number in range(count):
        for change, tree, line in _changes(original, number):
            yield Mutant(module.__name__, line, lines[line - 1].strip(), change, tree)


def _changes(original: ast.Module, number: int) -> Iterator[tuple[str, ast.Module, int]]:
    """(what changed, changed copy, line) of each change at the node of this number."""
    node = _node(original, number)
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            for other in _OPPOSITES[type(operator)]:
                tree = copy.deepcopy(original)
                twin = _node(tree, number)
                assert isinstance(twin, ast.Compare)
                twin.ops[place] = other()
                yield f"{type(operator).__name__} {place} to {other.__name__}", tree, node.lineno
    elif isinstance(node, ast.BoolOp):
        other_bool = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield _with(original, number, node.lineno, op=other_bool())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield _with(original, number, node.lineno, op=ast.UAdd(), operand=_truth(node.operand))
    elif isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        yield _with(original, number, node.lineno, op=_ARITHMETIC[type(node.op)]())
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("min", "max"):
        swapped = ast.Name("max" if node.func.id == "min" else "min", ast.Load())
        yield _with(original, number, node.lineno, func=swapped)


def _truth(operand: ast.expr) -> ast.expr:
    return ast.Call(ast.Name("bool", ast.Load()), [copy.deepcopy(operand)], [])


def _with(original: ast.Module, number: int, line: int, **values: Any) -> tuple[str, ast.Module, int]:
    tree = copy.deepcopy(original)
    node = _node(tree, number)
    for name, value in values.items():
        setattr(node, name, value)
    kind = type(node).__name__
    return f"{kind} to {' '.join(type(value).__name__ for value in values.values())}", tree, line


def _node(tree: ast.Module, number: int) -> ast.AST:
    return next(node for place, node in enumerate(ast.walk(tree)) if place == number)


def functions(owner: Any, module: str) -> Iterator[tuple[str, FunctionType]]:
    """Functions and methods that a module defines, by qualified name, also behind decorators and properties."""
    for value in list(vars(owner).values()):
        inner = value.fget if isinstance(value, property) else getattr(value, "__wrapped__", value)
        if isinstance(inner, FunctionType) and inner.__module__ == module:
            yield inner.__qualname__, inner
        elif isinstance(inner, type) and inner.__module__ == module:
            yield from functions(inner, module)
        elif isinstance(inner, dict) and owner.__class__ is ModuleType:
            for place, pair in enumerate(inner.values()):
                yield from (
                    (f"{place}.{number}", one)
                    for number, one in enumerate(pair if isinstance(pair, tuple) else ())
                    if isinstance(one, FunctionType) and one.__module__ == module
                )


def grown(module: ModuleType, mutant: Mutant) -> ModuleType | None:
    """The mutant as a module of its own; None if it cannot even be imported."""
    space: dict[str, Any] = {"__name__": module.__name__, "__file__": module.__file__}
    twin = ModuleType(module.__name__)
    twin.__dict__.update(space)
    sys.modules[module.__name__] = twin  # dataclasses look their module up
    try:
        exec(compile(ast.fix_missing_locations(mutant.tree), str(module.__file__), "exec"), twin.__dict__)
    except Exception:
        return None
    finally:
        sys.modules[module.__name__] = module
    return twin


@contextlib.contextmanager
def planted(module: ModuleType, twin: ModuleType) -> Iterator[None]:
    """The module's functions with the code of the mutant's."""
    changed = dict(functions(twin, module.__name__))
    kept: list[tuple[FunctionType, CodeType]] = []
    for name, function in functions(module, module.__name__):
        if name in changed and len(changed[name].__code__.co_freevars) == len(function.__code__.co_freevars):
            kept.append((function, function.__code__))
            function.__code__ = changed[name].__code__
    _forget(module)
    try:
        yield
    finally:
        for function, code in kept:
            function.__code__ = code
        _forget(module)


def _forget(module: ModuleType) -> None:
    for value in vars(module).values():
        if hasattr(value, "cache_clear"):
            value.cache_clear()


class Mutation:
    """A pytest plugin that runs the collected tests once as they are, and then once for each mutant until one fails."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.noticed = 0
        self.survivors: list[Mutant] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if failed := self._first_failure(session):
            raise pytest.UsageError(f"{failed} fails without any mutation")
        for mutant in mutants(self.module):
            if mutant.key in EQUIVALENT:
                continue
            twin = grown(self.module, mutant)
            if twin is None or self._notices(session, twin):
                self.noticed += 1
            else:
                self.survivors.append(mutant)
        return True

    def _notices(self, session: pytest.Session, twin: ModuleType) -> bool:
        with planted(self.module, twin):
            return self._first_failure(session) is not None

    def _first_failure(self, session: pytest.Session) -> str | None:
        from _pytest.runner import runtestprotocol

        # Each test is told that another follows, so that fixtures of the whole session are set up once.
        for item, following in zip(session.items, [*session.items[1:], session.items[0]], strict=True):
            for report in runtestprotocol(item, log=False, nextitem=following):
                if report.failed:
                    self._to_front(session, item)
                    return str(item.nodeid)
        return None

    @staticmethod
    def _to_front(session: pytest.Session, item: pytest.Item) -> None:
        """What has just noticed one mutant is likely to notice the next."""
        session.items.remove(item)
        session.items.insert(0, item)


def run(name: str) -> Mutation:
    """Mutates one module under its tests."""
    plugin = Mutation(importlib.import_module(name))
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-o", "addopts=", "-o", "filterwarnings="]
    with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        code = pytest.main(
            [*options, "--import-mode=importlib", "--rootdir", str(ROOT), str(ROOT / "tests" / "eval" / TARGETS[name])],
            plugins=[plugin],
        )
    if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) or not plugin.noticed:
        raise SystemExit(f"{TARGETS[name]} did not run as it should (pytest: {code!r})")
    return plugin


def main(arguments: Sequence[str]) -> int:
    import hypothesis

    # The same examples each time: chance must not decide whether a mutant is noticed.
    hypothesis.settings.register_profile("mutation", derandomize=True, deadline=None, max_examples=30, database=None)
    hypothesis.settings.load_profile("mutation")
    survivors: list[Mutant] = []
    for name in arguments or TARGETS:
        plugin = run(name)
        survivors += plugin.survivors
        sys.stdout.write(f"{name}: {plugin.noticed} of {plugin.noticed + len(plugin.survivors)} mutants noticed\n")
    for mutant in survivors:
        sys.stdout.write(f"survived: {mutant.module}:{mutant.line}: {mutant.change}: {mutant.source}\n")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(sys.argv[1:]))
