"""The recipes of docs/recipes.md, each run with the real packages on a drawn passport."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
RECIPES = ROOT / "docs" / "recipes"

pytestmark = pytest.mark.slow


def load(name: str) -> ModuleType:
    """A recipe as a module."""
    spec = importlib.util.spec_from_file_location(name, RECIPES / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def scans(tmp_path: Path, examples_dir: Path, read_once: None) -> Path:
    """A folder with a passport and a file that is not one."""
    folder = tmp_path / "scans"
    folder.mkdir()
    shutil.copy(examples_dir / "passport.png", folder)
    (folder / "broken.png").write_bytes(b"no picture")
    return folder


def test_every_recipe_is_listed() -> None:
    text = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
    assert all(f"recipes/{path.name}" in text for path in RECIPES.glob("*.py"))


def test_langchain_tool(scans: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("langchain_core")
    monkeypatch.setenv("DOCUMENTS", str(scans))
    tool = load("langchain_tool").read_document
    assert tool.invoke({"name": "passport.png"})["document"]["surname"] == "UNDERHILL"
    assert tool.invoke({"name": "../secret.png"}) == "no such file"
    call = {"type": "tool_call", "id": "1", "name": tool.name, "args": {"name": "broken.png"}}
    assert tool.invoke(call).status == "error"


def test_llamaindex_reader(scans: Path) -> None:
    pytest.importorskip("llama_index.core")
    (document,) = load("llamaindex_reader").IdentityDocumentReader().load_data(scans / "passport.png", {"source": "x"})
    assert "surname: UNDERHILL" in document.text.splitlines()
    assert (document.metadata["kind"], document.metadata["source"]) == ("Passport", "x")


def test_celery_task_in_a_prefork_worker(scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("celery")
    for name in ("queue", "results", "control"):
        (tmp_path / name).mkdir()
    environment = {"BROKER": "filesystem://", "BACKEND": f"file://{tmp_path / 'results'}"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    module = load("celery_tasks")
    queue = str(tmp_path / "queue")
    options = {"data_folder_in": queue, "data_folder_out": queue, "control_folder": str(tmp_path / "control")}
    module.app.conf.broker_transport_options = options
    program = (
        f"import runpy; app = runpy.run_path({str(RECIPES / 'celery_tasks.py')!r}, run_name='celery_tasks')['app']\n"
        f"app.conf.broker_transport_options = {options!r}\n"
        "app.worker_main(['worker', '--pool', 'prefork', '-c', '1', '-l', 'warning', '--without-mingle',"
        " '--without-gossip'])\n"
    )
    variables = os.environ | environment | {"PYTHONPATH": str(ROOT)}
    worker = subprocess.Popen([sys.executable, "-c", program], env=variables, cwd=tmp_path)
    try:
        answers = [
            module.app.send_task("celery_tasks.read", [str(scans / name)]) for name in ("passport.png", "broken.png")
        ]
        read, broken = (answer.get(timeout=240) for answer in answers)
    finally:
        worker.terminate()
        worker.wait(30)
    assert read["document"]["surname"] == "UNDERHILL"
    assert "error" in broken


def test_fastapi_application(scans: Path) -> None:
    pytest.importorskip("multipart")
    from fastapi.testclient import TestClient

    with TestClient(load("fastapi_app").app) as client:
        answer = client.post("/guests", files={"picture": (scans / "passport.png").read_bytes()})
        assert answer.json()["guest"]["surname"] == "UNDERHILL"
        assert client.post("/guests", files={"picture": b"no picture"}).status_code == 422


def test_pandas_table(scans: Path) -> None:
    pytest.importorskip("pandas")
    rows = load("pandas_table").table(scans).set_index("file")
    assert rows.loc["passport.png", "surname"] == "UNDERHILL"
    assert isinstance(rows.loc["broken.png", "error"], str)


def test_label_studio(scans: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main: Any = load("label_studio").main
    main("config")
    assert capsys.readouterr().out.startswith("<View>")
    tasks = tmp_path / "tasks.json"
    main("prelabel", str(scans), str(tasks))
    broken, passport = json.loads(tasks.read_text(encoding="utf-8"))
    assert "broken.png" in capsys.readouterr().err
    assert "predictions" not in broken
    assert passport["data"]["image"] == "/data/local-files/?d=scans/passport.png"
    # As somebody submits a suggestion without a change; then there and back once more.
    passport["annotations"] = passport.pop("predictions")
    tasks.write_text(json.dumps([passport]), encoding="utf-8")
    main("import", str(tasks), str(scans))
    labels = (scans / "labels.jsonl").read_text(encoding="utf-8")
    label = json.loads(labels)
    assert label["fields"]["surname"] == label["printed"]["surname"] == "UNDERHILL"
    assert len(label["boxes"]) > 8
    main("export", str(scans), str(tasks), "http://pictures.example/")
    assert json.loads(tasks.read_text(encoding="utf-8"))[0]["data"]["image"] == "http://pictures.example/passport.png"
    main("import", str(tasks), str(scans))
    assert (scans / "labels.jsonl").read_text(encoding="utf-8") == labels


def test_a_step_that_can_be_repeated(scans: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run: Any = load("pipeline_step").run
    assert run(scans, tmp_path / "out") == 1
    assert "broken.png" in capsys.readouterr().err
    answer = json.loads((tmp_path / "out" / "passport.png.json").read_text(encoding="utf-8"))
    assert answer["document"]["surname"] == "UNDERHILL"
    (scans / "broken.png").unlink()
    assert run(scans, tmp_path / "out") == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["passport.png.json"]
