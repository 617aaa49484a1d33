"""A batch from its listing to its last row: what is missing is read by Ray Data's actors, wherever Ray has room.

Ray schedules, starts readers again and gives their units to others. What makes a second run, or a second reader of the
same unit, harmless is the output: a part is named after its documents and is there as a whole or not at all.
"""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import socket
import threading
import time
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from extractor import inputs, strict_json
from extractor.batch.files import Place, StorageError, place, read, reason, shown, write_whole
from extractor.batch.job import Job, Summary
from extractor.batch.reader import RUN, Reader
from extractor.batch.rows import SUFFIX, columns_of, names_of, parts_in
from extractor.batch.units import Unit, documents_of, group_pattern, units_of
from extractor.errors import ExtractorError, MissingExtraError, UsageError

#: Ray is not asked for these; nothing of this program reports itself to anybody.
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
}
#: Shared memory of a Ray that is started for one call. Only names and counts are kept there.
_OBJECT_STORE = 100_000_000
_POLL = 1.0
#: Of rows, readers and a batch.
_MOST = 1_000_000
#: Seconds in which a machine has to answer.
_ANSWERS = 10.0


def extract_batch(
    inputs: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    schema: Any = "auto",
    *,
    engine: str = "embedded",
    model: str | None = None,
    dtype: str = "auto",
    device: str = "auto",
    form: str = "jsonl",
    evidence: bool = False,
    group: str | None = None,
    column: str | None = None,
    pages: Sequence[int] | None = None,
    today: date | None = None,
    minimum_age: int | None = None,
    one_document: bool = False,
    rows: int | None = None,
    batch_size: int = 8,
    cpus: float = 1.0,
    gpus: float = 0.0,
    readers: int | None = None,
    address: str | None = None,
    on_progress: Callable[[Summary], None] | None = None,
) -> Summary:
    """Reads every document of `inputs` that `output` has no row of, and writes their rows there.

    inputs: files, folders, patterns and Parquet files with pictures or their paths, as paths or as URIs (s3://, gs://,
    abfss://, hdfs://). output: a folder, the same way. schema, pages, today, minimum_age, one_document: as
    `extractor.extract`'s; engine, model, dtype, device: as the command's. form: "jsonl" or "parquet". group: "sides",
    "folder" or a regular expression whose first group is what the names of a document's pages have in common. column:
    of Parquet files, the one with pictures or paths. rows: of a part; what is lost when a reader dies. batch_size:
    documents that a model reads in one pass. cpus, gpus: of one reader. readers: their maximum number (None: as many as
    there is room for). address: a running Ray, "auto" or ray://host:port (None: the environment's RAY_ADDRESS, else
    one on this machine that ends with the call).

    Raises UsageError for arguments that nothing can be read with, StorageError for an input or an output that cannot
    be used. A document that cannot be read is a row with an error.
    """
    options = {name: value for name, value in locals().items() if name not in ("address", "on_progress")}
    given = [inputs] if isinstance(inputs, str | os.PathLike) else inputs
    options |= {"inputs": tuple(os.fspath(one) for one in given), "output": os.fspath(output)}
    job = Job(**options | {"schema": _portable(schema), "pages": tuple(pages) if pages else None})
    _check(job)
    with _ray(address, {"CPU": job.cpus, "GPU": job.gpus}) as client:
        report = on_progress or (lambda _: None)
        return _from_afar(job, report) if client else drive(job, report)


def drive(job: Job, on_progress: Callable[[Summary], None]) -> Summary:
    """The whole of a batch, in a process that belongs to Ray's cluster. Raises what `extract_batch` does."""
    start = time.monotonic()
    output = place(job.output)
    _open_output(output, job)
    listed = documents_of(job.inputs, job.group, column=job.column, output=output)
    run = _take_over(output, job)  # not before there is something to read: a run that goes on beside this one ends
    total = sum(map(len, listed))
    units = _missing(job, output, listed, total)
    earlier = total - sum(len(unit.documents) for unit in units)
    summary = Summary(total, earlier)
    on_progress(summary)
    memory: dict[int, int] = {}
    for part in _read(job, run, units) if units else ():
        memory[part["process"]] = part["memory"]
        summary = replace(
            summary,
            now=summary.now + part["documents"],
            errors=summary.errors + part["errors"],
            seconds=time.monotonic() - start,
            memory=max(memory.values()),
        )
        on_progress(summary)
    return replace(summary, seconds=time.monotonic() - start)


