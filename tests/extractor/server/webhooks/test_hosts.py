"""Where a webhook may go: what the operator allows, what a caller may name, and which addresses no name leads to."""

from typing import Any

import pytest

from extractor.errors import UsageError
from extractor.server.problems import Problem
from extractor.server.webhooks.hosts import HookHost, hook_of, may_be_reached, parse_host, target_of

ALLOWED = (
    HookHost("https", "hooks.example", 443),
    HookHost("https", "hooks.example", 8443),
    HookHost("http", "10.0.0.7", 9000, is_private=True),
    HookHost("https", "2001:db8::7", 443, is_private=True),
)


def test_an_operator_names_hosts() -> None:
    assert parse_host("hooks.example") == HookHost("https", "hooks.example", 443)
    assert parse_host("https://Hooks.Example:8443/") == HookHost("https", "hooks.example", 8443)
    assert parse_host("http://relay", private=True) == HookHost("http", "relay", 80, is_private=True)
    assert parse_host("[2001:db8::7]", private=True).host == "2001:db8::7"


@pytest.mark.parametrize(
    "text", ["", "*", "*.example", "ftp://a", "a/path", "user@a", "a:0", "a:65536", "a b", "ä.example", "a?x", "-a"]
)
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--webhook-host"):
        parse_host(text)


@pytest.mark.parametrize("text", ["http://127.0.0.1:9000", "10.0.0.7", "[::1]", "169.254.169.254"])
def test_a_private_address_is_named_as_one(text: str) -> None:
    with pytest.raises(UsageError, match="--webhook-private-host"):
        parse_host(text)


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://hooks.example", "hooks.example", "/"),
        ("HTTPS://HOOKS.EXAMPLE:443/a/b?c=%20d", "hooks.example", "/a/b?c=%20d"),
        ("https://hooks.example:8443?x=1", "hooks.example:8443", "/?x=1"),
        ("http://10.0.0.7:9000/", "10.0.0.7:9000", "/"),
        ("https://[2001:db8::7]/x", "[2001:db8::7]", "/x"),
    ],
)
def test_a_caller_names_one_of_them(url: str, authority: str, path: str) -> None:
    target = target_of(url, ALLOWED)
    assert (target.authority, target.path) == (authority, path)
    assert path == "/" or path not in repr(target), "a path may hold a secret"


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/", "https://hooks.example:444/", "https://other.example/", "https://10.0.0.7:9000/",
        "https://hooks.example.evil.example/", "https://hooks.example@evil.example/", "https://evil.example#hooks.example",
        "https://hooks.example\\@evil.example/", "https://hooks.example\r\nHost: evil", "https://hooks.example/a b",
        "//hooks.example/", "file:///etc/passwd", "gopher://hooks.example/", "https://hooks.example/" + "a" * 2048,
        "https://hooks.example/ä", "https://hooks.example:/", "https://HOOKS.EXAMPLE./", "http://0x0a000007:9000/", 7,
        "http\u017f://hooks.example/", "https://hoo\u212as.example/", "https://hooks.example/\u017f",
    ],
)  # fmt: skip
def test_and_no_other(url: Any) -> None:
    with pytest.raises(Problem) as caught:
        target_of(url, ALLOWED)
    assert caught.value.kind == "invalid-parameter"
    assert "evil" not in caught.value.detail


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
def test_public_addresses(address: str) -> None:
    assert may_be_reached(address, private=False)
    assert may_be_reached(address, private=True)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "::1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd00::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::",
        "fec0::1", "3fff::1", "192.0.0.192", "::ffff:192.0.0.192",
    ],
)  # fmt: skip
def test_addresses_of_this_network_only_where_that_is_allowed(address: str) -> None:
    assert not may_be_reached(address, private=False)
    assert may_be_reached(address, private=True)


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "fe80::1%eth0", "0.0.0.0", "::", "224.0.0.1",
     "ff02::1", "255.255.255.255", "240.0.0.1"],
)  # fmt: skip
def test_addresses_that_nothing_is_sent_to(address: str) -> None:
    assert not may_be_reached(address, private=True)


def test_results_go_where_nobody_reads_along() -> None:
    assert hook_of({"schema": "auto"}, ALLOWED) == ({"schema": "auto"}, None)
    url = "https://hooks.example/"
    asked = hook_of({"webhook": url, "webhook_results": "true", "age": "18"}, ALLOWED)
    assert asked == ({"age": "18"}, {"url": url, "results": True})
    assert hook_of({"webhook": "http://10.0.0.7:9000/"}, ALLOWED)[1] is not None
    for fields in ({"webhook": "http://10.0.0.7:9000/", "webhook_results": True}, {"webhook_results": True}):
        with pytest.raises(Problem, match="webhook_results"):
            hook_of(fields, ALLOWED)
