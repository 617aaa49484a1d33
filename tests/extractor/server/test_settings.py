"""Which addresses are this machine's own, and where state lies."""

from pathlib import Path

import pytest

from extractor.server.settings import is_loopback, state_folder


@pytest.mark.parametrize("host", ["127.0.0.1", "127.255.0.9", "localhost", "::1", "[::1]"])
def test_only_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "localhost.example", "", "127.1"])
def test_others_too(host: str) -> None:
    assert not is_loopback(host)


def test_state_lies_where_users_state_lies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_folder() == tmp_path / "id-document-extractor"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert state_folder() == tmp_path / "home" / ".local" / "state" / "id-document-extractor"
