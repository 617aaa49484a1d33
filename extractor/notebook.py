"""An extraction as HTML, for notebooks: each page with the boxes of its fields, the table of fields and verdicts."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from extractor.extraction import Extraction, FieldEvidence, Verdict
from extractor.schemas import schema_name

_WIDTH = 640
#: Colours of verdicts, on pages too (`extractor.overlay`).
COLOURS = {
    Verdict.VERIFIED: "#1a7f37",
    Verdict.AGREE: "#1a7f37",
    Verdict.SINGLE: "#0969da",
    Verdict.CONFLICT: "#cf222e",
    Verdict.UNSUPPORTED: "#bc4c00",
    Verdict.ABSENT: "#57606a",
}


def as_html(result: Extraction[Any]) -> str:
    """One self-contained piece of HTML; every text in it is escaped, and nothing in it runs or is fetched."""
    pictures = _pictures(result)
    pages = "".join(_page(result, number, pictures.get(number, "")) for number in range(len(result.pages)))
    rows = "".join(_row(name, one) for name, one in result.fields.items())
    warnings = "".join(f"<li>{escape(warning.message)}</li>" for warning in result.warnings)
    heading = "<tr><th>field</th><th>value</th><th>verdict</th><th>confidence</th><th>sources</th></tr>"
    return (
        f'<div><b>{escape(schema_name(result.schema))}</b><div style="display:flex;gap:16px;flex-wrap:wrap">'
        f"<div>{pages}</div><table>{heading}{rows}</table></div>"
        f"{f'<ul>{warnings}</ul>' if warnings else ''}</div>"
    )


def _row(name: str, one: FieldEvidence) -> str:
    kinds = ", ".join(dict.fromkeys(source.kind.value for source in one.sources))
    value = "" if one.value is None else escape(str(one.value))
    confidence = "" if one.value is None else f"{one.confidence:.2f}"
    verdict = f'<td style="color:{COLOURS[one.verdict]}">{one.verdict.value}</td>'
    return f"<tr><td>{escape(name)}</td><td>{value}</td>{verdict}<td>{confidence}</td><td>{kinds}</td></tr>"


def _page(result: Extraction[Any], number: int, picture: str) -> str:
    """A page as SVG, in its own pixels: the picture where it can still be had, and the boxes."""
    page = result.pages[number]
    shown = f'<image href="{picture}" width="{page.width}" height="{page.height}"/>' if picture else ""
    boxes = "".join(_boxes(result, number))
    frame = f'<rect width="{page.width}" height="{page.height}" fill="none" stroke="#d0d7de" stroke-width="3"/>'
    size = f'width="{_WIDTH}" viewBox="0 0 {page.width} {page.height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} style="display:block">{shown}{frame}{boxes}</svg>'


def _boxes(result: Extraction[Any], number: int) -> Iterator[str]:
    for name, one in result.fields.items():
        if one.box and one.box.page == number and one.value is not None:
            points = " ".join(f"{x},{y}" for x, y in one.box.points)
            style = f'fill="none" stroke="{COLOURS[one.verdict]}" stroke-width="3"'
            yield f'<polygon points="{points}" {style}><title>{escape(name)}</title></polygon>'


def _pictures(result: Extraction[Any]) -> dict[int, str]:
    """The pages as data URLs, where what was read is still there."""
    from PIL import Image

    from extractor.errors import ExtractorError
    from extractor.imaging import load_pages
    from extractor.imaging.saving import in_base64

    try:
        images = [image for one in result.inputs for image in load_pages(one)]
    except ExtractorError:
        return {}
    urls = {}
    for number, (image, page) in enumerate(zip(images, result.pages, strict=False)):
        if image.shape[:2] != (page.height, page.width):
            return {}  # not the pages that were read: the file has changed, or some of its pages were chosen
        picture = Image.fromarray(image)
        picture.thumbnail((2 * _WIDTH, 4 * _WIDTH))
        urls[number] = "data:image/jpeg;base64," + in_base64(picture, "JPEG", quality=80)
    return urls
