"""The network of portraits learns, goes on from where it was, and answers as ONNX what it answers in torch."""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from extractor.portrait.shown import SIDE
from extractor.training.portrait.export import export
from extractor.training.portrait.network import PortraitNetwork
from extractor.training.portrait.sheets import sheet
from extractor.training.portrait.train import PortraitPlan, train


def test_it_learns_goes_on_and_ships(tmp_path: Path) -> None:
    import onnxruntime

    told: list[str] = []
    plan = PortraitPlan(steps=50, batch=2, workers=0)
    train(plan, tmp_path / "first", lambda what, _done, _of: told.append(what))
    assert len(told) == 1
    assert 0 < float(told[0].removeprefix("loss ")) < 6
    train(
        PortraitPlan(steps=50, batch=2, workers=0, start=tmp_path / "first"),
        tmp_path / "second",
        lambda what, *_: told.append(what),
    )
    assert float(told[1].removeprefix("loss ")) < float(told[0].removeprefix("loss "))
    export(tmp_path / "first", tmp_path / "network.onnx")
    network = PortraitNetwork()
    network.load_state_dict(load_file(tmp_path / "first" / "network.safetensors"))
    image = sheet(7).image.transpose(2, 0, 1)[None].astype(np.float32) / 255
    with torch.no_grad():
        chances, sides = network.eval()(torch.from_numpy(image))
    session = onnxruntime.InferenceSession(str(tmp_path / "network.onnx"))
    said = session.run(["chances", "sides"], {"image": image})
    np.testing.assert_allclose(said[0], torch.sigmoid(chances), atol=2e-3)
    np.testing.assert_allclose(said[1], sides, rtol=2e-2)


def test_a_sheet_says_where_its_people_are() -> None:
    sheets = [sheet(seed) for seed in range(40)]
    assert all(one.image.shape == (SIDE, SIDE, 3) for one in sheets)
    boxes = [box for one in sheets for box in (one.portrait, one.ghost) if box]
    assert 20 < len(boxes) < 70
    assert all(0 <= left < right <= SIDE and 0 <= top < bottom <= SIDE for left, top, right, bottom in boxes)
    assert np.array_equal(sheet(3).image, sheets[3].image)
