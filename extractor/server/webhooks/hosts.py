"""Where a webhook may go: hosts that the operator named, at addresses that such a host may have.

A caller of the service chooses the address, so it is a way to make this machine send something (server-side request
forgery). It may name only a scheme, host and port that the operator allowed; and whatever such a name resolves to is
looked at before it is connected to, so that no name of the outside leads into this network.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from extractor.errors import UsageError
from extractor.server.problems import Problem

#: Of ASCII alone: to the case of other letters, a long s is an s, and the Kelvin sign a k.
_LETTERS = re.IGNORECASE | re.ASCII
_HOST = r"(?P<host>[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?"
_ALLOWED = re.compile(r"(?:(?P<scheme>https?)://)?" + _HOST + "/?", _LETTERS)
_CHARACTERS = "a-z0-9._~!$&'()*+,;=:@%/-"
#: A URL by the letter of RFC 3986, without a user, a fragment, or anything that two readers may take apart differently.
_URL = re.compile(rf"(?P<scheme>https?)://{_HOST}(?P<path>/[{_CHARACTERS}]*)?(?P<query>\?[?{_CHARACTERS}]*)?", _LETTERS)
_LONGEST = 2048
_PORTS = {"https": 443, "http": 80}
#: Addresses of IPv4 as IPv6-only networks see them (RFC 6052).
_NAT64 = IPv6Network("64:ff9b::/96")
#: Networks that nobody has on the internet though Python calls them global: site-local addresses (RFC 3879),
#: documentation (RFC 9637), IETF protocols (RFC 6890; one cloud gives its machines their secrets there).
_NOT_GLOBAL = (IPv6Network("fec0::/10"), IPv6Network("3fff::/20"), IPv4Network("192.0.0.0/24"))


@dataclass(frozen=True)
class HookHost:
    """A host that webhooks may go to. `is_private`: it may lie in this network, or on this machine."""

    scheme: str
    host: str
    port: int
    is_private: bool = False


@dataclass(frozen=True)
class HookTarget:
    """Where one webhook goes: an allowed host, and path and query, which nobody but the two ends may see."""

    host: HookHost
    path: str = field(repr=False)

    @property
    def authority(self) -> str:
        """The value of the header `Host`."""
        shown = f"[{self.host.host}]" if ":" in self.host.host else self.host.host
        return shown if self.host.port == _PORTS[self.host.scheme] else f"{shown}:{self.host.port}"


def parse_host(text: str, *, private: bool = False) -> HookHost:
    """An allowed host from `[http://]NAME[:PORT]`; https unless it says otherwise. Raises UsageError."""
    option = "--webhook-private-host" if private else "--webhook-host"
    match = _ALLOWED.fullmatch(text)
    if match is None or not _is_port(match["port"]):
        raise UsageError(f"{option} takes [http://]NAME[:PORT], such as hooks.example or http://10.0.0.7:9000")
    host = _host_of(match, (match["scheme"] or "https").lower(), private)
    if not private and _as_address(host.host) and not may_be_reached(host.host, private=False):
        raise UsageError(f"{host.host} is no public address; name it by --webhook-private-host")
    return host


def target_of(url: Any, hosts: Sequence[HookHost]) -> HookTarget:
    """What a caller's `webhook` names. Raises a Problem for what is no address, or that of a host not allowed."""
    match = _URL.fullmatch(url) if isinstance(url, str) and len(url) <= _LONGEST else None
    if match is None or not _is_port(match["port"]):
        raise Problem("invalid-parameter", "`webhook` is an address such as https://hooks.example/done")
    named = _host_of(match, match["scheme"].lower(), False)
    for host in hosts:
        if (host.scheme, host.host, host.port) == (named.scheme, named.host, named.port):
            return HookTarget(host, (match["path"] or "/") + (match["query"] or ""))
    raise Problem(
        "invalid-parameter", "`webhook` names no host that this service may call; its operator allows one by an option"
    )


def hook_of(fields: Mapping[str, Any], hosts: Sequence[HookHost]) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The other fields of a request, and the webhook that it asks for: `url` and `results`, or None. Raises a
    Problem."""
    from extractor.server.parameters import flag

    rest = {name: value for name, value in fields.items() if name not in ("webhook", "webhook_results")}
    results = flag("webhook_results", fields.get("webhook_results", False))
    if fields.get("webhook") in (None, ""):
        if results:
            raise Problem("invalid-parameter", "`webhook_results` goes with `webhook`")
        return rest, None
    target = target_of(fields["webhook"], hosts)
    if results and not is_confidential(target):
        raise Problem("invalid-parameter", "`webhook_results` sends personal data, and needs an address with https")
    return rest, {"url": fields["webhook"], "results": results}


def is_confidential(target: HookTarget) -> bool:
    """Whether nobody on the way can read along: the connection is encrypted, or stays on this machine."""
    address = _as_address(target.host.host)
    return target.host.scheme == "https" or (address is not None and address.is_loopback)


def may_be_reached(address: str, *, private: bool) -> bool:
    """Whether a webhook may go to an address: a public one, or with `private` one of this network or machine.

    Never where no host is: multicast, link-local (where clouds keep their machines' secrets), reserved addresses.
    """
    found = _plain(ip_address(address.partition("%")[0]))
    if found.is_loopback:
        return private
    if found.is_multicast or found.is_link_local or found.is_unspecified or found.is_reserved:
        return False
    return private or (found.is_global and not any(found in network for network in _NOT_GLOBAL))


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The address of IPv4 that one of IPv6 stands for, where it does: it is where a packet ends."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (address,))[-1]


def _host_of(match: re.Match[str], scheme: str, private: bool) -> HookHost:
    return HookHost(scheme, match["host"].lower().strip("[]"), int(match["port"] or _PORTS[scheme]), private)


def _is_port(text: str | None) -> bool:
    return text is None or 0 < int(text) < 65536


def _as_address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None