def _read(job: Job, run: str, units: Sequence[Unit]) -> Iterator[dict[str, Any]]:
    """What the readers tell of each unit, as they are done."""
    import ray

    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = context.print_on_execution_start = False
    context.raise_original_map_exception = True  # Ray's own would say nothing of a full disk or a missing checkpoint
    most = min(len(units), job.readers or len(units))
    rows = [{"unit": unit.packed()} for unit in units]
    parts = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
        Reader,
        fn_constructor_args=(job, run),
        batch_size=1,
        # One unit waits at each reader while it reads another; more would pile up before a slow one.
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=most, max_tasks_in_flight_per_actor=2),
        num_cpus=job.cpus,
        num_gpus=job.gpus or None,
    )
    try:
        batches: Any = parts.iter_batches(batch_size=None, prefetch_batches=0, batch_format="pyarrow")
        for batch in batches:
            yield from batch.to_pylist()
    except ray.exceptions.RayError as error:
        raise _ours(error) from None


def _missing(job: Job, output: Place, listed: Sequence[Sequence[Any]], total: int) -> list[Unit]:
    """The units that the output has no parts of.

    Where the input is what it was, the names of the parts say so. Where it has changed, so have the units, and the
    parts are asked which documents they answer.
    """
    parts = parts_in(output, job.form)
    size = job.rows_of_a_part(total)
    units = [unit for number, documents in enumerate(listed) for unit in units_of(number, documents, size)]
    names = [unit.part for unit in units]
    others = [file for part, file in parts.items() if part not in set(names)]
    missing = [unit for unit, part in zip(units, names, strict=True) if part not in parts]
    if not others or not missing:
        return missing
    answered = {name for file in others for name in names_of(output, file)}
    left: list[Unit] = []
    for number in range(len(listed)):
        documents = (one for unit in missing if unit.input == number for one in unit.documents)
        left += units_of(number, (one for one in documents if inputs.shown(one.name) not in answered), size)
    return left


def _open_output(output: Place, job: Job) -> dict[str, Any]:
    """Makes the output a folder, and returns the settings of all its rows. Raises UsageError where rows of other
    settings are in it, StorageError where it cannot be a folder."""
    settings = json.loads(json.dumps(job.settings()))
    with suppress(OSError):
        try:
            before = json.loads(read(output.filesystem, output.inside(RUN)))["settings"]
            other = [name for name in settings if before.get(name) != settings[name]]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise UsageError(f"{shown(output)}: {RUN} is damaged; name another folder") from None
        if other:
            raise UsageError(f"{shown(output)} was begun with another {', '.join(other)}; name another folder")
    try:
        output.filesystem.create_dir(output.inside("_attempts"), recursive=True)
    except OSError as error:
        raise StorageError(f"{shown(output)} cannot be made a folder: {reason(error)}") from None
    return settings


def _take_over(output: Place, job: Job) -> str:
    """Writes whose run the output is now. Raises what `_open_output` does."""
    from extractor import __version__

    settings = _open_output(output, job)
    run = uuid.uuid4().hex
    text = json.dumps({"run": run, "version": __version__, "settings": settings}, indent=2)
    write_whole(output.filesystem, output.inside(RUN), text.encode())
    return run


def _check(job: Job) -> None:
    """Raises UsageError for what no reader could do."""
    from extractor.engines import choose_engine
    from extractor.reading import checked

    checked(job.schema, None, job.pages, job.today, job.minimum_age)
    columns_of(job.schema)
    if not job.inputs:
        raise UsageError("name a folder, a pattern or a Parquet file")
    if job.form not in SUFFIX:
        raise UsageError(f"the format is one of {', '.join(SUFFIX)}, not {job.form}")
    if job.engine == "auto":
        raise UsageError("name the engine: readers on other machines would each choose their own")
    if any(number is not None and not 1 <= number <= _MOST for number in (job.rows, job.readers, job.batch_size)):
        raise UsageError(f"rows, readers and the batch size are numbers from 1 to {_MOST:,}")
    if not _is_share(job.cpus, 1e4) or not (job.gpus == 0 or _is_share(job.gpus, 1e3)):
        raise UsageError("a reader takes whole CPUs or a part of one from 0.0001, more than no CPU, and so with GPUs")
    if job.group is not None:
        group_pattern(job.group)
    for text in (*job.inputs, job.output):
        place(text)
    if job.engine == "embedded":
        choose_engine(job.engine)


def _is_share(number: float, most: float) -> bool:
    """Whether Ray can give a reader so much: whole processors, or a part of one by four digits."""
    return 1e-4 <= number <= 1 or (1 < number < most and number == int(number))


