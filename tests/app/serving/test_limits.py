"""The real server ends what is too long, never finished or never read, and goes on serving others."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

import httpx2

from app.serving import limits
from app.serving.listener import SETTINGS
from tests.app.browsing import Site, site

SOON_S = 10.0
MEGABYTE = 2**20


@pytest.fixture
def running(tmp_path) -> Iterator[Site]:
    with site(tmp_path) as found:
        yield found


@contextmanager
def connected(running: Site) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", int(running.url.rsplit(":", 1)[1])), SOON_S) as connection:
        yield connection


def rest(connection: socket.socket) -> bytes:
    """What comes until the server lets the connection go."""
    found = b""
    try:
        while more := connection.recv(MEGABYTE):
            found += more
    except ConnectionResetError:
        pass
    return found


@pytest.mark.parametrize("begin", [b"GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ", b"GET /health?"])
def test_a_head_without_an_end_is_not_read(running, begin):
    with connected(running) as connection:
        connection.sendall(begin + b"a" * limits.MAX_HEAD_BYTES)
        assert rest(connection).startswith(b"HTTP/1.1 400 ")
    with connected(running) as connection:
        connection.sendall(begin)
        sent = 0
        with pytest.raises(ConnectionError):
            while sent < 96 * MEGABYTE:
                sent += connection.send(b"a" * MEGABYTE)
        assert sent < 32 * MEGABYTE  # what the two kernels hold


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (414, {"url": "/health?" + "a" * limits.MAX_ADDRESS_BYTES}),
        (431, {"url": "/health", "headers": {f"X-{n}": "a" * 1000 for n in range(17)}}),
        (413, {"url": "/api/login", "method": "POST", "content": b"a" * (limits.MAX_BODY_BYTES + 1)}),
    ],
)
def test_what_is_too_long_is_told_so_in_one_sentence(house, status, sent):
    answer = house.client.request(sent.pop("method", "GET"), **sent)
    assert answer.status_code == status
    assert "has at most" in answer.json()["detail"]


@pytest.mark.parametrize(
    "half",
    [
        b"",
        b"GET /hea",
        b"GET /health HTTP/1.1\r\nHost: x\r\n",
        b"POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
    ],
)
def test_a_request_that_is_never_finished_ends(running, monkeypatch, half):
    monkeypatch.setattr(limits, "REQUEST_S", 0.5)
    with connected(running) as connection:
        connection.sendall(half)
        began = time.monotonic()
        assert rest(connection) == b""
        assert 0.3 < time.monotonic() - began < SOON_S / 2


def test_a_byte_now_and_then_does_not_keep_a_request_open(running, monkeypatch):
    monkeypatch.setattr(limits, "REQUEST_S", 0.5)
    with connected(running) as connection, pytest.raises(ConnectionError):
        connection.sendall(b"GET /health HTTP/1.1\r\nX-Slow: ")
        for _ in range(30):
            time.sleep(0.1)
            connection.sendall(b"a")


def test_a_whole_request_may_be_answered_as_late_as_it_takes(running, monkeypatch):
    monkeypatch.setattr(limits, "REQUEST_S", 0.3)
    found, link = running.begun()
    headers = {"Authorization": f"Bearer {link.split('#')[1]}"}
    stream = httpx2.stream("GET", f"{running.url}/api/debtor/events", headers=headers, timeout=SOON_S)
    with stream as events:
        lines = events.iter_lines()
        next(line for line in lines if line.startswith("data:"))
        time.sleep(0.6)
        running.told(found, "20 monthly instalments?")
        assert next(line for line in lines if "20 monthly" in line)


def test_an_answer_that_nobody_reads_ends(running, monkeypatch):
    monkeypatch.setattr(limits, "STALLED_S", 0.5)
    with connected(running) as connection:
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):  # neither side takes any more
            while True:
                connection.send(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
        connection.settimeout(SOON_S)
        with pytest.raises(ConnectionError):
            for _ in range(50):  # a busy server stalls later
                connection.sendall(b"G")
                time.sleep(0.2)


def test_there_are_so_many_connections_at_once(tmp_path, monkeypatch):
    monkeypatch.setitem(SETTINGS, "limit_concurrency", 4)
    monkeypatch.setattr(limits, "CONNECTIONS", 4)
    monkeypatch.setattr(limits, "SPARE_CONNECTIONS", 1)
    with site(tmp_path) as running:
        with connected(running), connected(running), connected(running):
            assert httpx2.get(f"{running.url}/health").status_code == 503
            with connected(running), connected(running), connected(running) as beyond:
                assert rest(beyond) == b""
        until = time.monotonic() + SOON_S
        while httpx2.get(f"{running.url}/health").status_code != 200:
            assert time.monotonic() < until
