"""Naming characters at their places: only those that are there count, and it can be learned."""

import torch

from extractor.training.nano.glyphs import GlyphHead, some


def _glyphs() -> torch.Tensor:
    glyphs = torch.full((2, 6, 4), -1)
    glyphs[0, :3] = torch.tensor([[0, 10, 10, 1], [1, 100, 40, 2], [1, 300, 300, 3]])
    glyphs[1, :4] = torch.tensor([[0, 10, 10, 4], [1, 100, 40, 1], [1, 30, 200, 2], [0, 330, 330, 3]])
    return glyphs


def test_those_that_are_there_are_taken_before_those_that_are_not():
    chosen = some(_glyphs(), 3, torch.Generator().manual_seed(0))
    assert chosen.shape == (2, 3, 4)
    assert (chosen[..., 3] > 0).all()


def test_a_head_learns_what_stands_where():
    torch.manual_seed(0)
    patches, table = torch.randn(2, 2, 24, 24, 8), torch.randn(2, 2 * 144, 8)
    head = GlyphHead(8, 8, 5, width=16)
    optimiser = torch.optim.Adam(head.parameters(), lr=0.05)
    for _ in range(60):
        optimiser.zero_grad()
        by_patch, by_row, right = head(patches, table, _glyphs())
        (by_patch + by_row).backward()
        optimiser.step()
    assert by_patch < 0.2
    assert by_row < 0.2
    assert right == 1


def test_nothing_of_a_page_without_characters_counts():
    head = GlyphHead(8, 8, 5, width=16)
    none = torch.full((2, 3, 4), -1)
    glyphs = torch.cat([_glyphs(), none], 1)
    patches, table = torch.randn(2, 2, 24, 24, 8), torch.randn(2, 2 * 144, 8)
    torch.testing.assert_close(head(patches, table, glyphs), head(patches, table, _glyphs()))
