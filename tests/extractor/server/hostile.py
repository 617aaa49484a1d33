"""Files that strangers might send: crafted ones that are known to hurt readers, and seeded damage to good ones.

`bad_file(number)` is the same file for the same number on every machine that has the same versions of its writers.
Good files are tiny, so that one which survives its damage costs little to read.
"""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from functools import cache

from PIL import Image, ImageDraw

from tests.extractor.imaging.hostile import pdf_of

#: Names that would do harm if they were ever used as paths, commands or markup.
NAMES: Sequence[str] = (
    "../../../../etc/passwd", "/etc/shadow", "C:\\Windows\\win.ini", "a\x00.png", "CON", "a" * 5000 + ".png",
    "<img src=x onerror=alert(1)>.png", "$(touch /tmp/x).png", "`id`.png", "'; DROP TABLE files; --", "%2e%2e%2f.png",
    "\u202egnp.exe", "\r\nX-Injected: 1", "", ".", "..", "file:///etc/passwd", "a.png/../../b", "名前.png",
)  # fmt: skip


def _png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, data: bytes, *chunks: bytes, depth: int = 8, colour: int = 0) -> bytes:
    """A PNG that says it has this size, whatever is in it."""
    head = _png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + _png_chunk(b"IDAT", data) + _png_chunk(b"IEND", b"")


def _zeros(count: int) -> bytes:
    """Zeros, deflated, without ever holding all of them."""
    deflate = zlib.compressobj(9)
    block = bytes(1 << 20)
    parts = [deflate.compress(block) for _ in range(count >> 20)]
    return b"".join([*parts, deflate.compress(bytes(count & 0xFFFFF)), deflate.flush()])


