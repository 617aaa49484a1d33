"""The `extract-server` command: arguments and environment -> settings -> a running service."""

from __future__ import annotations

import argparse
import os
import re
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.cli_options import add_model_options
from extractor.ending import Parser, ended
from extractor.errors import MissingExtraError, UsageError
from extractor.writing import OutputError, Stdout

if TYPE_CHECKING:
    import uvicorn

    from extractor.server.settings import Settings, WebhookOptions

_EPILOGUE = """\
examples:
  extract-server                                   the page and the API on http://127.0.0.1:8000
  extract-server --new-key clinic                  make an API key
  extract-server --host 0.0.0.0 --api-keys keys    listen to others, who need a key
  extract-server --new-data-key > key; extract-server --data-key-file key
  curl -F file=@passport.jpg http://127.0.0.1:8000/v1/extract

environment:
  EXTRACTOR_API_KEYS     name:sha256:hash, separated by commas, instead of --api-keys
  EXTRACTOR_DATA_KEY     the data key in base64, instead of --data-key-file
  EXTRACTOR_WEBHOOK_KEY  what webhooks are signed with; --new-webhook-key makes one
  EXTRACTOR_MODEL        checkpoint of phi3v, where --model names none
"""


_HOST_NAME = re.compile(r"\*|[A-Za-z0-9._-]{1,255}|\[?[0-9A-Fa-f:.]{2,45}\]?")
#: An origin as a browser writes it (RFC 6454, 6.2): in small letters, without a path.
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(?:[a-z0-9._-]{1,255}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?")


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments; also what the README's help is made from."""
    parser = Parser(
        prog="extract-server",
        description="Reads identity documents over HTTP, on this machine, with a page to look at what was read.",
        epilog=_EPILOGUE,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1: this machine)")
    parser.add_argument("--port", type=int, default=8000, help="port (default 8000; 0 takes a free one)")
    parser.add_argument("--allowed-host", action="append", default=[], metavar="NAME", help="name it may be called by")
    parser.add_argument("--cors-origin", action="append", default=[], metavar="ORIGIN", help="site that may call it")
    engine = parser.add_argument_group("engine")
    engine.add_argument("--engine", default="auto", metavar="E", help="as in `extract`")
    engine.add_argument(
        "--model",
        metavar="M",
        help="checkpoint of phi3v: a folder or a name in the local hub cache; of openai: its name on the server",
    )
    add_model_options(engine)
    parser.add_argument("--openapi", action="store_true", help="print the OpenAPI document, and end")
    keys = parser.add_argument_group("access")
    keys.add_argument("--api-keys", type=Path, metavar="FILE", help="keys that may call, one name:sha256:hash a line")
    keys.add_argument("--no-auth", action="store_true", help="let others call without keys; needs --allowed-host")
    keys.add_argument("--new-key", metavar="NAME", help="make a key, print it and its line, and end")
    data = parser.add_argument_group("data")
    data.add_argument("--data", type=Path, metavar="DIR", help="jobs (default ~/.local/state/id-document-extractor)")
    data.add_argument("--data-key-file", type=Path, metavar="FILE", help="encrypt jobs with this key")
    data.add_argument("--new-data-key", action="store_true", help="make a data key, print it, and end")
    data.add_argument(
        "--keep-hours", type=float, metavar="H", help="delete a finished job's results after (default 24)"
    )
    data.add_argument(
        "--specimens", type=Path, metavar="DIR", help="labelling mode: the page saves specimens here, as plain files"
    )
    data.add_argument("--examples", type=Path, metavar="DIR", help="examples the page offers (default: the checkout's)")
    hooks = parser.add_argument_group("webhooks")
    hooks.add_argument(
        "--webhook-host",
        action="append",
        default=[],
        metavar="HOST",
        help="[http://]NAME[:PORT] that a job's webhook may go to; https unless it says http",
    )
    hooks.add_argument(
        "--webhook-private-host",
        action="append",
        default=[],
        metavar="HOST",
        help="the same, where its address may be one of this network or machine",
    )
    hooks.add_argument("--new-webhook-key", action="store_true", help="make a key for signatures, print it, and end")
    limits = parser.add_argument_group("limits")
    limits.add_argument("--max-body-mib", type=float, metavar="N", help="one request (default 32)")
    limits.add_argument("--max-job-mib", type=float, metavar="N", help="one job (default 256)")
    limits.add_argument("--max-pages", type=int, metavar="N", help="one document (default 10)")
    limits.add_argument("--max-megapixels", type=float, metavar="N", help="one page (default 120)")
    limits.add_argument("--decode-seconds", type=float, metavar="N", help="CPU time to decode a page (default 10)")
    limits.add_argument("--decode-mib", type=int, metavar="N", help="memory to decode a page, on Linux (default 1024)")
    limits.add_argument("--queue", type=int, metavar="N", help="requests waiting (default 16); the next gets 429")
    limits.add_argument(
        "--page-seconds", type=float, metavar="N", help="one page (default 60; phi3v 900; openai 60 + timeout)"
    )
    return parser


def settings_from(options: argparse.Namespace) -> Settings:
    """The settings that arguments and environment make. Raises UsageError."""
    from extractor.engines.choose import engine_names
    from extractor.server.keys import KEYS_VARIABLE, load_keys, parse_keys
    from extractor.server.sealing import KEY_VARIABLE, load_key, parse_key
    from extractor.server.settings import MIB, EngineOptions, ServiceLimits, Settings, is_loopback, state_folder
    from extractor.server.specimens import examples_in

    names = [one.name for one in fields(EngineOptions)]
    if options.engine not in engine_names():
        raise UsageError(f"engine {options.engine!r} is unknown; choose one of {', '.join(engine_names())}")
    given = {
        "body_bytes": options.max_body_mib and options.max_body_mib * MIB,
        "job_bytes": options.max_job_mib and options.max_job_mib * MIB,
        "pages": options.max_pages,
        "pixels": options.max_megapixels and options.max_megapixels * 1e6,
        "decode_seconds": options.decode_seconds,
        "decode_mib": options.decode_mib,
        "queue": options.queue,
        "page_seconds": options.page_seconds,
        "keep_seconds": options.keep_hours and options.keep_hours * 3600,
    }
    if not all(value is None or 0 < value < 1e15 for value in given.values()):
        raise UsageError("limits are numbers greater than zero")
    whole = ("body_bytes", "job_bytes", "pixels")
    given |= {name: max(1, int(given[name])) for name in whole if given[name] is not None}
    keys = load_keys(options.api_keys) if options.api_keys else parse_keys(os.environ.get(KEYS_VARIABLE, ""))
    if not keys and not is_loopback(options.host) and not options.no_auth:
        raise UsageError(
            f"{options.host} can be reached by others, who need API keys: name a file by --api-keys"
            " (extract-server --new-key NAME makes one), or say --no-auth"
        )
    if any(not _ORIGIN.fullmatch(origin) for origin in options.cors_origin):
        raise UsageError("--cors-origin takes a site as browsers name it, such as https://app.example:8443, and no *")
    names_given = tuple(options.allowed_host)
    if any(not _HOST_NAME.fullmatch(name) for name in names_given):
        raise UsageError("--allowed-host takes a host's name or address, without scheme and port")
    if not keys and not is_loopback(options.host) and (not names_given or "*" in names_given):
        raise UsageError(
            "without keys, any page could let its own name point to this service and read its answers; name the hosts"
            " that it is called by, such as --allowed-host reader.example"
        )
    if options.data_key_file:
        data_key: bytes | None = load_key(options.data_key_file)
    else:
        data_key = parse_key(os.environ[KEY_VARIABLE]) if os.environ.get(KEY_VARIABLE) else None
    settings = Settings(
        host=options.host,
        port=options.port,
        engines=EngineOptions(**{name: getattr(options, name) for name in names}),
        limits=replace(ServiceLimits(), **{name: value for name, value in given.items() if value is not None}),
        data=options.data or state_folder(),
        data_key=data_key,
        specimens=options.specimens,
        keys=keys,
        # Beyond this machine any name may be used unless some are named: keys, which pages do not have, protect it.
        allowed_hosts=names_given or (() if is_loopback(options.host) else ("*",)),
        cors_origins=tuple(options.cors_origin),
        webhooks=_webhooks(options),
    )
    if options.examples:
        if not (options.examples / "labels.jsonl").is_file():
            raise UsageError("the folder of examples has no labels.jsonl; check --examples")
        examples_in(options.examples)
        settings = replace(settings, examples=options.examples)
    return settings


def _webhooks(options: argparse.Namespace) -> WebhookOptions:
    from extractor.server.settings import WebhookOptions
    from extractor.server.webhooks.hosts import parse_host
    from extractor.server.webhooks.signing import KEY_VARIABLE, parse_keys

    hosts = [parse_host(one) for one in options.webhook_host]
    hosts += [parse_host(one, private=True) for one in options.webhook_private_host]
    key = os.environ.get(KEY_VARIABLE, "")
    if hosts and not key:
        raise UsageError(
            f"webhooks are signed with the key in {KEY_VARIABLE}, which is not set;"
            " make one with: extract-server --new-webhook-key"
        )
    return WebhookOptions(hosts=tuple(hosts), keys=parse_keys(key) if key else ())


def _openapi() -> str:
    """The OpenAPI document of a service without keys. Raises MissingExtraError."""
    import json

    try:
        from extractor.server.app import create_app
    except ModuleNotFoundError as error:
        raise MissingExtraError("The server", "server") from error
    from extractor.server.settings import Settings

    return json.dumps(create_app(Settings(data=Path())).openapi(), ensure_ascii=False, indent=1)


def serve(settings: Settings) -> None:
    """Runs the service until SIGTERM or SIGINT. Raises UsageError if it cannot start."""
    try:
        import structlog  # noqa: F401
        import uvicorn  # noqa: F401

        import extractor.server.app  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingExtraError("The server", "server") from error
    from extractor.server import logs

    logs.configure()
    _check_store(settings)
    server, listener = prepared(settings)
    port = listener.getsockname()[1]
    logs.get_logger().info(
        "listening", host=settings.host, port=port, keys=len(settings.keys), encrypted=settings.data_key is not None
    )
    address = f"[{settings.host}]" if ":" in settings.host else settings.host
    with suppress(OutputError):  # nobody may be listening there
        Stdout().write(f"extract-server: http://{address}:{port}\n")
    # uvicorn shuts down cleanly and then raises the signal again, which would end the process with a failure status.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server.run(sockets=[listener])


def prepared(settings: Settings) -> tuple[uvicorn.Server, socket.socket]:
    """A server that is ready to run, and the socket it is to listen on, bound already. Raises UsageError."""
    import uvicorn

    from extractor.server.app import create_app
    from extractor.server.connections import bounded

    limits = settings.limits
    config = uvicorn.Config(
        create_app(settings),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        ws="none",
        lifespan="on",
        http=bounded(limits.head_seconds, limits.connections),
        limit_concurrency=limits.connections,
        timeout_graceful_shutdown=int(limits.grace_seconds),
    )
    return uvicorn.Server(config), _listen(settings.host, settings.port)


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    parser = build_parser()
    return ended("extract-server", lambda: _run(parser.parse_args(argv)))


def _run(options: argparse.Namespace) -> int:
    out = Stdout()
    if options.new_key is not None:
        from extractor.server.keys import new_key

        key, line = new_key(options.new_key)
        out.write(f"key, for the caller, shown only now: {key}\nline, for the file of API keys: {line}\n")
    elif options.new_data_key:
        from extractor.server.sealing import new_data_key

        out.write(f"{new_data_key()}\n")
    elif options.new_webhook_key:
        from extractor.server.webhooks.signing import new_key as new_webhook_key

        out.write(f"{new_webhook_key()}\n")
    elif options.openapi:
        out.write(f"{_openapi()}\n")
    else:
        serve(settings_from(options))
    return 0


def _check_store(settings: Settings) -> None:
    """Raises UsageError for a data key that does not fit; a folder that cannot be used is met later, and may heal."""
    from extractor.server.problems import Problem
    from extractor.server.sealing import Sealer
    from extractor.server.store import JobStore

    store = JobStore(settings.data, Sealer(settings.data_key), settings.limits.stored_bytes)
    with suppress(Problem):
        store.check()
    store.close()


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port < 65536:
        raise UsageError("--port is a number from 0 to 65535")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        # Whoever connects from the moment the address is printed waits for the application instead of being refused.
        listener.listen(socket.SOMAXCONN)
    except OSError as error:
        listener.close()
        raise UsageError(f"cannot listen on {host}, port {port}: {error.strerror}; choose another --port") from error
    except ValueError:  # no name that could be looked up
        listener.close()
        raise UsageError("--host is no address or name of this machine") from None
    return listener


if __name__ == "__main__":
    sys.exit(main())
