"""Encryption at rest: bound to its key and its place."""

import base64
from pathlib import Path

import pytest

from extractor.errors import UsageError
from extractor.server.sealing import Sealer, SealError, load_key, new_data_key, parse_key

KEY = parse_key(new_data_key())


def test_sealed_values_open_at_their_place_with_their_key() -> None:
    sealed = Sealer(KEY).seal(b"ERIKSSON", "job/1/answer")
    assert b"ERIKSSON" not in sealed
    assert Sealer(KEY).open(sealed, "job/1/answer") == b"ERIKSSON"
    assert sealed != Sealer(KEY).seal(b"ERIKSSON", "job/1/answer"), "every value has a nonce of its own"


@pytest.mark.parametrize("key", [parse_key(new_data_key()), None], ids=["another", "none"])
def test_another_key_or_none_opens_nothing(key: bytes | None) -> None:
    with pytest.raises(SealError):
        Sealer(key).open(Sealer(KEY).seal(b"ERIKSSON", "here"), "here")


def test_a_value_cannot_be_moved_or_changed() -> None:
    sealed = Sealer(KEY).seal(b"ERIKSSON", "job/1/answer")
    with pytest.raises(SealError):
        Sealer(KEY).open(sealed, "job/2/answer")
    for place in range(1, len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SealError):
            Sealer(KEY).open(bytes(changed), "job/1/answer")


def test_plain_values_say_so() -> None:
    assert not Sealer(None).encrypts
    stored = Sealer(None).seal(b"ERIKSSON", "here")
    assert Sealer(KEY).open(stored, "here") == b"ERIKSSON", "what was stored before there was a key stays readable"


@pytest.mark.parametrize("text", ["", "short", base64.b64encode(b"x" * 31).decode(), "not base64 ü"])
def test_keys_of_another_size_are_refused_and_not_quoted(text: str, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_key(path)
    assert not text or text not in str(caught.value)