def _pdf_page(extra: bytes = b"", box: bytes = b"0 0 200 100") -> list[bytes]:
    return [b"<</Type/Catalog/Pages 2 0 R%s>>" % extra, b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[%s]>>" % box]  # fmt: skip


def _many_pages(count: int) -> bytes:
    kids = b" ".join(b"%d 0 R" % number for number in range(3, count + 3))
    pages = [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"] * count
    return pdf_of([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, count), *pages])


def _pdf_stream_bomb() -> bytes:
    data = _zeros(200 << 20)
    stream = b"<</Length %d/Filter/FlateDecode>>\nstream\n%s\nendstream" % (len(data), data)
    catalog, pages, page = _pdf_page()
    return pdf_of([catalog, pages, page[:-2] + b"/Contents 4 0 R>>", stream])


def _pdf_image_bomb() -> bytes:
    data = _zeros(64 << 20)
    image = (
        b"<</Type/XObject/Subtype/Image/Width 60000/Height 60000/ColorSpace/DeviceGray/BitsPerComponent 8"
        b"/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream" % (len(data), data)
    )
    catalog, pages, page = _pdf_page()
    draw = b"<</Length 22>>\nstream\n200 0 0 100 0 0 cm /I Do\nendstream"
    return pdf_of([catalog, pages, page[:-2] + b"/Contents 5 0 R/Resources<</XObject<</I 4 0 R>>>>>>", image, draw])


def _gif_frames(count: int) -> bytes:
    frames = [Image.new("P", (16, 16), number % 2) for number in range(count)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


def _tiff_loop() -> bytes:
    """A TIFF whose second directory is its first."""
    data = bytearray(_good()["tiff"])
    (first,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, first)
    struct.pack_into("<I", data, first + 2 + 12 * entries, first)
    return bytes(data)


def _zip_bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.png", bytes(50 << 20))
    return buffer.getvalue()


@cache
def _good() -> dict[str, bytes]:
    """One small good picture of each format and of its rarer forms."""
    from pillow_heif import from_pillow

    image = Image.new("RGB", (96, 64), (240, 236, 220))
    ImageDraw.Draw(image).text((6, 20), "P<UTO", fill="black")
    forms: dict[str, tuple[str, str, dict[str, object]]] = {
        "png": ("RGB", "PNG", {}), "png-p": ("P", "PNG", {}), "png-1": ("1", "PNG", {}), "png-la": ("LA", "PNG", {}),
        "jpeg": ("RGB", "JPEG", {}), "jpeg-p": ("RGB", "JPEG", {"progressive": True}), "jpeg-k": ("CMYK", "JPEG", {}),
        "gif": ("P", "GIF", {}), "bmp": ("RGB", "BMP", {}), "tiff": ("RGB", "TIFF", {}),
        "tiff-l": ("RGB", "TIFF", {"compression": "tiff_lzw"}), "tiff-j": ("RGB", "TIFF", {"compression": "jpeg"}),
        "tiff-4": ("1", "TIFF", {"compression": "group4"}), "webp": ("RGB", "WEBP", {}),
        "webp-l": ("RGBA", "WEBP", {"lossless": True}), "heic": ("RGB", "HEIF", {}), "avif": ("RGB", "AVIF", {}),
        "pdf": ("RGB", "PDF", {}),
    }  # fmt: skip
    found = {}
    for name, (mode, kind, options) in forms.items():
        buffer = io.BytesIO()
        if kind == "HEIF":  # not registered: the product's own decoder reads it
            from_pillow(image.convert(mode)).save(buffer)
        else:
            image.convert(mode).save(buffer, kind, **options)
        found[name] = buffer.getvalue()
    return found


#: Crafted files, by what they try.
CRAFTED: dict[str, Callable[[], bytes]] = {
    "a picture of 3.6 thousand million pixels": lambda: png(60_000, 60_000, _zeros(1 << 20)),
    "a small file of 400 million pixels": lambda: png(20_000, 20_000, _zeros(20_000 * 2501), depth=1),
    "a size of nothing": lambda: png(0, 0, b""),
    "the largest size there is": lambda: png(2**31 - 1, 2**31 - 1, b"x"),
    "more data than its size": lambda: png(8, 8, _zeros(100 << 20)),
    "a text bomb": lambda: png(8, 8, _zeros(72), _png_chunk(b"zTXt", b"a\x00\x00" + _zeros(100 << 20))),
    "a colour profile bomb": lambda: png(8, 8, _zeros(72), _png_chunk(b"iCCP", b"a\x00\x00" + _zeros(100 << 20))),
    "ten thousand chunks": lambda: png(8, 8, _zeros(72), *[_png_chunk(b"tEXt", b"a\x00b")] * 10_000),
    "three thousand frames": lambda: _gif_frames(3000),
    "a loop of directories": _tiff_loop,
    "ten thousand pages": lambda: _many_pages(10_000),
    "a page as large as a field": lambda: pdf_of(_pdf_page(box=b"0 0 1000000 1000000")),
    "a page of no size": lambda: pdf_of(_pdf_page(box=b"0 0 0 0")),
    "a page as long as a road": lambda: pdf_of(_pdf_page(box=b"0 0 1 14400000")),
    "a page that is its own parent": lambda: pdf_of([b"<</Type/Catalog/Pages 2 0 R>>",
                                                  b"<</Type/Pages/Kids[2 0 R]/Count 1>>"]),
    "a page that runs a program": lambda: pdf_of(_pdf_page(b"/OpenAction<</S/Launch/F(/bin/sh)>>")),
    "a page that runs a script": lambda: pdf_of(_pdf_page(b"/OpenAction<</S/JavaScript/JS(while(true){})>>")),
    "arrays in arrays": lambda: pdf_of([*_pdf_page(), b"[" * 50_000 + b"]" * 50_000]),
    "a locked PDF": lambda: pdf_of(_pdf_page(), trailer=b"/Encrypt<</Filter/Standard/V 1/R 2/O(x)/U(y)/P -1>>"),
    "a stream bomb": _pdf_stream_bomb,
    "an image bomb in a page": _pdf_image_bomb,
    "a PDF behind a picture": lambda: _good()["png"] + _good()["pdf"],
    "a picture behind a PDF": lambda: _good()["pdf"] + _good()["jpeg"],
    "an archive behind a picture": lambda: _good()["gif"] + _zip_bomb(),
    "a page of markup in a GIF": lambda: b"GIF89a/*<script>*/=1;" + b"\x00" * 100,
    "a drawing in markup": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
    "a zip bomb": _zip_bomb,
    "a document of another kind": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 512,
    "a program": lambda: b"\x7fELF" + b"\x00" * 512,
}  # fmt: skip


def bad_file(number: int) -> bytes:
    """The file with this number: first the crafted ones, then damage without end."""
    crafted = list(CRAFTED.values())
    if number < len(crafted):
        return crafted[number]()
    chance = random.Random(number)
    data = bytearray(chance.choice(list(_good().values())))
    for _ in range(chance.randint(1, 4)):
        chance.choice(_DAMAGES)(data, chance)
    return bytes(data)


def _flip(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 3, 20))):
        if data:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[chance.randrange(len(data) + 1) :]


def _extreme(data: bytearray, chance: random.Random) -> None:
    """A number somewhere, most likely near the front, becomes as large or small as numbers get."""
    place = min(chance.randrange(len(data) + 1), chance.randrange(len(data) + 1))
    value = chance.choice((b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x00\x00\x00\x00", b"\xff\xff", b"\x00\x80"))
    data[place : place + len(value)] = value


def _repeat(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data) + 1)
    data[start:start] = data[start : start + chance.randrange(1, 200)] * chance.choice((1, 5, 50))


def _remove(data: bytearray, chance: random.Random) -> None:
    start = chance.randrange(len(data) + 1)
    del data[start : start + chance.randrange(1, 200)]


def _splice(data: bytearray, chance: random.Random) -> None:
    other = chance.choice(list(_good().values()))
    data[chance.randrange(len(data) + 1) :] = other[chance.randrange(len(other)) :]


def _noise(data: bytearray, chance: random.Random) -> None:
    data[chance.randrange(4, 40) :] = chance.randbytes(chance.randrange(2000))


_DAMAGES = (_flip, _flip, _cut, _extreme, _extreme, _repeat, _remove, _splice, _noise)
