"""Request bodies taken apart, in memory only; and what a file is, by its own bytes.

Nothing of a body is ever written to a temporary file. How it arrives is the affair of `intake`.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import re
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from extractor import strict_json
from extractor.server.problems import Problem

if TYPE_CHECKING:
    from starlette.requests import Request

#: How each format begins. File names and Content-Type headers are not trusted.
_MAGIC: Sequence[tuple[str, int, bytes]] = (
    ("jpeg", 0, b"\xff\xd8\xff"),
    ("png", 0, b"\x89PNG\r\n\x1a\n"),
    ("gif", 0, b"GIF87a"),
    ("gif", 0, b"GIF89a"),
    ("bmp", 0, b"BM"),
    ("tiff", 0, b"II*\x00"),
    ("tiff", 0, b"MM\x00*"),
    ("tiff", 0, b"II+\x00"),
    ("tiff", 0, b"MM\x00+"),
    ("zip", 0, b"PK\x03\x04"),
    ("zip", 0, b"PK\x05\x06"),
)
#: Brands of the ISO base media format (ISO/IEC 14496-12, 4.3) that hold still pictures.
_BRANDS = {b"avif": "avif", b"avis": "avif"} | dict.fromkeys(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), "heic"
)
#: What files are sent as.
_FILE_FIELDS = ("file", "files")
#: A field of a form: an inline schema of the largest size, or the boxes of a label.
_FIELD_BYTES = 2 * 1024 * 1024
_NAME_LENGTH = 200
_SCHEME = re.compile("data:", re.IGNORECASE)
_STANDARD_ALPHABET = str.maketrans("-_", "+/")


@dataclass(frozen=True)
class File:
    """A file of a request. `name` is what the caller calls it: data, never a path."""

    name: str
    data: bytes


@dataclass(frozen=True)
class RequestBody:
    """A body taken apart: its files, and its other fields (texts of a form, any JSON values of a JSON object)."""

    files: tuple[File, ...]
    fields: Mapping[str, Any] = field(default_factory=dict)


def sniff(data: bytes) -> str | None:
    """The format of a file: one of jpeg, png, gif, bmp, tiff, webp, heic, avif, pdf, zip, or None."""
    for name, offset, magic in _MAGIC:
        if data.startswith(magic, offset):
            return name
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[4:8] == b"ftyp":
        # The major brand may be a general one; then the compatible brands say it.
        brands = [data[8:12], *(data[start : start + 4] for start in range(16, min(len(data), 64), 4))]
        return next((_BRANDS[brand] for brand in brands if brand in _BRANDS), None)
    return "pdf" if b"%PDF-" in data[:1024] else None


def check_picture(file: File) -> None:
    """Raises a Problem unless the file begins as a picture or PDF does."""
    if not file.data:
        raise Problem("unreadable-file", "the file is empty")
    found = sniff(file.data)
    if found is None or found == "zip":
        detail = "a zip archive is taken by POST /v1/jobs only" if found else "its content is of no format that is read"
        raise Problem("unsupported-file", detail)


async def read_form(request: Request, chunks: AsyncGenerator[bytes, None], *, files: int) -> RequestBody:
    """The body of a request, multipart or JSON, with at most `files` files. Raises a Problem."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == "multipart/form-data":
        form = await _multipart(request, chunks, files)
    elif media_type == "application/json":
        form = _from_json(await read_json(chunks))
    else:
        raise Problem("unsupported-media-type")
    if len(form.files) > files:
        raise Problem("too-many-files", f"at most {files} are taken here")
    if not form.files:
        raise Problem("invalid-request", "there is no file; send it as `file`")
    return form


