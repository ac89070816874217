"""An OpenAI-compatible server in a thread, so that tests go through LiteLLM and a real socket."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.scripted import fabricate


@dataclass
class Reply:
    """One prepared answer; without `body` a reply that fits the request's schema is made up."""

    status: int = 200
    body: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0

    @classmethod
    def error(cls, status: int, code: str, message: str = "no", **headers: str) -> Reply:
        """An error in OpenAI's form; header names with _ for -."""
        kind = {429: "requests", 403: "permission_error"}.get(
            status, "invalid_request_error" if status < 500 else "server_error"
        )
        body = {"error": {"message": message, "type": kind, "code": code, "param": None}}
        return cls(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


class OpenAIServer:
    """`replies` are given in order, then made-up ones; `requests` and `headers` hold what arrived."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.lock = threading.Lock()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"

    def reply_to(self, headers: dict[str, str], request: dict[str, Any]) -> Reply:
        with self.lock:
            self.headers.append(headers)
            self.requests.append(request)
            reply = self.replies.pop(0) if self.replies else Reply()
        if reply.body is None:
            reply.body = completion(request, made_up(request))
        return reply


def made_up(request: dict[str, Any]) -> str:
    """A text that fits the request's schema, `ok` where it names none."""
    format_ = request.get("response_format") or {}
    schema = format_.get("json_schema", {}).get("schema")
    return json.dumps(fabricate(schema, random.Random(0))) if schema else "ok"


def completion(request: dict[str, Any], content: str | None, finish_reason: str = "stop") -> dict[str, Any]:
    """A chat completion in OpenAI's form: 11 tokens in, 7 out."""
    choice = {"index": 0, "finish_reason": finish_reason, "message": {"role": "assistant", "content": content}}
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": request.get("model", ""),
        "choices": [choice],
        "usage": usage,
    }


@contextmanager
def openai_server() -> Iterator[OpenAIServer]:
    """A running server on a free port of this machine."""
    server = OpenAIServer()
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.http.shutdown()
        server.http.server_close()
        thread.join()


def _handler(server: OpenAIServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            reply = server.reply_to(dict(self.headers), request)
            time.sleep(reply.delay_s)
            data = json.dumps(reply.body).encode()
            try:
                self.send_response(reply.status)
                for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the client gave up waiting, which is what a timeout test is about

        def log_message(self, *args: Any) -> None:
            pass

    return Handler
