"""One connection: what it may hold, in which order it is answered, and when it ends."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

import uvicorn

from app.serving import limits
from app.serving.listener import SETTINGS
from app.serving.protocol import BoundedProtocol

SOON_S = 10.0
GET = b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n"
INVALID = b"HTTP/1.1 400 "
MANY = 2000


class Told:
    """An application that answers with the path and the body, once it goes on."""

    def __init__(self) -> None:
        self.begun = 0
        self.goes_on = threading.Event()
        self.goes_on.set()

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            return
        self.begun += 1
        body = b""
        more = scope["path"] != "/early"
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        while not self.goes_on.is_set():
            await asyncio.sleep(0.01)
        said = scope["path"].encode() + b":" + body + b";"
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(said))]})
        await send({"type": "http.response.body", "body": said})


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def port(told) -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        settings = {**SETTINGS, "log_level": "critical", "lifespan": "off", "timeout_graceful_shutdown": 1}
        server = uvicorn.Server(uvicorn.Config(told, **settings))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listening.getsockname()[1]
        told.goes_on.set()
        server.should_exit = True
        thread.join(SOON_S)


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), SOON_S) as connection:
        yield connection


def until(connection: socket.socket, end: bytes) -> bytes:
    """What comes until `end` has, or the server lets the connection go."""
    found = b""
    try:
        while not (end and found.endswith(end)) and (more := connection.recv(2**20)):
            found += more
    except ConnectionResetError:
        pass
    return found


def test_requests_that_come_together_are_answered_in_turn(port):
    with connected(port) as connection:
        connection.sendall(b"".join(GET % each for each in range(MANY)))
        found = until(connection, b"/%d:;" % (MANY - 1))
    assert re.findall(rb"/(\d+):;", found) == [b"%d" % each for each in range(MANY)]


def test_few_of_them_are_read_before_the_first_is_answered(port, told, monkeypatch):
    begun = []
    begin = BoundedProtocol.on_message_begin
    monkeypatch.setattr(BoundedProtocol, "on_message_begin", lambda self: begun.append(self) or begin(self))
    told.goes_on.clear()
    with connected(port) as connection:
        connection.sendall(b"".join(GET % each for each in range(MANY)))
        time.sleep(0.3)
        assert told.begun == 1
        assert len(begun) < 100
        told.goes_on.set()
        until(connection, b"/%d:;" % (MANY - 1))
    assert len(begun) == MANY


def test_a_body_may_come_in_pieces(port):
    with connected(port) as connection:
        connection.sendall(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 6000\r\n\r\n")
        for _ in range(6):
            connection.sendall(b"a" * 1000)
        assert until(connection, b";").endswith(b"/a:" + b"a" * 6000 + b";")
        connection.sendall(GET % 7)
        assert until(connection, b";").endswith(b"/7:;")


@pytest.mark.parametrize(
    "begin",
    [
        b"",
        b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;",
        b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: ",
        b"\r\n" * limits.MAX_HEAD_BYTES,
    ],
    ids=["a method", "a chunk's extension", "a trailer", "empty lines"],
)
def test_nothing_without_an_end_is_read(port, begin):
    with connected(port) as connection, pytest.raises(ConnectionError):
        connection.sendall(begin)
        for _ in range(200):
            connection.sendall(b"a" * 1000)
            time.sleep(0.005)


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX Y: z\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n",
        b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n",
    ],
)
def test_what_is_no_request_is_told_so(port, head):
    with connected(port) as connection:
        connection.sendall(head + b"\r\n")
        assert until(connection, b"").startswith(INVALID)


def test_an_answer_on_its_way_is_not_mixed_with_a_refusal(port, told):
    told.goes_on.clear()
    with connected(port) as connection:
        connection.sendall(GET % 1)
        connection.sendall(b"no request\r\n\r\n")
        assert INVALID not in until(connection, b"")


def test_what_asks_for_another_protocol_is_answered_once(port):
    with connected(port) as connection:
        upgrade = b"GET /1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
        connection.sendall(upgrade + GET % 2)
        found = until(connection, b"")
    assert found.startswith(b"HTTP/1.1 200 ") and found.endswith(b"/1:;")


@pytest.mark.parametrize("rest", [b"", b"\r\n", b"GET /2"])
def test_between_two_requests_a_connection_ends_soon(port, monkeypatch, rest):
    monkeypatch.setattr(limits, "REQUEST_S", 1.0)
    with connected(port) as connection:
        connection.sendall(GET % 1)
        until(connection, b"/1:;")
        connection.sendall(rest)
        began = time.monotonic()
        assert until(connection, b"") == b""
        assert time.monotonic() - began < limits.KEEP_ALIVE_S + 2


def test_a_body_that_nobody_waits_for_has_the_same_time(port, monkeypatch):
    monkeypatch.setattr(limits, "REQUEST_S", 0.5)
    with connected(port) as connection:
        connection.sendall(b"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        assert until(connection, b";").endswith(b"/early:;")
        with pytest.raises(ConnectionError):
            for _ in range(100):
                connection.sendall(b"a")
                time.sleep(0.05)