async def _multipart(request: Request, chunks: AsyncGenerator[bytes, None], files: int) -> RequestBody:
    from starlette.datastructures import UploadFile
    from starlette.formparsers import MultiPartException, MultiPartParser

    class InMemory(MultiPartParser):
        spool_max_size = sys.maxsize

    parser = InMemory(request.headers, chunks, max_files=files + 1, max_fields=50, max_part_size=_FIELD_BYTES)
    try:
        form = await parser.parse()
    except (MultiPartException, ValueError) as error:  # ValueError: a charset that the field is not in
        if isinstance(error, MultiPartException) and error.message.startswith("Too many files"):
            raise Problem("too-many-files", f"at most {files} are taken here") from None
        raise Problem("invalid-request", "the multipart body is broken or has too large a field") from None
    try:
        taken: list[File] = []
        fields: dict[str, Any] = {}
        for name, value in form.multi_items():
            if isinstance(value, UploadFile) and name in _FILE_FIELDS:
                taken.append(File(clean_name(value.filename or ""), await value.read()))
            elif name in fields:
                raise Problem("invalid-request", "a field is sent twice")
            else:
                fields[name] = _text_of(await value.read()) if isinstance(value, UploadFile) else value
        return RequestBody(tuple(taken), fields)
    finally:
        await form.close()


def _text_of(data: bytes) -> str:
    """A field whose content the client took from a file, as `curl -F schema=@form.json` does. Raises a Problem."""
    if sniff(data) is None and len(data) <= _FIELD_BYTES:
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode("utf-8-sig")
    raise Problem("invalid-request", "files are sent as `file`")


async def read_json(chunks: AsyncGenerator[bytes, None]) -> dict[str, Any]:
    """A body that is a JSON object. Raises a Problem."""
    body = b"".join([chunk async for chunk in chunks])
    value = parse_json(body)
    if not isinstance(value, dict):
        raise Problem("invalid-request", "the body is not a JSON object")
    return value


def parse_json(text: bytes | str) -> Any:
    """A JSON value, strictly: no NaN, and no object that says one thing twice. Raises a Problem."""
    try:
        return strict_json.loads(text)
    except strict_json.DoubledKeyError:
        raise Problem("invalid-request", "an object of the JSON has the same key twice") from None
    except ValueError:
        raise Problem("invalid-request", "this is not JSON") from None


def _from_json(body: dict[str, Any]) -> RequestBody:
    """{"file": base64 or {"name", "data"} or a list of these, other fields}."""
    given = [body.pop(name) for name in _FILE_FIELDS if body.get(name) is not None]
    if len(given) > 1:
        raise Problem("invalid-request", "send either `file` or `files`")
    entries = given[0] if given and isinstance(given[0], list) else given
    return RequestBody(tuple(_json_file(entry, number) for number, entry in enumerate(entries, start=1)), body)


def _json_file(entry: Any, number: int) -> File:
    name, text = f"file {number}", entry
    if isinstance(entry, dict):
        name, text = entry.get("name", name), entry.get("data")
    if not isinstance(text, str) or not isinstance(name, str):
        raise Problem("invalid-request", f"file {number} is neither base64 text nor an object of name and data")
    return File(clean_name(name), decode_base64(text, f"file {number}"))


def decode_base64(text: str, what: str) -> bytes:
    """Bytes from base64 in either alphabet (RFC 4648, 4 and 5), padded or not, also in a data URL.

    Raises a Problem that calls it `what`.
    """
    encoded = base64_of_url(text) if _SCHEME.match(text) else text
    if encoded is not None:
        encoded = "".join(encoded.split()).translate(_STANDARD_ALPHABET)
        bare = encoded.rstrip("=")
        try:
            # More padding than any text needs is not base64.
            if len(encoded) - len(bare) <= 2:
                return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
        except (ValueError, binascii.Error):
            pass
    raise Problem("invalid-request", f"{what} is not valid base64")


def base64_of_url(url: str) -> str | None:
    """What a data URL holds in base64 (RFC 2397), or None for any other URL. Schemes and types have no case."""
    head, comma, content = url.partition(",")
    scheme, *parameters = head.split(";")
    is_base64 = bool(comma) and bool(parameters) and parameters[-1].strip().lower() == "base64"
    if not is_base64 or not _SCHEME.match(scheme):
        return None
    return unquote(content) if "%" in content else content


def clean_name(name: str) -> str:
    """A file's name as it is shown again: without control characters, and not longer than a name can be."""
    printable = "".join(char for char in name if char.isprintable() and not 0xD800 <= ord(char) <= 0xDFFF)
    return printable[-_NAME_LENGTH:] or "unnamed"
