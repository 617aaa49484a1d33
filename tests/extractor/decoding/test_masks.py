"""Masks are spread as they are made, and choices depend on nothing but the seed and their place."""

import numpy as np
import pytest
import torch

from extractor.decoding.masks import Chooser, Masks, spread
from extractor.errors import DeviceError
from extractor.schemas import Passport


def test_bits_are_spread_alike_on_every_device():
    words = torch.tensor([[1, -(2**31), 0b101], [0, -1, 0]], dtype=torch.int32)
    bits = spread(words, 70)
    expected = torch.zeros(2, 70, dtype=torch.bool)
    expected[0, [0, 63, 64, 66]] = True
    expected[1, 32:64] = True
    assert torch.equal(bits, expected)
    unpacked = np.unpackbits(words.numpy().view(np.uint8), axis=1, bitorder="little")[:, :70]
    assert np.array_equal(unpacked.astype(bool), bits.numpy())


def test_masks_hold_what_the_grammar_allows_whether_made_one_by_one_or_side_by_side(vocabulary):
    matcher = vocabulary.grammar(Passport).matcher()
    matchers, forced = [], []
    while len(matchers) < 20:
        token = (matcher.compute_ff_tokens() or vocabulary.tokenize(b'P"'))[0]
        matchers.append(matcher.deep_copy())
        forced.append(len(matcher.compute_ff_tokens()) > 0)
        matcher.consume_token(token)
    masks = Masks(vocabulary, torch.device("cpu"))
    masks.fill(matchers)
    together = masks.allowed(20).clone()
    assert together.shape == (20, vocabulary.rows)
    for row, one in enumerate(matchers):
        masks.fill([one])
        assert torch.equal(masks.allowed(1)[0], together[row])
        if forced[row]:
            assert together[row].nonzero().flatten().tolist() == one.compute_ff_tokens()[:1]
    assert any(forced)
    assert not all(forced)


def test_the_likeliest_of_the_allowed_tokens_is_taken_with_its_share_among_them():
    logits = torch.tensor([[5.0, 1.0, 1.0, 0.0]])
    allowed = torch.tensor([[False, True, True, True]])
    tokens, probabilities = Chooser()(logits, allowed, [(0, 0)])
    shares = torch.tensor([1.0, 1.0, 0.0]).softmax(0)
    assert tokens == [1]
    assert probabilities == pytest.approx([float(shares[0])])


def test_a_bonus_weighs_where_its_token_is_allowed_and_leaves_the_logits_alone():
    logits = torch.tensor([[2.0, 1.0, 0.0], [2.0, 1.0, 0.0]])
    allowed = torch.tensor([[True, True, True], [True, True, False]])
    tokens, probabilities = Chooser(bonus=(2, 3.0))(logits, allowed, [(0, 0), (0, 1)])
    assert tokens == [2, 0]
    assert probabilities == pytest.approx([float(torch.tensor([2.0, 1.0, 3.0]).softmax(0)[2]), 0.7310586])
    assert logits[:, 2].tolist() == [0.0, 0.0]


def test_draws_follow_the_probabilities_and_never_leave_the_mask():
    logits = torch.tensor([0.0, 1.0, 2.0, 9.0]).repeat(4000, 1)
    allowed = torch.tensor([True, True, True, False]).repeat(4000, 1)
    tokens, _ = Chooser(temperature=1.0)(logits, allowed, [(0, place) for place in range(4000)])
    share = np.bincount(tokens, minlength=4) / 4000
    assert share == pytest.approx([*torch.tensor([0.0, 1.0, 2.0]).softmax(0).tolist(), 0.0], abs=0.03)


def test_a_draw_depends_on_seed_answer_and_place_alone():
    logits = torch.zeros(3, 50)
    places = [(0, 4), (1, 4), (0, 5)]
    together, _ = Chooser(1.0, seed=7)(logits, None, places)
    alone = [Chooser(1.0, seed=7)(logits[:1], None, [place])[0][0] for place in places]
    other, _ = Chooser(1.0, seed=8)(logits, None, places)
    assert together == alone
    assert len(set(together)) == 3
    assert together != other


def test_logits_that_are_no_numbers_are_told_in_one_line():
    with pytest.raises(DeviceError, match=r"not a number in torch\.float16; try --dtype bfloat16"):
        Chooser()(torch.full((1, 4), torch.nan, dtype=torch.float16), None, [(0, 0)])
    with pytest.raises(DeviceError, match=r"not a number in torch\.float32; its weights are damaged"):
        Chooser()(torch.full((1, 4), torch.nan), None, [(0, 0)])
