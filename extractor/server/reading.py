"""The reader of an engine's process: requests of the service, answered by the pipeline."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from extractor.errors import SchemaError, TooManyPagesError
from extractor.server.problems import Problem
from extractor.server.worker import Answering, Report

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image
    from pydantic import BaseModel

    from extractor.engines import Engine
    from extractor.extraction import Extraction

#: Pages shown to a person are made no larger than this, in pixels of the longer side.
_PREVIEW_SIDE = 2400


def make_reader(options: Mapping[str, Any]) -> Answering:
    """A reader with the engine that `options` (fields of EngineOptions) choose, everything it needs in memory."""
    from extractor.engines import choose_engine

    chosen = dict(options)
    engine, why = choose_engine(chosen.pop("engine"), **chosen)
    return EngineReader(engine, why)


class EngineReader:
    """Answers the operations `extract`, `classify`, `pictures` and `pairs`."""

    def __init__(self, engine: Engine | None, why: str) -> None:
        from extractor.engines import describe
        from extractor.text import ocr

        ocr.warm_up()
        getattr(engine, "loaded", None)  # Phi-3-vision loads its weights now, not with the first document
        self._reader = engine
        self.bounded = engine is None or engine.name == "openai"  # no weights that may be large
        details = describe(engine)
        self.engine = details.pop("name")
        self.details = {**details, "why": why}

    def __call__(self, request: Mapping[str, Any], files: Sequence[bytes], report: Report) -> dict[str, Any]:
        if request["op"] == "pairs":
            return _pairs(request["said"])
        groups = _load(request, files)
        report({"pages": sum(map(len, groups))})
        images = [image for group in groups for image in group]
        if request["op"] == "classify":
            return _classify(images)
        if request["op"] == "pictures":
            from extractor.reading import extract

            schema, options = self._options(request)
            together = request.get("one_document", False)
            return {"pictures": _pictures(extract(images, schema, one_document=together, **options), request)}
        return self._extract(request, groups, images)

    def _options(self, request: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        """The schema and the other arguments that a request reads with."""
        wanted = request["schema"]
        schema = wanted if isinstance(wanted, str) else model_of(json.dumps(wanted))
        return schema, {
            "engine": self._reader,
            "today": date.fromisoformat(request["today"]) if request.get("today") else None,
            "minimum_age": request.get("age"),
        }

    def _extract(
        self, request: Mapping[str, Any], groups: Sequence[Sequence[np.ndarray]], images: list[np.ndarray]
    ) -> dict[str, Any]:
        from extractor.reading import extract, extract_documents

        schema, options = self._options(request)
        several = request.get("documents", False)
        if several:
            results = extract_documents(images, schema, **options)
        else:
            results = [extract(images, schema, one_document=request.get("one_document", False), **options)]
        answers = [_answer(result, groups) for result in results]
        if request.get("previews"):
            answers[0]["evidence"]["previews"] = [_preview(image) for image in images]
        return {"documents": answers} if several else answers[0]


def _answer(result: Extraction[Any], groups: Sequence[Sequence[np.ndarray]]) -> dict[str, Any]:
    """A document with its evidence, its pages with the number of the file that each came from."""
    from extractor.output import as_dict

    answer = as_dict(result, evidence=True)
    of_file = [number for number, group in enumerate(groups) for _ in group]
    for page, number in zip(answer["evidence"]["pages"], of_file, strict=True):
        page["file"] = number
    return answer


@lru_cache(maxsize=32)
def model_of(definition: str) -> type[BaseModel]:
    """The Pydantic model of an inline JSON Schema. Cached: making one is expensive."""
    from extractor.schemas import field_specs
    from extractor.schemas.registry import model_from_json_schema

    try:
        model = model_from_json_schema(json.loads(definition))
        field_specs(model)
    except RecursionError:
        raise SchemaError("the schema is nested too deeply") from None
    except (ValueError, TypeError, AttributeError) as error:
        raise SchemaError(f"the schema cannot be used: {' '.join(str(error).split())[:300]}") from None
    return model


def _load(request: Mapping[str, Any], files: Sequence[bytes]) -> list[list[np.ndarray]]:
    """The pages of each file, within the request's limits. Raises a Problem for too many pages, before decoding any."""
    from extractor.imaging import Limits, load_pages

    groups: list[list[np.ndarray]] = []
    left = request["max_pages"]
    for data in files:
        limits = Limits(left, request["max_pixels"], request["decode_seconds"], request["decode_mib"])
        try:
            groups.append(load_pages(data, pages=request.get("pages"), limits=limits))
        except TooManyPagesError:
            raise _too_many(request) from None
        left -= len(groups[-1])
    return groups


def _too_many(request: Mapping[str, Any]) -> Problem:
    return Problem("too-many-pages", f"one document may have {request['max_pages']} pages here")


def _classify(images: Sequence[np.ndarray]) -> dict[str, Any]:
    from extractor.mrz.zone import read_zone
    from extractor.text.page import read_pages
    from extractor.visual.classify import classify, kind_of
    from extractor.visual.features import zone_facts
    from extractor.visual.reader import read_layout

    pages = [page for index, image in enumerate(images) for page in read_pages(image, index)]
    zone = next((zone for page in pages if (zone := read_zone(page))), None)
    layouts = [read_layout(page.lines, zone_facts(zone.mrz) if zone else None) for page in pages]
    scores = classify([line for page in pages for line in page.lines], zone.mrz if zone else None, layouts)
    ordered = sorted(scores.items(), key=lambda item: -item[1])
    return {"schema": kind_of(scores), "scores": {name: round(score, 3) for name, score in ordered}}


def _pairs(said: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    from extractor.grouping.pairing import identity_of_values, sides_to_offer

    return {"groups": sides_to_offer([identity_of_values(one["schema"], one["fields"]) for one in said])}


def _pictures(result: Extraction[Any], request: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The pictures that a request asks for, as PNG in base64, each with what it is and, of a part, where it is."""
    from dataclasses import asdict

    from extractor.redaction import redact

    make = request["make"]
    if make == "deskew":
        return [_encoded(picture, kind="document") for picture in result.deskewed()]
    if make == "portrait":
        return [_encoded(one.image, kind=one.kind, box=asdict(one.box), score=one.score) for one in result.cutouts]
    made = redact(result, request["keep"], hide=request["hide"], preset=request["preset"])
    return [_encoded(picture, kind="page", hidden=list(made.hidden)) for picture in made.pictures]


def _encoded(picture: Image, **about: Any) -> dict[str, Any]:
    from extractor.imaging.saving import encoded

    data = base64.b64encode(encoded([picture], "PNG")).decode("ascii")
    return {**about, "width": picture.width, "height": picture.height, "media_type": "image/png", "data": data}


def _preview(image: np.ndarray) -> str:
    """A page as a JPEG in base64, for viewers that cannot draw the file itself (PDF, HEIC, TIFF)."""
    from PIL import Image

    from extractor.imaging.saving import in_base64

    picture = Image.fromarray(image)
    picture.thumbnail((_PREVIEW_SIDE, _PREVIEW_SIDE))
    return in_base64(picture, "JPEG", quality=85)
