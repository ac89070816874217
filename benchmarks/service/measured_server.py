"""The server that `benchmarks.service` loads: the real one, on a model that answers after a fixed latency.

`python -m benchmarks.service.measured_server URL PORT LATENCY_S THREADS BOOK_FOLDER CASES`; /metrics counts the model's
calls beside the service's own figures.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dspy
from dspy.lm15 import Message, Request, Response, Usage
from prometheus_client import Counter

from app.access.links import Links
from app.access.operators import Operators
from app.api.parts import Parts
from app.conversation.negotiations import Negotiations
from app.conversation.worker import Worker
from app.database.migrating import migrate
from app.database.transactions import Database
from app.server import create_app, set_for_serving
from app.serving.listener import listen
from plumbing.errors import UserError
from tests.app.desk import desk_answer, house
from tests.programs.cases import case
from tests.scripted import ScriptedEngine, prompt_text

OPERATOR, PASSWORD = "olga", "correct horse battery"
NO_LIMIT = 10**6
START_S = 60
CALLS = Counter("fake_model_calls_total", "Calls of the fake model.")


class FixedLatency(ScriptedEngine):
    """Answers what the tests' model answers, after `latency_s`; keeps no prompts, of which there would be many."""

    def complete(self, request: Request) -> Response:
        """One reply."""
        CALLS.inc()
        time.sleep(self.latency_s)
        text = self._reply(prompt_text(request), request)
        return Response(
            id=None,
            model=request.model,
            message=Message.assistant(text),
            finish_reason="stop",
            usage=Usage(input_tokens=0, output_tokens=0),
        )


def case_name(number: int) -> str:
    """Of the debtor of that number, from 0, in the book."""
    return f"d-{number + 1}"


def main(url: str, port: int, latency_s: float, threads: int, folder: Path, cases: int) -> None:
    """Serve until stopped."""
    database = Database(url)
    migrate(database)
    engine = FixedLatency(desk_answer("Let us find a plan."), latency_s)
    lm = dspy.LM("scripted/fixed", engine=engine, cache=False, num_retries=0, temperature=0.0, max_tokens=400)
    negotiations = Negotiations(
        database, house(folder, lm, cases=[case(case_id=case_name(one)) for one in range(cases)])
    )
    operators = Operators(database)
    operators.add(OPERATOR, PASSWORD)
    base_url = f"http://127.0.0.1:{port}"
    parts = Parts(negotiations, Links("secret" * 8), operators, Worker(negotiations, threads), base_url, NO_LIMIT)
    app = create_app(parts)
    set_for_serving()
    listen(app, "127.0.0.1", port)


@contextmanager
def serving(
    url: str, latency_s: float, threads: int, folder: Path, cases: int = 100
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A server process with so many debtors in its book; its address, and itself.

    Raises:
        UserError: it does not start.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    argv = [url, str(port), str(latency_s), str(threads), str(folder), str(cases)]
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.service.measured_server", *argv])
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address, process)
        yield address, process
    finally:
        process.terminate()
        process.wait()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/health", timeout=1).close()
            return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.1)
    raise UserError(f"the server did not start within {START_S} s; what it said stands above")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5]), int(sys.argv[6]))
