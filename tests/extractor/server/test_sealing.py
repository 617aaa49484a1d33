"""Encryption at rest: bound to its key and its place."""

import base64
from pathlib import Path

import pytest

from extractor.errors import UsageError
from extractor.server.sealing import Sealer, SealError, load_key, new_data_key, parse_key

DATA_KEY, KEY = parse_key(new_data_key()), parse_key(new_data_key())


@pytest.mark.parametrize("data_key", [DATA_KEY, None], ids=["with a data key", "without"])
def test_sealed_values_open_at_their_place_with_their_key(data_key: bytes | None) -> None:
    sealed = Sealer(data_key).seal(b"ERIKSSON", "job/1/answer", KEY)
    assert b"ERIKSSON" not in sealed
    assert Sealer(data_key).open(sealed, "job/1/answer", KEY) == b"ERIKSSON"
    assert sealed != Sealer(data_key).seal(b"ERIKSSON", "job/1/answer", KEY), "every value has a nonce of its own"


@pytest.mark.parametrize(
    ("data_key", "key"),
    [(parse_key(new_data_key()), KEY), (None, KEY), (DATA_KEY, None), (DATA_KEY, DATA_KEY)],
    ids=["another data key", "no data key", "an erased key", "another key"],
)
def test_another_key_or_none_opens_nothing(data_key: bytes | None, key: bytes | None) -> None:
    with pytest.raises(SealError):
        Sealer(data_key).open(Sealer(DATA_KEY).seal(b"ERIKSSON", "here", KEY), "here", key)


def test_a_value_cannot_be_moved_or_changed() -> None:
    sealer = Sealer(DATA_KEY)
    sealed = sealer.seal(b"ERIKSSON", "job/1/answer", KEY)
    with pytest.raises(SealError):
        sealer.open(sealed, "job/2/answer", KEY)
    for place in range(len(sealed)):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SealError):
            sealer.open(bytes(changed), "job/1/answer", KEY)


@pytest.mark.parametrize("stored", [b"", b"\x00{}", b'\x00{"result": {"surname": "FORGED"}}', "text", None, 5])
def test_what_was_never_sealed_opens_nowhere(stored: object) -> None:
    for data_key in (DATA_KEY, None):
        with pytest.raises(SealError):
            Sealer(data_key).open(stored, "here", KEY)


@pytest.mark.parametrize("text", ["", "short", base64.b64encode(b"x" * 31).decode(), "not base64 ü"])
def test_keys_of_another_size_are_refused_and_not_quoted(text: str, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_key(path)
    assert not text or text not in str(caught.value)
