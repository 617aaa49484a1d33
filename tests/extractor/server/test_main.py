"""The command: arguments to settings, and what it refuses before it listens."""

import os
import re
import socket
import stat
from pathlib import Path

import pytest

from extractor.errors import UsageError
from extractor.labels.files import LabelError
from extractor.server.__main__ import _listen, build_parser, main, settings_from
from extractor.server.keys import new_key, parse_keys
from extractor.server.sealing import new_data_key
from extractor.server.settings import Settings


def settings(*arguments: str) -> Settings:
    return settings_from(build_parser().parse_args(arguments))


def test_nothing_needs_to_be_configured() -> None:
    made = settings()
    assert (made.host, made.port, made.keys, made.cors_origins, made.allowed_hosts) == ("127.0.0.1", 8000, (), (), ())
    assert made.engines.engine == "auto"
    assert made.examples is not None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "scanner.example"])
def test_beyond_this_machine_keys_are_needed(host: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--new-key"):
        settings("--host", host)
    for names in ([], ["--allowed-host", "*"]):
        with pytest.raises(UsageError, match="--allowed-host"):
            settings("--host", host, "--no-auth", *names)
    made = settings("--host", host, "--no-auth", "--allowed-host", "reader.example")
    assert (made.keys, made.allowed_hosts) == ((), ("reader.example",))
    path = tmp_path / "keys"
    path.write_text(new_key("clinic")[1], encoding="utf-8")
    assert [key.name for key in settings("--host", host, "--api-keys", str(path)).keys] == ["clinic"]


def test_keys_and_data_key_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXTRACTOR_API_KEYS", new_key("bank")[1])
    monkeypatch.setenv("EXTRACTOR_DATA_KEY", new_data_key())
    made = settings("--host", "0.0.0.0")
    assert [key.name for key in made.keys] == ["bank"]
    assert made.data_key is not None
    assert made.specimens is None, "no picture is kept unless it is asked for"


def test_webhooks_need_a_key_which_is_shown_nowhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("EXTRACTOR_WEBHOOK_KEY", raising=False)
    assert settings().webhooks.hosts == ()
    with pytest.raises(UsageError, match="EXTRACTOR_WEBHOOK_KEY"):
        settings("--webhook-host", "hooks.example")
    assert main(["--new-webhook-key"]) == 0
    key = capsys.readouterr().out.strip()
    monkeypatch.setenv("EXTRACTOR_WEBHOOK_KEY", key)
    made = settings("--webhook-host", "hooks.example", "--webhook-private-host", "http://10.0.0.7:9000").webhooks
    assert [(host.scheme, host.port, host.is_private) for host in made.hosts] == [
        ("https", 443, False),
        ("http", 9000, True),
    ]
    assert repr(made.keys[0]) not in repr(made)
    monkeypatch.setenv("EXTRACTOR_WEBHOOK_KEY", "secret")
    with pytest.raises(UsageError) as caught:
        settings()
    assert "secret" not in str(caught.value)


def test_limits_are_said_in_units_people_use() -> None:
    limits = settings(
        *"--max-body-mib 1.5 --max-job-mib 10 --max-pages 3 --max-megapixels 20 --queue 4 --page-seconds 9".split(),
        *"--keep-hours 0.5".split(),
    ).limits
    assert (limits.body_bytes, limits.job_bytes, limits.pages) == (1_572_864, 10_485_760, 3)
    assert (limits.pixels, limits.queue, limits.page_seconds, limits.keep_seconds) == (20_000_000, 4, 9.0, 1800.0)


@pytest.mark.parametrize(
    "arguments",
    [["--queue", "0"], ["--max-body-mib", "-1"], ["--page-seconds", "0"], ["--examples", "/nowhere"],
     ["--allowed-host", "http://reader.example"], ["--allowed-host", "reader.example:80"], ["--allowed-host", ""],
     ["--max-body-mib", "nan"], ["--max-job-mib", "inf"], ["--max-megapixels", "nan"], ["--keep-hours", "nan"],
     ["--decode-mib", "9" * 20], ["--cors-origin", "*"], ["--cors-origin", "https://Desk.example/"],
     ["--api-keys", "/nowhere"], ["--api-keys", os.devnull], ["--data-key-file", "/nowhere"]],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(arguments: list[str]) -> None:
    with pytest.raises(UsageError):
        settings(*arguments)


@pytest.mark.parametrize("arguments", [["--port", "65536"], ["--port", "-1"], ["--host", "a" * 70 + ".example"]])
def test_what_cannot_be_listened_on_is_refused(arguments: list[str]) -> None:
    made = build_parser().parse_args(arguments)
    with pytest.raises(UsageError):
        _listen(made.host, made.port)


@pytest.mark.parametrize("line", ['{"file": "../a.png", "schema": "passport"}', '{"file": "a.png"}', "[]"])
def test_examples_are_labelled_pictures_of_their_folder(tmp_path: Path, line: str) -> None:
    (tmp_path / "labels.jsonl").write_text(line)
    with pytest.raises(LabelError):
        settings("--examples", str(tmp_path))


def test_files_of_keys_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(new_key("clinic")[1], encoding="utf-8-sig")
    (tmp_path / "data").write_text(new_data_key(), encoding="utf-8-sig")
    made = settings("--api-keys", str(tmp_path / "keys"), "--data-key-file", str(tmp_path / "data"))
    assert (len(made.keys), made.data_key is None) == (1, False)


def test_new_keys_are_made_and_fit(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--new-key", "clinic"]) == 0
    printed = capsys.readouterr().out
    line = re.search(r"clinic:sha256:[0-9a-f]{64}", printed)
    assert line is not None
    assert parse_keys(line[0])[0].name == "clinic"
    assert main(["--new-data-key"]) == 0
    assert len(capsys.readouterr().out.strip()) == 44


def test_wrong_usage_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--host", "0.0.0.0"]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("extract-server: ")
    assert printed.count("\n") == 1


def test_a_port_in_use_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        from extractor.server.__main__ import prepared

        with pytest.raises(UsageError, match="another --port"):
            prepared(settings("--port", port, "--data", str(tmp_path / "data")))
    assert not capsys.readouterr().out


def test_the_data_folder_is_private_wherever_it_is(tmp_path: Path) -> None:
    from extractor.server.__main__ import _check_store

    made = settings("--data", str(tmp_path / "a" / "b"))
    _check_store(made)
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
