"""Many open pages of one link, as one who wants to hold the server's connections opens them."""

from __future__ import annotations

import socket
import ssl
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx2

MANY = 115
QUIET_S = 0.3


@dataclass
class Opened:
    """What became of the streams."""

    statuses: list[int] = field(default_factory=list)
    displaced: int = 0
    open: int = 0
    """Those that the server still holds."""
    other_page_s: float = 0.0
    """How long another debtor's request took meanwhile."""


def open_many(base: str, token: str, other: str, wait_s: float) -> Opened:
    """Open `MANY` event streams of `token`, and after `wait_s` ask for the view of `other`."""
    found = Opened()
    with ExitStack() as kept:
        streams = [kept.enter_context(_asked(base, token)) for _ in range(MANY)]
        time.sleep(wait_s)
        began = time.monotonic()
        headers = {"Authorization": f"Bearer {other}"}
        answer = httpx2.get(f"{base}/api/debtor/negotiation", headers=headers, verify=False, timeout=20)
        assert answer.status_code == 200
        found.other_page_s = time.monotonic() - began
        for one in streams:
            _look(one, found)
    return found


def _asked(base: str, token: str) -> socket.socket:
    place = urlsplit(base)
    assert place.hostname is not None
    connection = socket.create_connection((place.hostname, place.port or 0), 20)
    if place.scheme == "https":
        connection = ssl._create_unverified_context().wrap_socket(connection)
    lines = ["GET /api/debtor/events HTTP/1.1", "Host: x", f"Authorization: Bearer {token}", "Connection: close"]
    connection.sendall("\r\n".join([*lines, "", ""]).encode())
    return connection


def _look(connection: socket.socket, found: Opened) -> None:
    connection.settimeout(QUIET_S)
    got = b""
    try:
        while more := connection.recv(65536):
            got += more
    except TimeoutError:
        found.open += 1
    found.statuses.append(int(got.split(b" ", 2)[1]))
    found.displaced += b"event: displaced" in got
