"""Encryption at rest: AES-256-GCM, bound to the place where a value is stored.

A sealed value is one byte that says how it is stored, the nonce, and the ciphertext with its tag. The place (job,
file, column) is authenticated along, so that nobody can move one person's result into another's row. Without a key
values are stored as they are, and say so in that first byte.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from pathlib import Path

from extractor.errors import UsageError

KEY_VARIABLE = "EXTRACTOR_DATA_KEY"

_PLAIN, _SEALED = b"\x00", b"\x01"
_NONCE_BYTES = 12  # NIST SP 800-38D, 8.2
_KEY_BYTES = 32


class SealError(Exception):
    """A stored value cannot be opened: another key, no key, or somebody changed it."""


class Sealer:
    """Seals and opens values with one key, or stores them plainly without."""

    def __init__(self, key: bytes | None) -> None:
        self._cipher = None
        if key is not None:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM

            self._cipher = AESGCM(key)

    @property
    def encrypts(self) -> bool:
        return self._cipher is not None

    def seal(self, value: bytes, place: str) -> bytes:
        if self._cipher is None:
            return _PLAIN + value
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return _SEALED + nonce + self._cipher.encrypt(nonce, value, place.encode())

    def open(self, stored: bytes, place: str) -> bytes:
        """The value that was sealed for `place`. Raises SealError."""
        if stored[:1] == _PLAIN:
            return stored[1:]
        if self._cipher is None:
            raise SealError("the value is encrypted, and no key was given")
        from cryptography.exceptions import InvalidTag

        nonce, sealed = stored[1 : 1 + _NONCE_BYTES], stored[1 + _NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, sealed, place.encode())
        except (InvalidTag, ValueError):
            raise SealError("the value was encrypted with another key, or was changed") from None


def parse_key(text: str) -> bytes:
    """A key from its base64 form. Raises UsageError, which never quotes it."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (ValueError, binascii.Error):
        key = b""
    if len(key) != _KEY_BYTES:
        raise UsageError("the data key is not 32 bytes in base64; make one with: extract-server --new-data-key")
    return key


def load_key(path: Path) -> bytes:
    """The key that a file holds. Raises UsageError."""
    try:
        return parse_key(path.read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("the file of the data key cannot be read; check --data-key-file") from error


def new_data_key() -> str:
    """A new key in base64."""
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode("ascii")
