"""Small files that are expensive to decode."""

import io
import zlib
from collections.abc import Sequence

from PIL import Image


def pdf_of(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A PDF of these objects, numbered from 1, of which the first is the root."""
    body, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    end = b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF" % (count, trailer, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % count + table + end


def stream(data: bytes, extra: bytes = b"") -> bytes:
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(data), extra, data)


def drawn(content: bytes, resources: bytes = b"", *more: bytes, page: bytes = b"") -> bytes:
    """A PDF of one page of 600 x 400 points; `content` is object 4, `more` are objects from 5 on."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 400]/Contents 4 0 R/Resources<<%s>>%s>>" % (resources, page),
        stream(content),
        *more,
    ]
    return pdf_of(objects)


_FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 600 400]"
_TILE = b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep 0.01/YStep 0.01/Resources<<>>"


def drawing_itself() -> bytes:
    """A form that draws itself twice: memory without end."""
    form = stream(b"/F Do /F Do", _FORM + b"/Resources<</XObject<</F 5 0 R>>>>")
    return drawn(b"/F Do", b"/XObject<</F 5 0 R>>", form)


def nested_forms() -> bytes:
    """Ten forms in each of ten forms, 25 deep."""
    deep = [stream(b"/F Do " * 10, _FORM + b"/Resources<</XObject<</F %d 0 R>>>>" % (6 + i)) for i in range(25)]
    return drawn(b"/F Do", b"/XObject<</F 5 0 R>>", *deep, stream(b"0 0 1 1 re f", _FORM))


def endless_tiles() -> bytes:
    """A pattern of 2.4 thousand million tiles: time without end."""
    return drawn(b"/Pattern cs /P scn 0 0 600 400 re f", b"/Pattern<</P 5 0 R>>", stream(b"0 0 1 1 re f", _TILE))


def many_rectangles() -> bytes:
    packed = zlib.compress(b"0 0 600 400 re f\n" * 3_000_000, 9)
    whole = drawn(b"")
    return whole.replace(stream(b""), stream(packed, b"/Filter/FlateDecode"))  # PDFium repairs the table


def large_picture(side: int = 60_000) -> bytes:
    """A PDF whose picture unpacks to 3.6 gigapixels."""
    image = (
        b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/FlateDecode"
        % (side, side)
    )
    return drawn(b"600 0 0 400 0 0 cm /I Do", b"/XObject<</I 5 0 R>>", stream(zlib.compress(bytes(10**7), 9), image))


def scans(count: int = 400, side: int = 2000) -> bytes:
    """A progressive JPEG whose last scan is repeated: each repetition costs a pass over the picture."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), "grey").save(out, "JPEG", progressive=True, quality=50)
    data = out.getvalue()
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * count + data[-2:]
