"""The ring keeps the last samples; workers fill it; one that fails is heard of."""

import numpy as np
import pytest
import torch

from extractor.training.nano.ring import RECORD, Ring, sample_feed
from extractor.training.nano.samples import SampleMaker


def _records(*numbers: int) -> torch.Tensor:
    rows = np.zeros(len(numbers), RECORD)
    for row, number in zip(rows, numbers, strict=True):
        row["image"][:] = number
        row["shape"][:] = (2, 3, 0, number)
        row["plain"][:] = -number
        row["spans"][:] = ((number, number + 1), (number + 2, number + 3))
    return torch.from_numpy(rows.view(np.uint8).reshape(len(rows), -1).copy())


def test_a_ring_keeps_the_last_samples_and_gives_them_back_whole():
    ring = Ring(3, torch.device("cpu"))
    ring.put(_records(1, 2))
    assert ring.filled == 2
    ring.put(_records(3, 4))
    assert ring.filled == 3
    assert ring.made == 4
    torch.manual_seed(0)
    batch = ring.batch(64, hinted=False)
    assert set(batch.shapes[:, 3].tolist()) == {2, 3, 4}
    assert batch.ids is not None
    assert batch.spans is not None
    for image, shape, ids, span in zip(batch.images, batch.shapes, batch.ids, batch.spans, strict=True):
        number = int(shape[3])
        assert (image == number).all()
        assert (ids == -number).all()
        assert span.tolist() == [number, number + 1]
    hinted = ring.batch(4, hinted=True)
    assert hinted.spans is not None
    assert (hinted.spans[:, 1] - hinted.shapes[:, 3] == 3).all()


class _Broken(SampleMaker):
    def document(self, rng):
        raise KeyError("broken")

    text = document


@pytest.mark.long
def test_workers_that_cannot_draw_stop_the_training_when_none_is_left(processor):
    import time

    with sample_feed(_Broken(processor), 1, (8, 8), torch.device("cpu"), 3, 0.4) as feed:
        until = time.monotonic() + 60
        while not feed.failures and time.monotonic() < until:
            time.sleep(0.05)
        with pytest.raises(RuntimeError, match="no worker can draw samples: KeyError"):
            feed.absorb()
