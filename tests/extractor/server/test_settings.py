"""Limits and places."""

from pathlib import Path

import pytest

from extractor.server.settings import ServiceLimits, Settings, is_loopback, state_folder


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


def test_no_picture_is_kept_unless_a_folder_for_it_is_named(tmp_path: Path) -> None:
    assert Settings(data=tmp_path).specimens is None


def test_no_limit_is_missing() -> None:
    assert all(value is None or value > 0 for value in vars(ServiceLimits()).values())
