"""API keys: several, each with a name, of which only hashes are kept.

A key is 32 random bytes, so a plain SHA-256 of it is as good as a slow hash: there is nothing to guess. The file or
the variable EXTRACTOR_API_KEYS holds one `name:hash` a line (in the variable also separated by commas);
`extract-server --new-key NAME` makes a key and prints its line.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from extractor.errors import UsageError

KEYS_VARIABLE = "EXTRACTOR_API_KEYS"

_LINE = re.compile(r"(?P<name>[A-Za-z0-9_.-]{1,64}):(?:sha256:)?(?P<digest>[0-9a-f]{64})")
_PREFIX = "idx_"


@dataclass(frozen=True)
class ApiKey:
    """A key's name, which logs and jobs know it by, and the SHA-256 of the key itself."""

    name: str
    digest: bytes


def new_key(name: str) -> tuple[str, str]:
    """A new key and the line that lets it in. Raises UsageError for a name that cannot stand in that line."""
    key = _PREFIX + secrets.token_urlsafe(32)
    line = f"{name}:sha256:{_digest(key).hex()}"
    if not _LINE.fullmatch(line):
        raise UsageError("a key's name has 1 to 64 letters, digits, dots, hyphens or underscores")
    return key, line


def parse_keys(text: str) -> tuple[ApiKey, ...]:
    """The keys of a file or variable; empty lines and lines that begin with # count for nothing.

    Raises UsageError, which never quotes the line: somebody may have put the key itself there.
    """
    keys: dict[str, ApiKey] = {}
    for number, line in enumerate(text.replace(",", "\n").splitlines(), start=1):
        plain = line.strip()
        if not plain or plain.startswith("#"):
            continue
        match = _LINE.fullmatch(plain)
        if match is None:
            raise UsageError(
                f"API key {number} is not `name:sha256:hash`; make one with: extract-server --new-key NAME"
            )
        if match["name"] in keys:
            raise UsageError(f"API key {number} has the name of another one; give each its own")
        keys[match["name"]] = ApiKey(match["name"], bytes.fromhex(match["digest"]))
    return tuple(keys.values())


def load_keys(path: Path) -> tuple[ApiKey, ...]:
    """The keys of a file. Raises UsageError."""
    try:
        keys = parse_keys(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("the file of API keys cannot be read; check --api-keys") from error
    if not keys:  # whoever names a file does not want a service that is open to everybody
        raise UsageError("the file of API keys holds none; make one with: extract-server --new-key NAME")
    return keys


def find_key(keys: Sequence[ApiKey], presented: str) -> ApiKey | None:
    """The key that was presented. Takes as long for every key and for none: all hashes are compared to the end."""
    digest = _digest(presented)
    found = None
    for key in keys:
        if hmac.compare_digest(key.digest, digest):
            found = key
    return found


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
