"""What a file is, by its own bytes; names and base64 as callers send them."""

import io
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from extractor.server.problems import Problem
from extractor.server.uploads import File, check_picture, clean_name, decode_base64, parse_json, sniff


@pytest.mark.parametrize("kind", ["jpeg", "png", "gif", "bmp", "tiff", "webp", "avif", "heif", "pdf"])
def test_formats_are_known_by_what_their_writers_write(kind: str) -> None:
    from pillow_heif import from_pillow

    buffer, white = io.BytesIO(), Image.new("RGB", (64, 64), "white")
    if kind == "heif":
        from_pillow(white).save(buffer)
    else:
        white.save(buffer, kind.upper())
    assert sniff(buffer.getvalue()) == {"heif": "heic"}.get(kind, kind)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"PK\x03\x04....", "zip"),
        (b"\n\n  %PDF-1.7", "pdf"),
        (b"mail\r\n" * 100 + b"%PDF-1.7", "pdf"),
        (b"\x89PNG\r\n\x1a\n%PDF-1.7", "png"),
        (b"GIF88a", None),
        (b"RIFF\x00\x00\x00\x00AVI ", None),
        (b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00mp42isom", None),
        (b"\x00\x00\x00\x1cftypXXXX\x00\x00\x00\x00mif1heic", "heic"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"", None),
    ],
)
def test_what_only_looks_like_one(data: bytes, kind: str | None) -> None:
    assert sniff(data) == kind


@given(st.binary(max_size=80))
def test_no_bytes_upset_it(data: bytes) -> None:
    known = {"jpeg", "png", "gif", "bmp", "tiff", "webp", "heic", "avif", "pdf", "zip", None}
    assert sniff(data) in known
    try:
        check_picture(File("x", data))
    except Problem as problem:
        assert problem.kind in ("unsupported-file", "unreadable-file")  # noqa: PT017


@given(st.text(st.characters(), max_size=400))
def test_names_can_be_shown_and_stored(name: str) -> None:
    shown = clean_name(name)
    assert 0 < len(shown) <= 200
    assert shown.isprintable()
    shown.encode("utf-8")


def test_names_keep_their_end() -> None:
    assert clean_name("../../etc/passwd\x00\r\n.png") == "../../etc/passwd.png"
    assert clean_name("\x00") == "unnamed"
    assert clean_name("a" * 300 + ".png").endswith(".png")


@pytest.mark.parametrize("text", ["+/8=", "+/\r\n8=", " +/8= ", "+/8", "-_8=", "-_8"])
@pytest.mark.parametrize(
    "head", ["", "data:image/png;base64,", "DATA:IMAGE/PNG;BASE64,", "data:;base64,", "data:a/b;name=c;Base64 ,"]
)
def test_base64_as_it_is_sent(head: str, text: str) -> None:
    assert decode_base64(head + text, "file 1") == b"\xfb\xff"
    if head:
        assert decode_base64(head + quote(text), "file 1") == b"\xfb\xff"


@pytest.mark.parametrize("text", ["QUJDQ", "Q*JD", "data:,QUJD", "data:image/png,QUJD", "QUJDé", "QU%4AD", "QQ======"])
def test_what_is_not_base64(text: str) -> None:
    with pytest.raises(Problem, match="file 1 is not valid base64"):
        decode_base64(text, "file 1")


@pytest.mark.parametrize("text", ["NaN", "{", "[" * 200_000, b"\xff", "-Infinity", '{"a": 1,}'])
def test_json_is_strict(text: str | bytes) -> None:
    with pytest.raises(Problem, match="this is not JSON"):
        parse_json(text)


@pytest.mark.parametrize("text", ['{"schema": 1, "schema": 2}', '[{"a": {"b": 1, "c": 2, "b": 3}}]'])
def test_json_says_nothing_twice(text: str) -> None:
    with pytest.raises(Problem, match="the same key twice"):
        parse_json(text)
