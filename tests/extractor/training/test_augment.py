"""Light, lens and compression: every picture another, none of them out of range, none of it beyond reading."""

import torch

from extractor.training.augment import captured


def _page() -> torch.Tensor:
    page = torch.full((4, 3, 64, 96), 0.9)
    page[:, :, 20:30, 10:80:6] = 0.1
    return page


def test_the_same_page_never_looks_the_same_and_stays_in_range():
    seen = captured(_page(), torch.Generator().manual_seed(1))
    assert seen.shape == (4, 3, 64, 96)
    assert seen.min() >= 0
    assert seen.max() <= 1
    for i in range(3):
        assert (seen[i] - seen[i + 1]).abs().max() > 0.02


def test_the_same_seed_gives_the_same_capture():
    first, second = (captured(_page(), torch.Generator().manual_seed(5)) for _ in range(2))
    assert torch.equal(first, second)


def test_print_stays_darker_than_paper():
    seen = captured(_page().repeat(8, 1, 1, 1), torch.Generator().manual_seed(2))
    ink, paper = seen[:, :, 22:28, 10:80:6].mean((1, 2, 3)), seen[:, :, 40:60, 5:90].mean((1, 2, 3))
    assert (ink < paper).all()
