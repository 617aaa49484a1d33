"""Training the layout reader: losses, a run and its resumption, what is exported answers as what was trained."""

import json
import random
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from extractor.training.visual.__main__ import main
from extractor.training.visual.batches import Mixture, collate
from extractor.training.visual.designs import make_design
from extractor.training.visual.export import OnePage, export, start_weights
from extractor.training.visual.holder import Holder
from extractor.training.visual.network import LayoutNetwork
from extractor.training.visual.pool import BatchPool, filled, widened
from extractor.training.visual.printing import is_of_zone
from extractor.training.visual.real import load_pages, sheet_of_page
from extractor.training.visual.samples import make_sample
from extractor.training.visual.sheet import make_sheet
from extractor.training.visual.train import LayoutPlan, losses, train
from extractor.training.visual.variants import as_list, relative
from extractor.visual.tags import TAGS, value_tag

STATES = ("DEU", "JPN", "USA")


@pytest.fixture(scope="module")
def batch() -> dict[str, torch.Tensor]:
    rng = random.Random(5)
    entries = [make_design(rng, STATES) for _ in range(6)]
    return collate([make_sample(make_sheet(entry, Holder(entry, rng), rng), rng, 96) for entry in entries], 96)


def moved(batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return widened(batch)


def test_a_few_steps_lower_every_loss(batch: dict[str, torch.Tensor]) -> None:
    torch.manual_seed(0)
    network = LayoutNetwork(width=64, layers=2, heads=4)
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3)
    seen = []
    for _ in range(25):
        one = moved(batch)
        found = losses(network(one["characters"], one["numbers"], one["places"], one["padding"]), one)
        optimiser.zero_grad()
        torch.stack(list(found.values())).sum().backward()
        optimiser.step()
        seen.append({name: value.item() for name, value in found.items()})
    assert all(seen[-1][name] < seen[0][name] for name in ("tags", "before", "caption", "kind"))


def test_dropout_is_of_training_alone(batch: dict[str, torch.Tensor]) -> None:
    network, one = LayoutNetwork(width=64, layers=2, heads=4, dropout=0.3), moved(batch)
    given = [one[name] for name in ("characters", "numbers", "places", "padding")]
    with torch.no_grad():
        assert not torch.equal(network(*given)[0], network(*given)[0])
        network.eval()
        assert torch.equal(network(*given)[0], network(*given)[0])


