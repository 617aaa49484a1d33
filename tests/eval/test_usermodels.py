"""Users' models beside the built-in schemas: what each author means is what the reader understands and fills."""

import json
import re
from pathlib import Path

import pytest

from eval.usermodels import MODELS
from eval.usermodels.__main__ import Counts, main, table
from eval.usermodels.listed import UserModel
from eval.usermodels.measure import Asked, measure
from extractor.labels import load_dataset
from extractor.labels.format import Specimen

#: Differences between what is understood and what is meant that change no value: a whole name is the name in one
#: piece where that is printed, and the validity of Chinese cards begins with their issue.
_SAME = {("name", ""): ("name", "full"), ("issue_date", ""): ("valid_from", "")}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.title)
def test_every_field_is_understood_as_its_author_means_it(model: UserModel) -> None:
    assert len(MODELS) >= 40
    wrong = {}
    for path, field, part in model.fields():
        key = re.sub(r"\.\d+(?=\.|$)", "[]", path)
        found = model.plan.mapping.get(key) or model.plan.mapping[f"{key}[].value"]
        if (found.field, found.part or "") not in ((field, part), _SAME.get((field, part))):
            wrong[path] = str(found)
    assert wrong == {}


@pytest.fixture
def specimens(examples_dir: Path, read_once: None) -> dict[str, Specimen]:
    return {specimen.path.name: specimen for specimen in load_dataset(examples_dir)}


@pytest.mark.slow
@pytest.mark.parametrize("file", ["passport.png", "chinese_id_card_back.png", "driving_licence.png", "visa.png"])
def test_models_get_what_the_built_in_schema_gets(specimens: dict[str, Specimen], file: str) -> None:
    asked = measure(specimens[file], MODELS)
    lost = [(one.model, one.path) for one in asked if one.built_in and not one.right]
    assert len(asked) > 5
    assert len(lost) <= 0.03 * len(asked), lost


def test_a_share_is_of_what_the_built_in_schema_gets() -> None:
    visas = next(model.title for model in MODELS if "visa" in model.documents)
    asked = [
        Asked(visas, "a", built_in=True, filled=True, right=True),
        Asked(visas, "b", built_in=True, filled=True, right=False),
        Asked(visas, "c", built_in=False, filled=False, right=False),
    ]
    result = table({"frozen": Counts(1).with_picture(asked)})
    assert "frozen, 1 pictures" in result
    assert f"| {visas} | 1 of 2 (50.0 %) |" in result


def test_a_run_goes_on_where_it_stopped(tmp_path: Path, examples_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def measured(specimen: Specimen, _models: object, _today: object) -> list[Asked]:
        seen.append(specimen.path.name)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return [Asked(MODELS[0].title, "a", built_in=True, filled=True, right=len(seen) != 1)]

    monkeypatch.setattr("eval.usermodels.__main__.measure", measured)
    out = tmp_path / "usermodels.json"
    arguments = ["--dataset", str(examples_dir), "--out", str(out)]
    assert main(arguments) == 130
    assert main([*arguments, "--fail-under", "0.5"]) == 0
    files = [specimen.path.name for specimen in load_dataset(examples_dir)]
    assert seen == [*files[:3], *files[2:]]
    one = json.loads(out.read_text())["examples"]
    assert (one["done"], one["models"][MODELS[0].title]) == (len(files), [len(files), len(files) - 1])


def test_a_dataset_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--dataset", str(tmp_path / "none")]) == 3
    assert "there is no folder" in capsys.readouterr().err
