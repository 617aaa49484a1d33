"""Pictures in files: pixels only, replaced whole or not at all."""

import io
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, PngImagePlugin

from extractor.errors import UsageError
from extractor.imaging.saving import check_target, encoded, save_pictures


def colour(shade: int, size: tuple[int, int] = (60, 40)) -> Image.Image:
    return Image.new("RGB", size, (shade, 10, 200))


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".tif"])
def test_further_pictures_are_numbered_files(tmp_path: Path, suffix: str) -> None:
    written = save_pictures([colour(1), colour(250, (30, 30))], tmp_path / f"card{suffix}")
    assert [path.name for path in written] == [f"card{suffix}", f"card-2{suffix}"]
    with Image.open(written[1]) as second:
        assert second.size == (30, 30)
        assert all(abs(a - b) < 6 for a, b in zip(second.convert("RGB").getpixel((9, 9)), (250, 10, 200), strict=True))


def test_a_further_picture_replaces_no_other_document_s(tmp_path: Path) -> None:
    taken = {str((tmp_path / name).resolve()) for name in ("card.png", "card-2.png")}
    written = save_pictures([colour(1), colour(2)], tmp_path / "card.png", taken)
    assert [path.name for path in written] == ["card.png", "card-3.png"]


def test_pictures_are_the_pages_of_one_pdf_without_a_title(tmp_path: Path) -> None:
    (written,) = save_pictures([colour(1), colour(250)], tmp_path / "card.pdf")
    document = pypdfium2.PdfDocument(written)
    assert len(document) == 2
    result = {name: text for name, text in document.get_metadata_dict().items() if text and "Date" not in name}
    assert "card" not in str(result).lower()
    assert ".partial" not in str(result)


def test_nothing_but_pixels_and_their_density_is_written() -> None:
    buffer = io.BytesIO()
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "SECRET")
    exif = Image.Exif()
    exif[0x010E] = "SECRET"
    colour(7).save(buffer, "PNG", pnginfo=words, exif=exif, icc_profile=b"SECRET" * 40)
    loaded = Image.open(buffer)
    loaded.load()
    loaded.info["dpi"] = (300, 300)
    for form in ("PNG", "JPEG", "WEBP", "TIFF", "PDF"):
        data = encoded([loaded], form)
        assert b"SECRET" not in data
        if form not in ("PDF", "WEBP"):
            again = Image.open(io.BytesIO(data))
            assert not again.getexif().get(0x010E)
            assert round(float(again.info["dpi"][0])) == 300


@pytest.mark.parametrize("count", [1, 2])
def test_a_failure_leaves_the_old_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    target = tmp_path / "card.png"
    target.write_bytes(b"old")
    calls: list[int] = []

    def full(image: Image.Image, file: io.BufferedIOBase, *rest: object, **options: object) -> None:
        calls.append(1)
        file.write(b"half")
        if len(calls) == count:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(UsageError, match="No space left"):
        save_pictures([colour(1), colour(2)], target)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("card.png", b"old")]


def test_a_name_that_is_no_picture_s_is_refused() -> None:
    with pytest.raises(UsageError, match=r"ending in \.png"):
        check_target(Path("card.exe"))