def test_padding_changes_nothing_of_what_is_said_of_a_page(batch: dict[str, torch.Tensor]) -> None:
    network = LayoutNetwork(width=64, layers=2, heads=4).eval()
    one = moved(batch)
    count = int((~one["padding"][0]).sum())
    with torch.no_grad():
        padded = network(one["characters"][:1], one["numbers"][:1], one["places"][:1], one["padding"][:1])
        alone = OnePage(network)(one["characters"][0, :count], one["numbers"][0, :count], one["places"][0, :count])
    torch.testing.assert_close(padded[0][0, :count], alone[0], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(padded[4][0], alone[4], rtol=1e-4, atol=1e-4)


def test_a_batch_is_used_once_as_it_came_and_then_in_variations(batch: dict[str, torch.Tensor], tmp_path: Path) -> None:
    torch.manual_seed(0)
    save_file(batch, tmp_path / "1-0.batch")
    pool = BatchPool(tmp_path, "cpu")
    first, second = pool.take(), pool.take()
    assert not list(tmp_path.iterdir())
    assert pool.pages == len(batch["kind"])
    assert (first["characters"] == batch["characters"]).all()
    assert all((first[name] == second[name]).all() for name in ("tags", "before", "caption", "holders", "kind"))
    assert not (first["characters"] == second["characters"]).all()


def test_workers_fill_the_pool() -> None:
    with filled(Mixture([], STATES), 1, 0, 8, "cpu") as pool:
        folder = pool.folder
        while pool.pages < 17:
            pool.look()
            time.sleep(0.05)
    assert not folder.exists()


def test_a_document_set_as_a_list_is_a_column_of_lines_of_one_height() -> None:
    for seed in range(20):
        rng = random.Random(seed)
        entry = as_list(make_design(rng, STATES), rng)
        lines = [line for line in make_sheet(entry, Holder(entry, rng), rng).lines if not is_of_zone(line.text)]
        assert all(lower.box[1] > upper.box[1] for upper, lower in pairwise(lines))
        heights = [line.box[3] - line.box[1] for line in lines]
        assert max(heights) < 1.01 * min(heights)


def test_a_relative_of_an_entry_is_another_document_and_the_entry_stays_as_it_is() -> None:
    rng = random.Random(1)
    entries = [make_design(rng, STATES) for _ in range(4)]
    before = json.dumps(entries)
    relatives = [relative(rng.choice(entries), entries, rng) for _ in range(200)]
    assert json.dumps(entries) == before
    assert sum(one not in entries for one in relatives) > 150
    for one in relatives:
        make_sample(make_sheet(one, Holder(one, rng), rng), rng, 256)


@pytest.mark.slow
def test_a_run_is_saved_goes_on_and_is_exported(tmp_path: Path) -> None:
    mixture = Mixture([], STATES)
    plan = LayoutPlan(seconds=2, pages=8, workers=0, device="cpu", dropout=0.1)
    first = train(plan, mixture, tmp_path / "first")
    second = train(plan, mixture, tmp_path / "second", start=first)
    assert (second / "plan.json").is_file()
    export(second, tmp_path / "layout.onnx")
    import onnxruntime

    session = onnxruntime.InferenceSession(str(tmp_path / "layout.onnx"))
    shown = {item.name: item.shape for item in session.get_inputs()}
    count = 7
    inputs = {
        "characters": np.ones((count, shown["characters"][1]), np.int64),
        "numbers": np.zeros((count, shown["numbers"][1]), np.float32),
        "places": np.zeros((count, 3), np.float32),
    }
    tags, before, *_ = session.run(None, inputs)
    assert tags.shape == (count, len(TAGS))
    assert before.shape == (count, count + 1)


@pytest.mark.slow
def test_a_shipped_network_can_be_trained_on(tmp_path: Path) -> None:
    torch.manual_seed(0)
    weights = {name: value + 0.01 * torch.randn_like(value) for name, value in LayoutNetwork().state_dict().items()}
    save_file(weights, tmp_path / "network.safetensors")
    export(tmp_path, tmp_path / "layout.onnx")
    shipped = start_weights(tmp_path / "layout.onnx")
    assert set(shipped) == set(weights)
    for name, value in weights.items():
        # Matrices are rounded to 8 bits by channel.
        assert (value - shipped[name]).abs().max() <= value.abs().max() / 250, name


@pytest.mark.long
def test_two_devices_train_one_network(tmp_path: Path) -> None:
    mixture = Mixture([], STATES)
    plan = LayoutPlan(seconds=4, pages=4, workers=0, device="cpu", devices=2)
    train(plan, mixture, tmp_path / "both")
    facts = json.loads((tmp_path / "both" / "plan.json").read_text("utf-8"))
    assert facts["steps"] >= 1
    state = load_file(tmp_path / "both" / "network.safetensors")
    assert all(torch.isfinite(value).all() for value in state.values())


def test_a_mean_lies_between_its_weights(tmp_path: Path) -> None:
    for number, name in enumerate(("one", "two", "three")):
        (tmp_path / name).mkdir()
        weights = {key: torch.full_like(value, float(number)) for key, value in LayoutNetwork().state_dict().items()}
        save_file(weights, tmp_path / name / "network.safetensors")
    folders = [str(tmp_path / name) for name in ("one", "two", "three")]
    out = str(tmp_path / "mean")
    assert main(["mean", *folders, "--shares", "0.25", "0.25", "0.5", "--out", out]) == 0
    assert all((value == 1.25).all() for value in start_weights(tmp_path / "mean").values())
    for wrong in (["0.5", "0.5"], ["0.5", "0.5", "0.5"]):
        assert main(["mean", *folders, "--shares", *wrong, "--out", out]) == 2
    for none in (["1.5", "-0.5", "0"], ["nan", "0.5", "0.5"]):
        with pytest.raises(SystemExit, match="2"):
            main(["mean", *folders, "--shares", *none, "--out", out])


def test_labels_are_found_in_what_was_read(tmp_path: Path) -> None:
    texts = ["MARTIN", "ANNA MARIA", "12 AUG 1974", "12 HIGH STREET", "LONDON", "P<UTOMARTIN<<ANNA<MARIA<<<<<"]
    boxes = [(0, 30 * i, 100, 30 * i + 20) for i in range(len(texts))]
    labels = {"surname": "MARTIN", "birth_date": "1974-08-12", "address": "12 HIGH STREET LONDON", "sex": None}
    sheet = sheet_of_page(texts, boxes, [0.9] * len(texts), labels, {}, "passport", None)
    tags = {line.text: {TAGS[tag] for tag in line.tags} for line in sheet.lines}
    assert tags["MARTIN"] == {"surname"}
    assert tags["12 AUG 1974"] == {"birth_date"}
    assert tags["12 HIGH STREET"] == tags["LONDON"] == {"address"}
    assert tags["ANNA MARIA"] == {"nothing"} == tags[texts[-1]]
    assert sheet.lines[3].owners[0] == sheet.lines[4].owners[0]
    assert value_tag("surname") in sheet.lines[0].tags


def test_a_town_in_an_office_s_name_is_not_the_place_of_birth() -> None:
    texts = ["UTOPIA CITY", "PD/UTOPIA CITY"]
    boxes = [(0, 30 * i, 100, 30 * i + 20) for i in range(len(texts))]
    labels = {"place_of_birth": "UTOPIA CITY", "authority": "PD/UTOPIA CITY"}
    sheet = sheet_of_page(texts, boxes, [0.9, 0.9], labels, {}, "passport", None)
    assert [{TAGS[tag] for tag in line.tags} for line in sheet.lines] == [{"place_of_birth"}, {"authority"}]


def test_a_field_that_is_not_found_whole_may_be_any_word_without_a_tag() -> None:
    texts = ["MARTIN", "12 HIGH STREET", "L0NDQN SVV1", "N0RTH"]
    boxes = [(0, 30 * i, 100, 30 * i + 20) for i in range(len(texts))]
    labels = {"surname": "MARTIN", "address": "12 HIGH STREET LONDON SW1", "place_of_birth": "NORTHAMPTON", "sex": None}
    sheet = sheet_of_page(texts, boxes, [0.9] * len(texts), labels, {}, "passport", None)
    assert {TAGS[tag] for tag in sheet.lines[1].tags} == {"address"}
    assert sheet.labelled == {"surname", "sex"}, "of the address a part, of the place of birth nothing was found"


def test_pages_file_that_holds_nothing(tmp_path: Path) -> None:
    empty = tmp_path / "real.jsonl"
    empty.write_text("", encoding="utf-8")
    assert load_pages(empty) == []


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    said = capsys.readouterr().out
    assert all(command in said for command in ("train", "folds", "pages", "printed", "export", "examples:"))
