"""The shipped deploy/nginx.conf in front of the real server: what it refuses, ends, passes on, and says of whom."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

import httpx2

from app.serving import limits
from tests.app.browsing import Site, site
from tests.app.serving.proxy import SHIPPED, needs_nginx, proxied
from tests.app.serving.streams import MANY, open_many

HEADER_TIMEOUT_S = 10
CLIENT = "127.0.0.2"


@pytest.fixture(scope="module")
def front(tmp_path_factory) -> Iterator[tuple[Site, int]]:
    """A service, and the port of the proxy before it."""
    folder = tmp_path_factory.mktemp("proxied")
    with site(folder) as running, proxied(folder, [int(running.url.rsplit(":", 1)[1])]) as port:
        yield running, port


@contextmanager
def client(port: int) -> Iterator[httpx2.Client]:
    transport = httpx2.HTTPTransport(verify=False, local_address=CLIENT)
    with httpx2.Client(base_url=f"https://127.0.0.1:{port}", transport=transport, timeout=20) as found:
        yield found


def test_the_file_and_the_service_say_the_same():
    text = SHIPPED.read_text(encoding="utf-8")
    number, size = map(int, re.search(r"large_client_header_buffers (\d+) (\d+)k;", text).groups())
    assert size * 1024 == limits.MAX_ADDRESS_BYTES
    assert number * size * 1024 == limits.MAX_HEAD_BYTES
    assert int(re.search(r"client_max_body_size (\d+)k;", text)[1]) * 1024 == limits.MAX_BODY_BYTES
    assert int(re.search(r"of_link (\d+);", text)[1]) > limits.STREAMS_OF_A_LINK


@needs_nginx
@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (200, {"url": "/negotiation"}),
        (414, {"url": "/negotiation?" + "a" * limits.MAX_ADDRESS_BYTES}),
        (400, {"url": "/negotiation", "headers": {f"X-{n}": "a" * 1000 for n in range(17)}}),
        (413, {"url": "/api/login", "method": "POST", "content": b"a" * (limits.MAX_BODY_BYTES + 1)}),
        (404, {"url": "/metrics"}),
        (404, {"url": "/ready"}),
    ],
)
def test_what_is_too_long_or_for_machines_is_refused(front, status, sent):
    with client(front[1]) as http:
        assert http.request(**{"method": "GET", **sent}).status_code == status


@needs_nginx
def test_who_asks_is_known_by_the_own_address_whatever_it_claims(front, monkeypatch):
    seen: list[str] = []
    monkeypatch.setattr(front[0].parts, "require_pace", seen.append)
    with client(front[1]) as http:
        claims = {"X-Forwarded-For": "198.51.100.7", "Authorization": "Bearer none"}
        assert http.get("/api/debtor/negotiation", headers=claims).status_code == 401
    assert seen == [CLIENT]


@needs_nginx
def test_events_pass_as_they_come(front):
    running, port = front
    found, link = running.begun()
    headers = {"Authorization": f"Bearer {link.split('#')[1]}"}
    with client(port) as http, http.stream("GET", "/api/debtor/events", headers=headers) as stream:
        lines = stream.iter_lines()
        next(line for line in lines if line.startswith("data:"))
        running.negotiations.receive(found, "20 monthly instalments?")
        began = time.monotonic()
        assert next(line for line in lines if "20 monthly" in line)
        assert time.monotonic() - began < 2.0


@needs_nginx
@pytest.mark.slow
def test_a_request_that_is_never_finished_ends(front):
    halves = [b"GET /hea", b"POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"]
    context = ssl._create_unverified_context()
    began = time.monotonic()
    open_ones = [context.wrap_socket(socket.create_connection(("127.0.0.1", front[1]), 30)) for _ in halves]
    for connection, half in zip(open_ones, halves, strict=True):
        connection.sendall(half)
    for connection in open_ones:
        assert b"200 OK" not in connection.recv(1000)
        connection.close()
    assert HEADER_TIMEOUT_S - 2 < time.monotonic() - began < HEADER_TIMEOUT_S + 5


@needs_nginx
@pytest.mark.slow
def test_a_link_with_115_streams_holds_up_no_other_debtor(front):
    running, port = front
    (_, link), (_, other) = running.begun(), running.begun()
    tokens = link.split("#")[1], other.split("#")[1]
    found = open_many(f"https://127.0.0.1:{port}", *tokens, 3.0)
    assert len(found.statuses) == MANY
    assert found.displaced
    assert set(found.statuses) <= {200, 429}
    assert found.open == limits.STREAMS_OF_A_LINK
    assert found.other_page_s < 1.0
