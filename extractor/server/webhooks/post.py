"""One POST to a webhook's address: to the address that was looked at, within a time, and nowhere else.

The name is resolved once, and what is connected to is one of the addresses that were found fit, not the name again, so
that it cannot mean another machine a moment later (DNS rebinding). Certificates are checked against the name. Redirects
are not followed and proxies of the environment not used: both would choose the machine anew. Nothing of the answer but
its status is read.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import h11

from extractor import __version__
from extractor.server.webhooks.hosts import HookTarget, may_be_reached

_HEAD_BYTES = 16 * 1024
#: What may come before the status: else heads that only ask for patience would keep this process busy.
_PROLOGUE_BYTES = 4 * _HEAD_BYTES


@dataclass
class NotDelivered(Exception):  # noqa: N818 - it is an outcome
    """Why a webhook was not taken, in a word that says nothing of the address; `is_final`: it will not be."""

    reason: str
    is_final: bool = False


async def post(
    target: HookTarget, headers: Mapping[str, str], body: bytes, *, seconds: float, context: ssl.SSLContext
) -> int:
    """Sends `body`, JSON, and returns the status, 2xx. Raises NotDelivered."""
    try:
        async with asyncio.timeout(seconds):
            status = await _sent(target, headers, body, context)
    except TimeoutError:
        raise NotDelivered("timeout") from None
    except ssl.SSLCertVerificationError:
        raise NotDelivered("certificate") from None
    except (OSError, UnicodeError):  # TLS that cannot be agreed on, and a name that cannot be looked up, among them
        raise NotDelivered("unreachable") from None
    except h11.ProtocolError:
        raise NotDelivered("no-http") from None
    if 200 <= status < 300:
        return status
    # 410 is how a receiver says that it wants no more (Standard Webhooks, "Deliverability and reliability").
    raise NotDelivered("redirect" if 300 <= status < 400 else f"http-{status}", is_final=status == 410)


async def _sent(target: HookTarget, headers: Mapping[str, str], body: bytes, context: ssl.SSLContext) -> int:
    address = await _address_of(target)
    secure = target.host.scheme == "https"
    reader, writer = await asyncio.open_connection(
        address,
        target.host.port,
        ssl=context if secure else None,
        server_hostname=target.host.host if secure else None,
    )
    try:
        connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_BYTES)
        request = h11.Request(method="POST", target=target.path, headers=list(_headers(target, headers, body).items()))
        parts = (connection.send(event) for event in (request, h11.Data(body), h11.EndOfMessage()))
        writer.write(b"".join(part for part in parts if part))
        await writer.drain()
        return await _status(connection, reader)
    finally:
        # Whatever the other side still has to say is not waited for.
        writer.transport.abort()


async def _address_of(target: HookTarget) -> str:
    """An address of the host, if all that it has are such as it may have."""
    found = await asyncio.get_running_loop().getaddrinfo(target.host.host, target.host.port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(may_be_reached(one, private=target.host.is_private) for one in addresses):
        raise NotDelivered("private-address")
    return addresses[0]


def _headers(target: HookTarget, headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    return {
        "Host": target.authority,
        "User-Agent": f"id-document-extractor/{__version__}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **headers,
    }


async def _status(connection: h11.Connection, reader: asyncio.StreamReader) -> int:
    read = 0
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            if read > _PROLOGUE_BYTES:
                raise h11.RemoteProtocolError("the answer does not begin")
            data = await reader.read(_HEAD_BYTES)
            read += len(data)
            connection.receive_data(data)
        elif isinstance(event, h11.Response):
            return int(event.status_code)
        elif not isinstance(event, h11.InformationalResponse):
            raise h11.RemoteProtocolError("the connection ended before the answer")
