"""API keys: made, kept as hashes, found, and refused without being quoted."""

from pathlib import Path

import pytest

from extractor.errors import UsageError
from extractor.server.keys import find_key, load_keys, new_key, parse_keys


def test_a_new_key_opens_and_only_its_hash_is_kept() -> None:
    key, line = new_key("clinic")
    assert key not in line
    keys = parse_keys(f"# ours\n\n{line}\n")
    found = find_key(keys, key)
    assert found is not None
    assert found.name == "clinic"
    assert find_key(keys, key[:-1]) is None
    assert find_key(keys, "") is None
    assert find_key(keys, "\udcff€") is None
    assert find_key((), key) is None


def test_several_keys_in_one_variable() -> None:
    (first, one), (second, two) = new_key("a"), new_key("b")
    keys = parse_keys(f"{one},{two}")
    assert [find_key(keys, key).name for key in (first, second)] == ["a", "b"]  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["idx_the-key-itself", "name:sha256:abc", "na me:sha256:" + "0" * 64, ":" + "0" * 64])
def test_a_wrong_line_is_not_quoted(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_keys(text)
    assert text not in str(caught.value)
    assert "--new-key" in str(caught.value)


def test_a_name_stands_once() -> None:
    with pytest.raises(UsageError, match="name of another"):
        parse_keys(f"{new_key('a')[1]}\n{new_key('a')[1]}")


def test_a_key_needs_a_name_for_logs() -> None:
    with pytest.raises(UsageError, match="letters"):
        new_key("Frau Müller")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--api-keys"):
        load_keys(tmp_path / "none")
