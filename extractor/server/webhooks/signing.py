"""Signatures of webhooks as Standard Webhooks 1.0.0 has them: HMAC-SHA256 over id, time and body.

Libraries for receivers exist in most languages. A receiver refuses a time that is more than five minutes off and
remembers the ids of that window: then nothing that was overheard can be sent a second time.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Sequence

from extractor.errors import UsageError

KEY_VARIABLE = "EXTRACTOR_WEBHOOK_KEY"

_PREFIX = "whsec_"
#: What the standard allows a key to have, in bytes.
_LEAST, _MOST = 24, 64


def parse_keys(text: str) -> tuple[bytes, ...]:
    """The keys of the environment: one, or several parted by spaces or commas while receivers change theirs.

    Raises UsageError, which never quotes a key.
    """
    keys = []
    for one in re.split(r"[\s,]+", text.strip()):
        try:
            key = base64.b64decode(one.removeprefix(_PREFIX), validate=True)
        except (ValueError, binascii.Error):
            key = b""
        if not one.startswith(_PREFIX) or not _LEAST <= len(key) <= _MOST:
            raise UsageError(
                f"{KEY_VARIABLE} holds no key for webhooks; make one with: extract-server --new-webhook-key"
            )
        keys.append(key)
    return tuple(keys)


def new_key() -> str:
    """A new key, as the environment and the receiver take it."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def signed(keys: Sequence[bytes], message_id: str, moment: int, body: bytes) -> dict[str, str]:
    """The headers of a message that is sent at `moment`, seconds since 1970; a signature with each of the keys."""
    content = f"{message_id}.{moment}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(key, content, "sha256")).decode("ascii") for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(moment),
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }
