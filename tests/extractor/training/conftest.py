"""The small model's processor, and a network of its shape that is too small to learn anything."""

from pathlib import Path

import pytest

from extractor.checkpoints.locate import SHIPPED_FOLDER
from extractor.phi3v import Phi3VProcessor
from extractor.training.nano import checkpoint as nano


@pytest.fixture(scope="session")
def shipped() -> Path:
    return SHIPPED_FOLDER


@pytest.fixture(scope="session")
def processor(shipped: Path) -> Phi3VProcessor:
    return Phi3VProcessor.from_pretrained(shipped)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks made in this test are a hundredth of the shipped one's size."""
    text = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 2}
    vision = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    monkeypatch.setattr(nano, "TEXT", {**nano.TEXT, **text, **heads})
    monkeypatch.setattr(nano, "VISION", {**nano.VISION, **vision})
