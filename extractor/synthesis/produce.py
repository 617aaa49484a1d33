"""Many specimens at once: which to draw, drawing them in several processes, and writing pictures and labels.

A plan is a list of jobs that depends on the seed alone; every job draws from its own random numbers. So the same
arguments give the same files whatever the number of workers, and any one file can be drawn again by itself.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from extractor.errors import UsageError
from extractor.labels.format import Specimen, file_digest, save_labels
from extractor.synthesis.capture import Mode, Shot, capture, choose_mode
from extractor.synthesis.draw import DrawnPage, draw
from extractor.synthesis.fonts import require_fonts
from extractor.synthesis.pools import Pool, seeded
from extractor.synthesis.templates import Template, templates

LANGUAGES = ("en", "zh", "fr", "de", "es", "it", "pt", "pl", "ru", "ja", "ko", "ar")
#: Quality of the written pictures. Capturing has already cost a photograph its fine detail.
_QUALITY = {"jpg": 90, "webp": 80}


@dataclass(frozen=True)
class DrawJob:
    """One file to make: the specimen `seed` of a template, in a capture mode, `width` pixels wide if that is set.
    `quality` is the encoder's, for PNG the number of colours."""

    file: str
    pool: Pool
    template: str
    seed: int
    mode: Mode
    width: int | None = None
    quality: int | None = None


def kinds(pool: Pool) -> tuple[str, ...]:
    """Every kind of document that `pool` can draw."""
    return tuple(dict.fromkeys(template.kind for template in templates(pool)))


def plan(
    count: int,
    *,
    seed: int,
    pool: Pool,
    languages: Sequence[str] = LANGUAGES,
    only_kinds: Sequence[str] = (),
    modes: Sequence[Mode] = (),
    suffix: str = "jpg",
) -> list[DrawJob]:
    """`count` jobs, languages in turn and, within a language, its kinds in turn. Raises UsageError if nothing fits."""
    queues = {language: _queue(pool, language, tuple(only_kinds), seed) for language in languages}
    if empty := [language for language, queue in queues.items() if not queue]:
        raise UsageError(
            f"no template of the {pool} pool for {', '.join(empty)}"
            + (f" among the kinds {', '.join(only_kinds)}; known kinds: {', '.join(kinds(pool))}" if only_kinds else "")
        )
    jobs = []
    for i in range(count):
        language = languages[i % len(languages)]
        turn = i // len(languages)
        template = queues[language][turn % len(queues[language])]
        rng = seeded(pool, "plan", seed, i)
        mode = modes[turn % len(modes)] if modes else choose_mode(rng)
        file = f"{language}-{i:05d}-{template.kind}.{suffix}"
        jobs.append(DrawJob(file, pool, template.name, rng.getrandbits(40), mode))
    return jobs


def _queue(pool: Pool, language: str, only_kinds: tuple[str, ...], seed: int) -> list[Template]:
    """A language's templates, kinds taking turns, in an order that the seed shuffles."""
    fitting = [t for t in templates(pool) if t.language == language and (not only_kinds or t.kind in only_kinds)]
    random.Random(f"queue:{pool}:{language}:{seed}").shuffle(fitting)
    by_kind: dict[str, list[Template]] = {}
    for template in fitting:
        by_kind.setdefault(template.kind, []).append(template)
    longest = max((len(group) for group in by_kind.values()), default=0)
    return [group[i % len(group)] for i in range(longest) for group in by_kind.values()]


@cache
def template_named(pool: Pool, name: str) -> Template:
    """The template of `pool` by its name. Raises UsageError."""
    for template in templates(pool):
        if template.name == name:
            return template
    raise UsageError(f"the {pool} pool has no template {name!r}")


def render(job: DrawJob) -> tuple[DrawnPage, Shot]:
    """The page and the picture of a job."""
    page = draw(template_named(job.pool, job.template), job.seed, width=job.width)
    return page, capture(page, job.mode)


def make(job: DrawJob, folder: Path) -> Specimen:
    """Draws a job, writes its picture under `folder` and returns its label."""
    page, shot = render(job)
    path = folder / job.file
    path.parent.mkdir(parents=True, exist_ok=True)
    write_picture(shot, path, job.quality)
    return labelled(page, shot, path)


def labelled(page: DrawnPage, shot: Shot, path: Path) -> Specimen:
    """The label of a picture that lies at `path`."""
    boxes = {
        name: tuple(tuple((float(x), float(y)) for x, y in polygon) for polygon in polygons)
        for name, polygons in shot.boxes.items()
    }
    return Specimen(
        path=path,
        schema=page.schema,
        fields=page.fields,
        kind=page.kind,
        language=page.language,
        capture=shot.mode,
        printed=page.printed,
        boxes=boxes,  # type: ignore[arg-type]
        mrz_only=frozenset(
            n for n, v in page.fields.items() if v is not None and n not in page.boxes and page.mrz_says(n)
        ),
        pool=page.pool,
        template=page.template,
        seed=page.seed,
        sha256=file_digest(path),
    )


def write_picture(shot: Shot, path: Path, quality: int | None = None) -> None:
    """Writes the picture in the format that the file's suffix says: png, jpg or webp."""
    from PIL import Image

    suffix = path.suffix.lstrip(".").lower()
    image = Image.fromarray(shot.image)
    if suffix == "png":
        # A palette of the picture's own: print has few colours, and the file is a fifth of the whole one.
        if quality:
            image = image.quantize(quality, Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE)
        image.save(path, optimize=True)
    elif suffix in _QUALITY:
        image.save(path, quality=quality or _QUALITY[suffix], method=4)  # the method is WebP's: effort over size
    else:
        raise UsageError(f"specimens are written as png, jpg or webp, not {suffix}")


def produce(jobs: Sequence[DrawJob], folder: Path, *, workers: int = 1) -> Iterator[Specimen]:
    """Makes every job under `folder`, in order, and writes the label file at the end. Yields labels as they are made,
    for a progress bar. Raises FontsMissingError before anything is drawn."""
    for pool in dict.fromkeys(job.pool for job in jobs):
        require_fonts(pool)
    folder.mkdir(parents=True, exist_ok=True)
    specimens = []
    for specimen in _made(jobs, folder, min(workers, len(jobs))):
        specimens.append(specimen)
        yield specimen
    save_labels(specimens, folder)


def _made(jobs: Sequence[DrawJob], folder: Path, workers: int) -> Iterator[Specimen]:
    if workers <= 1:
        for job in jobs:
            yield make(job, folder)
        return
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    import cv2

    # Started afresh rather than forked: OpenCV and FreeType keep threads and locks that a fork would break.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, initializer=cv2.setNumThreads, initargs=(1,)) as executor:
        yield from executor.map(make, jobs, [folder] * len(jobs), chunksize=4)
