"""Signatures, by the standard's own example and by another implementation of it."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from extractor.errors import UsageError
from extractor.server.webhooks.signing import new_key, parse_keys, signed


def test_the_example_of_the_standard() -> None:
    """The published test of the libraries of Standard Webhooks."""
    keys = parse_keys("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signed(keys, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_receivers_can_change_their_key_while_both_are_signed_with() -> None:
    library = pytest.importorskip("standardwebhooks", reason="pip install standardwebhooks")
    old, new = new_key(), new_key()
    body = json.dumps({"a": "é"}, ensure_ascii=False).encode()
    headers = signed(parse_keys(f"{old}, {new}"), "x", int(time.time()), body)
    for key in (old, new):
        assert library.Webhook(key).verify(body, headers) == {"a": "é"}
    with pytest.raises(library.WebhookVerificationError):
        library.Webhook(new_key()).verify(body, headers)
    with pytest.raises(library.WebhookVerificationError):
        library.Webhook(new).verify(body + b" ", headers)
    late = signed(parse_keys(new), "x", int(time.time()) - 301, body)
    with pytest.raises(library.WebhookVerificationError, match="too old"):
        library.Webhook(new).verify(body, late)


@pytest.mark.parametrize(
    "text", ["", "secret", "whsec_", "whsec_c2hvcnQ=", "whsec_!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
)
def test_what_is_no_key_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(UsageError, match="--new-webhook-key") as caught:
        parse_keys(text)
    assert not text or text == "whsec_" or text not in str(caught.value)


def test_the_receiver_of_the_documentation_takes_them_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[4] / "docs" / "service.md").read_text(encoding="utf-8")
    (program,) = [one for one in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "is_ours" in one]
    there: dict[str, Any] = {}
    exec(program, there)
    key, body = new_key(), b'{"type": "job.done"}'
    monkeypatch.setenv("EXTRACTOR_WEBHOOK_KEY", key)
    now = int(time.time())
    good = signed(parse_keys(f"{new_key()} {key}"), "x", now, body)
    assert there["is_ours"](good, body)
    assert not there["is_ours"](good, body + b" ")
    assert not there["is_ours"]({**good, "webhook-id": "y"}, body)
    assert not there["is_ours"](signed(parse_keys(new_key()), "x", now, body), body)
    assert not there["is_ours"](signed(parse_keys(key), "x", now - 301, body), body)