def _portable(schema: Any) -> Any:
    """A JSON Schema as what it says: the file may be on this machine alone."""
    if isinstance(schema, str) and schema.endswith(".json"):
        from extractor.schemas import load_schema

        load_schema(schema)
        return strict_json.loads(Path(schema).read_text(encoding="utf-8-sig"))
    return schema


def _check_answers(address: str) -> None:
    """Raises UsageError where nothing listens at `[ray://]host:port`, for which Ray itself would look for minutes."""
    found = re.fullmatch(r"(?:ray://)?\[?([^\]/]+?)\]?:(\d{1,5})", address)
    if found is None:
        return  # a word of Ray's own, such as auto
    try:
        socket.create_connection((found[1], int(found[2])), timeout=_ANSWERS).close()
    except (OSError, ValueError, OverflowError) as error:
        raise UsageError(f"no Ray at {address}: {getattr(error, 'strerror', None) or 'no answer'}") from None


@contextmanager
def _ray(address: str | None, reader: Mapping[str, float]) -> Iterator[bool]:
    """A connection to Ray, or one that is there already; whether it is one from outside of the cluster.

    Raises UsageError where none is there, or one that is started here has no room for what one `reader` takes.
    """
    os.environ.update({name: value for name, value in _QUIET.items() if name not in os.environ})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import ray
            import ray.data
    except ImportError:
        raise MissingExtraError("Reading in batches", "ray") from None
    # Whatever they would say on the terminal is raised as well, and said in one line.
    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if ray.is_initialized():
        yield ray.util.client.ray.is_connected()
        return
    address = address or os.environ.get("RAY_ADDRESS") or None
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    if address is None:
        # On the loopback alone: whoever reaches the ports of a Ray runs code in it.
        options |= {"address": "local", "_node_ip_address": "127.0.0.1", "include_dashboard": False}
        options |= {"object_store_memory": _OBJECT_STORE}
    else:
        _check_answers(address)
        options["address"] = address
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with _own_signals():
                ray.init(**options)
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        first = (str(error).strip().splitlines() or ["no answer"])[0]
        raise UsageError(f"no Ray at {address or 'this machine'}: {first[:200]}") from None
    try:
        if options["address"] == "local":
            _check_room(reader, ray.cluster_resources())
        yield ray.util.client.ray.is_connected()
    finally:
        ray.shutdown()


@contextmanager
def _own_signals() -> Iterator[None]:
    """What signals do is afterwards as before: Ray would answer SIGTERM itself, by a trace of its stack."""
    mine = threading.current_thread() is threading.main_thread()
    numbers = (signal.SIGINT, signal.SIGTERM) if mine else ()
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _check_room(reader: Mapping[str, float], machine: Mapping[str, float]) -> None:
    """Raises UsageError where a reader takes more than the machine has, for which Ray would wait without end."""
    for kind, wanted in reader.items():
        if wanted > (there := machine.get(kind, 0.0)):
            raise UsageError(f"a reader of {wanted:g} {kind}s finds no room here; this machine has {there:g}")


def _from_afar(job: Job, on_progress: Callable[[Summary], None]) -> Summary:
    """`drive` as a task of the cluster that a client is connected to. If its machine dies, Ray starts it again."""
    import ray

    board: Any = ray.remote(num_cpus=0)(_Board)
    board = board.remote()
    task: Any = ray.remote(num_cpus=0, max_retries=-1)(_driven)
    task = task.remote(job, board)
    try:
        while not ray.wait([task], timeout=_POLL)[0]:
            on_progress(ray.get(board.read.remote()))
        summary: Summary = ray.get(task)
        return summary
    except ray.exceptions.RayError as error:
        raise _ours(error) from None


class _Board:
    """Where a driver far away writes how far it is."""

    def __init__(self) -> None:
        self._summary = Summary()

    def write(self, summary: Summary) -> None:
        self._summary = summary

    def read(self) -> Summary:
        return self._summary


def _driven(job: Job, board: Any) -> Summary:
    return drive(job, lambda summary: board.write.remote(summary) and None)


def _ours(error: BaseException) -> ExtractorError:
    """What went wrong in a reader. A foreign exception's text may quote a document; its type is what a report needs."""
    seen: BaseException | None = error
    kind = type(error).__name__
    while seen is not None:
        # The cause first: what Ray wraps an error in is an instance of its class too, with a traceback as its text.
        for one in (getattr(seen, "cause", None), seen):
            if isinstance(one, ExtractorError):
                return type(one)(str(one))
            kind = type(one).__name__ if isinstance(one, Exception) else kind
        seen = seen.__cause__ or seen.__context__
    return ExtractorError(f"Ray ended the batch ({kind}); what was read is kept, and a second run resumes")
