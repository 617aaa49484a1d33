"""Users' models beside the built-in schemas: what each author means is what the reader understands and fills."""

import re
from pathlib import Path

import pytest

from eval.usermodels import MODELS
from eval.usermodels.__main__ import main, table
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
    asked = [
        Asked("visas", "a", built_in=True, filled=True, right=True),
        Asked("visas", "b", built_in=True, filled=True, right=False),
        Asked("visas", "c", built_in=False, filled=False, right=False),
    ]
    assert "| visas | 1 of 2 (50.0 %) |" in table({"frozen": asked})


def test_a_dataset_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--dataset", str(tmp_path / "none")]) == 3
    assert "there is no folder" in capsys.readouterr().err
