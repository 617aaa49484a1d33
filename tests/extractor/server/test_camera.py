"""The camera's live hints in real Chromium, which films what the test has drawn; and the picture that is then read."""

import base64
import io
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from .browsing import shown, value
from .services import Process, Running, wait_for

pytestmark = pytest.mark.slow

WIDTH, HEIGHT = 1280, 720
REFUSED = """() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
}"""


@cache
def table() -> Image.Image:
    """A table of wood under an even light."""
    noise = np.random.default_rng(1).normal(0, 5, (HEIGHT, WIDTH, 1))
    grain = 6 * np.sin(np.arange(WIDTH) / 37)[None, :, None]
    return Image.fromarray((np.array([112.0, 94.0, 80.0]) + noise + grain).clip(0, 255).astype(np.uint8))


def lying(
    document: Image.Image, *, share: float = 0.82, right: int = 0, down: int = 0, turn: float = 0.0
) -> Image.Image:
    """A document on the table: `share` of the frame that it fills, pixels that it lies off the middle, degrees."""
    scale = share * min(WIDTH / document.width, HEIGHT / document.height)
    size = (round(document.width * scale), round(document.height * scale))
    laid = document.resize(size, Image.Resampling.LANCZOS).convert("RGBA")
    laid = laid.rotate(turn, Image.Resampling.BICUBIC, expand=True)
    scene = table().copy()
    scene.paste(laid, ((WIDTH - laid.width) // 2 + right, (HEIGHT - laid.height) // 2 + down), laid)
    return scene


def with_glare(scene: Image.Image) -> Image.Image:
    spot = Image.new("L", scene.size, 0)
    ImageDraw.Draw(spot).ellipse((560, 260, 760, 380), fill=255)
    spot = spot.filter(ImageFilter.GaussianBlur(14)).point(lambda level: min(255, int(1.3 * level)))
    return Image.composite(Image.new("RGB", scene.size, (255, 255, 255)), scene, spot)


SCENES: dict[str, tuple[str, Callable[[Image.Image], Image.Image]]] = {
    "sharp": ("good", lying),
    "turned a little": ("good", lambda document: lying(document, turn=2.5)),
    "blurred": ("blurred", lambda document: lying(document).filter(ImageFilter.GaussianBlur(3))),
    "with glare": ("glare", lambda document: with_glare(lying(document))),
    "dark": ("dark", lambda document: ImageEnhance.Brightness(lying(document)).enhance(0.22)),
    "an edge out of view": ("edges", lambda document: lying(document, down=120)),
    "too near": ("edges", lambda document: lying(document, share=1.35)),
    "nothing there": ("edges", lambda document: table()),
    "far away": ("far", lambda document: lying(document, share=0.4)),
}


@pytest.fixture
def passport_picture(examples_dir: Path) -> Image.Image:
    return Image.open(examples_dir / "passport.png").convert("RGB")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("camera") / "film.mjpeg"


@pytest.fixture(scope="module")
def phone(chromium: Callable[..., Any], film: Path) -> Any:
    """A browser whose camera films what `film` holds when it is switched on."""
    return chromium(f"--use-file-for-fake-video-capture={film}")


@pytest.fixture
def filmed(phone: Any, film: Path) -> Iterator[Callable[..., Any]]:
    """`filmed(service, picture)`: the page, on a phone whose camera films a picture, with all requests it has sent."""
    contexts: list[Any] = []

    def opened(service: Running | Process, picture: Image.Image) -> tuple[Any, list[str]]:
        picture.save(film, "JPEG", quality=92)
        context = phone.new_context(viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True)
        contexts.append(context)
        page = context.new_page()
        sent: list[str] = []
        page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
        page.goto(f"http://127.0.0.1:{service.port}/")
        page.wait_for_selector("#choose")
        page.click("#camera")
        page.wait_for_selector("#camera-dialog[open]")
        return page, sent

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize("scene", SCENES)
def test_a_hint_says_what_the_frame_lacks(
    filmed: Callable[..., Any], service: Running, passport_picture: Image.Image, scene: str
) -> None:
    hint, drawn = SCENES[scene]
    page, sent = filmed(service, drawn(passport_picture))
    wait_for(lambda: page.get_attribute("#finder", "data-hint") == hint, seconds=20, pause=0.2)
    page.wait_for_timeout(600)
    assert page.get_attribute("#finder", "data-hint") == hint, "it does not flicker"
    said = page.evaluate("import('/static/words.js').then(({ words }) => words().hints)")[hint]
    assert page.inner_text("#hint") == said
    assert page.get_attribute("#hint", "role") == "status"
    assert not [one for one in sent if one.startswith("POST")], "nothing is sent before the picture is taken"

    def is_off() -> bool:
        # A busy browser may lose a key: a person presses again.
        page.keyboard.press("Escape")
        page.wait_for_timeout(300)
        return bool(page.evaluate("document.getElementById('video').srcObject === null"))

    wait_for(is_off, seconds=30, pause=0.3)
    assert not [one for one in sent if one.startswith("POST")]


LOOK = """async picture => {
    const { look } = await import("/static/hints.js");
    const image = new Image();
    image.src = picture;
    await image.decode();
    return look(image, image.width, image.height);
}"""


def test_lines_of_print_are_no_edges(open_page: Callable[..., Any], service: Running, examples_dir: Path) -> None:
    """Every drawn document, whole, and cut off at each side, one by more than the next: what is inside looks like an
    edge too."""
    page = open_page(service)

    def hint(scene: Image.Image) -> str:
        buffer = io.BytesIO()
        scene.save(buffer, "JPEG", quality=92)
        return str(page.evaluate(LOOK, f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"))

    wrong: list[str] = []
    for number, path in enumerate(sorted(examples_dir.glob("*.png"))):
        document = Image.open(path).convert("RGB")
        width = round(document.width * 0.82 * min(WIDTH / document.width, HEIGHT / document.height))
        aside = (WIDTH - width) // 2
        places = [(0, 0, "good"), (0, 30, "good")]
        down, across = (80, 115, 150)[number % 3], aside + (20, 70, 120)[number % 3]
        places += [(0, sign * down, "edges") for sign in (-1, 1)] + [(sign * across, 0, "edges") for sign in (-1, 1)]
        for right, below, wanted in places:
            found = hint(lying(document, right=right, down=below))
            if found != wanted:
                wrong.append(f"{path.name} at {right}, {below}: {found}")
    assert wrong == []


def test_the_picture_taken_is_read(
    filmed: Callable[..., Any], real_service: Process, passport_picture: Image.Image
) -> None:
    page, sent = filmed(real_service, lying(passport_picture))
    wait_for(lambda: page.get_attribute("#finder", "data-hint") == "good", seconds=20, pause=0.2)
    assert not [one for one in sent if one.startswith("POST")]
    page.keyboard.press("Enter")
    shown(page)
    assert value(page, "document_number") == "359970521"
    assert page.evaluate("document.getElementById('video').srcObject") is None
    assert [one.split("/", 3)[3] for one in sent if one.startswith("POST")] == ["v1/extract"]


def test_a_picture_of_no_document_is_said(filmed: Callable[..., Any], real_service: Process) -> None:
    page, _ = filmed(real_service, table())
    wait_for(lambda: page.get_attribute("#finder", "data-hint") == "edges", seconds=20, pause=0.2)
    page.click("#shoot")
    page.wait_for_selector("#toast.bad:not([hidden])")
    assert "Check the picture" in page.inner_text("#toast")


def test_without_a_camera_it_says_what_to_do(open_page: Callable[..., Any], service: Running) -> None:
    page = open_page(service)
    page.wait_for_selector("#choose")
    page.evaluate(REFUSED)
    page.click("#camera")
    page.wait_for_selector("#toast.bad:not([hidden])")
    assert "choose a file" in page.inner_text("#toast")
