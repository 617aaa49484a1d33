"""The row format: one row a document, in JSON Lines or Parquet, and the parts that rows are kept in.

A row has `file`, `schema`, `document`, `error` and `exit_code`, and on request `evidence`. In JSON `document` is the
object of the schema; in Parquet a struct with a text for each of its fields, which holds JSON where the field is
neither text nor null. Exit codes are the command's: 0 read, 1 read but a check failed, 3 unreadable, 4 no document.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

from extractor import inputs
from extractor.batch.files import HIDDEN, Place, StorageError, names_in, read, reason, shown
from extractor.output import Outcome, as_dict, columns
from extractor.schemas import SCHEMAS, schema_name
from extractor.schemas.registry import schema_of

SUFFIX = {"jsonl": ".jsonl", "parquet": ".parquet"}


def row_of(outcome: Outcome, *, evidence: bool) -> dict[str, Any]:
    """A document as a row."""
    row: dict[str, Any] = {"file": inputs.shown(outcome.name), "schema": None, "document": None}
    if evidence:
        row["evidence"] = None
    if outcome.result is not None:
        answer = as_dict(outcome.result, evidence=evidence)
        row |= {"schema": schema_name(outcome.result.schema), **(answer if evidence else {"document": answer})}
    return {**row, "error": outcome.error or None, "exit_code": outcome.exit_code}


def encode(rows: Sequence[dict[str, Any]], form: str, schema: Any, *, evidence: bool) -> bytes:
    """Rows as a part's content."""
    if form == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode("utf-8", "backslashreplace")
    import pyarrow as pa
    from pyarrow import parquet

    texts = [{**row, "document": _texts(row["document"])} for row in rows]
    if evidence:
        texts = [{**row, "evidence": _text(row["evidence"])} for row in texts]
    names = columns_of(schema)
    made = [("file", pa.string()), ("schema", pa.string()), ("document", pa.struct([(n, pa.string()) for n in names]))]
    made += [("evidence", pa.string())] if evidence else []
    kind = pa.schema([*made, ("error", pa.string()), ("exit_code", pa.int8())])
    buffer = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(texts, kind), buffer, compression="zstd")
    return buffer.getvalue()


def columns_of(schema: Any) -> list[str]:
    """The members of `document`: of any of the built-in schemas where the kind of document is found out."""
    known = list(SCHEMAS.values()) if isinstance(schema, str) and schema == "auto" else [schema_of(schema)]
    return [name for name in columns(known) if name != "error"]


def parts_in(output: Place, form: str) -> dict[str, str]:
    """The parts that an output holds: name without suffix -> file name."""
    suffix = SUFFIX[form]
    return {name.removesuffix(suffix): name for name in names_in(output) if _is_part(name, suffix)}


def names_of(output: Place, file: str) -> Iterator[str]:
    """The documents that a part answers. Raises StorageError where it is damaged."""
    path = output.inside(file)
    try:
        data = read(output.filesystem, path)
        if file.endswith(SUFFIX["parquet"]):
            from pyarrow import parquet

            yield from parquet.read_table(io.BytesIO(data), columns=["file"]).column("file").to_pylist()
        else:
            yield from (str(json.loads(line)["file"]) for line in data.splitlines())
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        where = shown(Place(None, path, output.prefix))
        raise StorageError(f"{where} is no part of a batch: {reason(error)}; move it away and run again") from None


def _is_part(name: str, suffix: str) -> bool:
    return name.endswith(suffix) and not name.startswith((HIDDEN, "."))


def _texts(document: dict[str, Any] | None) -> dict[str, str | None] | None:
    return None if document is None else {name: _text(value) for name, value in document.items()}


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
