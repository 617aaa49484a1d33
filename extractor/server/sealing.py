"""Encryption of stored values: AES-256-GCM, bound to the place where a value is stored.

A value is sealed with a key of its own (`keyring`) and, where the operator gave one, with the data key: both are needed
to open it. A sealed value is the nonce and the ciphertext with its tag. The place (job, file, column) is authenticated
along, so that nobody can move one person's result into another's row.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from extractor.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_VARIABLE = "EXTRACTOR_DATA_KEY"

_NONCE_BYTES = 12  # NIST SP 800-38D, 8.2
_KEY_BYTES = 32


class SealError(Exception):
    """A stored value cannot be opened: another key, no key, or somebody changed it."""


class Sealer:
    """Seals and opens values. Without a data key whoever has the whole folder can open them."""

    def __init__(self, data_key: bytes | None) -> None:
        self._data_key = data_key or b""

    def seal(self, value: bytes, place: str, key: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher(key).encrypt(nonce, value, place.encode())

    def open(self, stored: object, place: str, key: bytes | None) -> bytes:
        """The value that was sealed for `place`. Raises SealError."""
        from cryptography.exceptions import InvalidTag

        if not isinstance(stored, bytes) or key is None:
            raise SealError("the value or its key is gone")
        try:
            return self._cipher(key).decrypt(stored[:_NONCE_BYTES], stored[_NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError):
            raise SealError("the value was encrypted with another key, or was changed") from None

    def _cipher(self, key: bytes) -> AESGCM:
        """The cipher of one value: its key is derived from both, and neither says anything about it alone."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(hmac.digest(self._data_key, key, "sha256"))


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
        return parse_key(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("the file of the data key cannot be read; check --data-key-file") from error


def new_data_key() -> str:
    """A new key in base64."""
    return base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode("ascii")
