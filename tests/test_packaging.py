"""The package as others get it: what the wheel carries, that it works alone, and beside any other project."""

import os
import subprocess
import sys
import sysconfig
import textwrap
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

import extractor

ROOT = Path(__file__).resolve().parents[1]
PASSPORT = ROOT / "datasets" / "examples" / "passport.png"
#: The networks and the small checkpoint are 40 MB of it.
LARGEST_WHEEL = 60_000_000


def run(*command: str | Path, cwd: Path, checkout: bool = False) -> subprocess.CompletedProcess[str]:
    """Runs a command; with `checkout`, its Python finds this checkout whatever else is installed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)} if checkout else None
    return subprocess.run(
        list(map(str, command)), cwd=cwd, env=environment, check=True, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of what is in git or new, so that nothing is written into the checkout."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    listed = run("git", "ls-files", "-co", "--exclude-standard", "--", "extractor", "schemas", "*.toml", "*.md",
                 "docs/*.1", "LICENSE", cwd=ROOT)  # fmt: skip
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, source, cwd=out)
    (built,) = out.glob("*.whl")
    return built


def test_every_package_of_the_checkout_is_in_the_wheel() -> None:
    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"])
    folders = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "extractor").rglob("__init__.py")}
    data = {name for name in listed - folders if name != "extractor.schemas.tables"}
    assert listed - data - {"extractor.schemas.tables"} == folders
    assert all((ROOT / name.replace(".", "/")).is_dir() for name in data)


@pytest.mark.slow
def test_the_wheel_is_complete_and_works_alone(wheel: Path, tmp_path: Path) -> None:
    carries_what_reading_needs_and_nothing_to_train_or_measure_with(wheel)
    names_both_licences_and_carries_their_texts(wheel)
    reads_a_picture_in_an_environment_of_its_own(wheel, tmp_path)


def carries_what_reading_needs_and_nothing_to_train_or_measure_with(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    listed = run("git", "ls-files", "extractor", cwd=ROOT).stdout.splitlines()
    trains = ("extractor/synthesis/", "extractor/training/")
    needed = {name for name in listed if not name.startswith(trains)} - {"extractor/checkpoints/nano/curves.png"}
    assert not needed - set(names)
    assert "extractor/schemas/tables/captions.json" in names
    assert any(name.endswith("data/share/man/man1/extract.1") for name in names)
    data = [name for name in names if not name.endswith(".py") and ".dist-info/" not in name]
    assert not [name for name in data if name.startswith(("extractor/synthesis", "extractor/training"))]
    assert not [name for name in names if name.startswith(("eval/", "datasets/", "tests/", "docs/"))]
    assert wheel.stat().st_size < LARGEST_WHEEL


def names_both_licences_and_carries_their_texts(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (described,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    text = archive.read(described).decode()
    assert "License-Expression: MIT AND Apache-2.0\n" in text
    assert f"Version: {extractor.__version__}\n" in text
    texts = [archive.read(name).decode() for name in archive.namelist() if ".dist-info/licenses/" in name]
    assert any(text.startswith("MIT License") for text in texts)
    assert any("Apache License" in text for text in texts)


def reads_a_picture_in_an_environment_of_its_own(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    packages = Path(
        run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=tmp_path).stdout[:-1]
    )
    zipfile.ZipFile(wheel).extractall(packages)
    # Dependencies come from this environment; it is only read as a folder, so that the checkout is not found by it.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    place = run(python, "-c", "import extractor; print(extractor.__file__)", cwd=tmp_path).stdout
    assert place.startswith(str(packages))
    assert run(python, "-m", "extractor", "--version", cwd=tmp_path).stdout == f"extract {extractor.__version__}\n"
    assert (
        '"surname": "UNDERHILL"'
        in run(python, "-m", "extractor", PASSPORT, "--engine", "embedded", cwd=tmp_path).stdout
    )


def test_a_service_with_a_schemas_package_of_its_own_uses_the_library(tmp_path: Path) -> None:
    project = {
        "schemas/__init__.py": "from schemas.holder import Holder\n",
        "schemas/holder.py": """
            from pydantic import BaseModel

            class Holder(BaseModel):
                surname: str | None = None
                verdict: str | None = None
            """,
        "main.py": """
            from fastapi import FastAPI, UploadFile

            from extractor import Passport, extract
            from schemas import Holder

            app = FastAPI()

            @app.post("/passports")
            def read(file: UploadFile) -> Holder:
                result = extract(file.file.read(), schema=Passport)
                return Holder(surname=result.document.surname, verdict=result.fields["surname"].verdict)
            """,
        "check.py": """
            import sys

            from fastapi.testclient import TestClient

            from main import app

            with open(sys.argv[1], "rb") as picture:
                print(TestClient(app).post("/passports", files={"file": picture}).json())
            """,
    }
    for name, text in project.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(textwrap.dedent(text), encoding="utf-8")
    said = run(sys.executable, "check.py", PASSPORT, cwd=tmp_path, checkout=True).stdout
    assert "'surname': 'UNDERHILL'" in said


def test_public_names_come_on_first_use_and_not_before() -> None:
    loaded = "import sys, extractor; assert 'pydantic' not in sys.modules and 'numpy' not in sys.modules"
    run(sys.executable, "-c", loaded, cwd=ROOT)
    for name in extractor.__all__:
        assert getattr(extractor, name) is not None
    assert set(extractor.__all__) <= set(dir(extractor))
    with pytest.raises(AttributeError, match="no attribute 'Driving'"):
        extractor.Driving  # noqa: B018


def test_what_reads_heic_is_no_gpl_codec() -> None:
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    assert any(line.startswith("pi-heif") for line in needed)
    assert not any(line.startswith("pillow-heif") for line in needed)
