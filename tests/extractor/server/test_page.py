"""The page's files: all from this package, none from elsewhere."""

import json
import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest

from .services import Running

STATIC = files("extractor.server").joinpath("static")
SCRIPTS = sorted(path.name for path in STATIC.iterdir() if path.name.endswith(".js"))


def source(name: str) -> str:
    return STATIC.joinpath(name).read_text(encoding="utf-8")


def test_the_page_is_served_with_all_it_needs(service: Running) -> None:
    page = service.client.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    needed = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text))
    for name in SCRIPTS:
        needed |= {f"/static/{found}" for found in re.findall(r'from "\./([^"]+)"', source(name))}
    assert needed == {f"/static/{path.name}" for path in STATIC.iterdir() if path.name != "index.html"}
    for path in sorted(needed):
        assert service.client.get(path).status_code == 200, path


def test_files_are_fetched_again_only_when_they_changed(service: Running) -> None:
    first = service.client.get("/static/app.js")
    again = service.client.get("/static/app.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for known, status in ((f'"x", W/{first.headers["etag"]}', 304), ("*", 304), ('"x"', 200)):
        assert service.client.get("/static/app.js", headers={"If-None-Match": known}).status_code == status


@pytest.mark.parametrize("path", sorted(path.name for path in STATIC.iterdir()))
def test_nothing_comes_from_elsewhere(path: str) -> None:
    text = source(path).replace("http://www.w3.org/2000/svg", "")
    assert "://" not in text
    assert "innerHTML" not in text, "what a document says never becomes markup"
    assert "eval(" not in text
    assert not re.search(r'\son[a-z]+="', text), "the policy forbids handlers in markup"
    assert "document.cookie" not in text


def test_examples_are_those_of_the_checkout(service: Running, examples_dir: Path) -> None:
    listed = service.client.get("/v1/examples").json()["examples"]
    labels = [json.loads(line) for line in (examples_dir / "labels.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [one["file"] for one in listed] == [label["file"] for label in labels]
    name = listed[0]["file"]
    assert service.client.get(f"/v1/examples/{name}").content == (examples_dir / name).read_bytes()


def test_an_installed_package_has_none(make_service: Callable[..., Running]) -> None:
    service = make_service(examples=None)
    assert service.client.get("/v1/examples").json() == {"examples": []}
    assert service.client.get("/v1/examples/passport.png").status_code == 404
