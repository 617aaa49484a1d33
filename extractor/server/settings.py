"""Every limit, path and option of the service, with its default and the reason for it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from extractor.errors import UsageError
from extractor.imaging.limits import DEFAULT, MAX_PIXELS
from extractor.server.keys import ApiKey
from extractor.server.webhooks.hosts import HookHost

MIB = 1024 * 1024


@dataclass(frozen=True)
class ServiceLimits:
    """What one caller may ask for. Sizes are bytes, times seconds."""

    #: One request's body: both sides of a card from any phone, as base64 too.
    body_bytes: int = 32 * MIB
    #: A job's body, which is held in memory while it is taken apart; one at a time.
    job_bytes: int = 256 * MIB
    #: All bodies that are arriving, together.
    upload_bytes: int = 384 * MIB
    #: Files of one document, and of one job.
    files: int = 10
    job_files: int = 1000
    #: Pages of one document, over all its files.
    pages: int = 10
    pixels: int = MAX_PIXELS
    #: CPU time and memory (MiB) in which a page is decoded, as in `extractor.imaging.limits`.
    decode_seconds: float = DEFAULT.seconds
    decode_mib: int = DEFAULT.memory
    #: Maximum queued plus running requests; further ones get 429.
    queue: int = 16
    #: A body has to arrive within the first of these times, and a request's head within the last. A body of which less
    #: than `stall_bytes` came within `stall_seconds` is not waited for any longer: the slowest of modems is faster.
    upload_seconds: float = 60.0
    stall_seconds: float = 10.0
    stall_bytes: int = 8 * 1024
    head_seconds: float = 10.0
    #: One page may be read for so long; None: what the engine usually needs, many times over.
    page_seconds: float | None = None
    #: An engine has to be ready within this time; a checkpoint of 8 GB from a slow disk takes minutes.
    start_seconds: float = 900.0
    #: Memory of the embedded engine's process; more is refused by the system, and it is replaced above half of it.
    worker_bytes: int = 6144 * MIB
    #: Everything the jobs hold together.
    stored_bytes: int = 4096 * MIB
    #: A finished job's results are deleted after this time.
    keep_seconds: float = 24 * 3600.0
    #: On shutdown, requests in progress get this long to end.
    grace_seconds: float = 30.0
    connections: int = 512

    def of_request(self) -> dict[str, int | float]:
        """What an engine's process has to know of them."""
        return {
            "max_pages": self.pages,
            "max_pixels": self.pixels,
            "decode_seconds": self.decode_seconds,
            "decode_mib": self.decode_mib,
        }


@dataclass(frozen=True)
class EngineOptions:
    """Which engine reads where a request does not say, and how Phi-3-vision is to run; as in `choose_engine`."""

    engine: str = "auto"
    model: str | None = None
    revision: str | None = None
    dtype: str = "auto"
    device: str = "auto"
    num_crops: int | None = None
    hints: bool | None = None
    base_url: str | None = None
    api_key_env: str | None = None
    timeout: float | None = None


@dataclass(frozen=True)
class WebhookOptions:
    """Which hosts may be called, signed with which keys, and how long it is tried.

    `delays` are the seconds from one attempt to the next; after the last one the webhook is given up. `seconds` is the
    time of one attempt. Results that were asked for go along up to `result_bytes`.
    """

    hosts: tuple[HookHost, ...] = ()
    keys: tuple[bytes, ...] = field(default=(), repr=False)
    delays: tuple[float, ...] = (5, 30, 120, 600, 1800, 3600, 7200, 14400)
    seconds: float = 10.0
    result_bytes: int = 8 * 1024 * 1024


def state_folder() -> Path:
    """Where a program keeps its own data between runs (XDG Base Directory Specification, XDG_STATE_HOME).

    Raises UsageError for a user who has no home, as in many containers.
    """
    base = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    if base.startswith("~"):
        raise UsageError("this user has no home folder to keep jobs in; name a folder by --data")
    return Path(base) / "id-document-extractor"


def examples_folder() -> Path | None:
    """The drawn specimens of the repository, where the package runs from a checkout."""
    folder = Path(__file__).parents[2] / "datasets" / "examples"
    return folder if (folder / "labels.jsonl").is_file() else None


@dataclass(frozen=True)
class Settings:
    """The service as it is started. Without `data_key` what is stored is not encrypted."""

    host: str = "127.0.0.1"
    port: int = 8000
    engines: EngineOptions = field(default_factory=EngineOptions)
    limits: ServiceLimits = field(default_factory=ServiceLimits)
    data: Path = field(default_factory=state_folder)
    data_key: bytes | None = None
    #: Where the page's labelling mode saves specimens; None: there is no such mode, and no picture is kept.
    specimens: Path | None = None
    examples: Path | None = field(default_factory=examples_folder)
    keys: tuple[ApiKey, ...] = ()
    #: Names the service may be called by, beside those of the loopback interface; "*" allows every name.
    allowed_hosts: tuple[str, ...] = ()
    #: Origins (scheme://host:port) whose pages may call the service; none by default.
    cors_origins: tuple[str, ...] = ()
    #: Hosts that may be sent a webhook when a job is done; none by default.
    webhooks: WebhookOptions = field(default_factory=WebhookOptions)
    #: What reads in an engine's process, `module:function`; see `extractor.server.worker`.
    reader: str = "extractor.server.reading:make_reader"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server that listens on `host`."""
    import ipaddress

    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
