"""A model of fixed latency and price behind a socket, and compiles in processes of their own that can be killed."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.openai_server import OpenAIServer, Reply, completion, made_up, openai_server
from tests.programs.players import playing, situation, turn

LATENCY_S = 0.01
MODEL = "openai/gpt-4o-mini"
"""LiteLLM lists its price; the server answers under this name."""
PROBE_TOKENS = 5
ROOT = Path(__file__).resolve().parents[2]


def uneven(prompt: str) -> dict[str, Any]:
    """Plays better with some debtors and some prompts than with others, and writes an instruction when asked to."""
    if "proposed_instruction" in prompt:
        return {"proposed_instruction": f"Hold firm, variant {sum(map(ord, prompt)) % 5}."}
    if "Round 1 " in situation(prompt):
        return turn("hold")
    return turn("step_down" if sum(map(ord, prompt)) % 3 else "hold")


class Served:
    """The model's server: what was asked in which session, and how many answers went out."""

    def __init__(self, server: OpenAIServer, failing: float = 0.0, seed: int = 0) -> None:
        self.url = server.url
        self.asked: list[str] = []
        """Every request that was answered, in order, without probes."""
        self.failed = 0
        self._answer = playing(uneven).engine.answer
        self._failing, self._random = failing, random.Random(seed)
        self._changed = threading.Condition(server.lock)
        server.reply_to = self._reply_to  # type: ignore[method-assign]

    def wait_for(self, count: int, gone: Callable[[], bool], timeout_s: float = 60) -> None:
        """Until `count` requests were answered in all, or the asking process is `gone`."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.asked) >= count or gone(), timeout_s), "no request came"

    def wake(self) -> None:
        """Let `wait_for` look again."""
        with self._changed:
            self._changed.notify_all()

    def _reply_to(self, headers: dict[str, str], request: dict[str, Any]) -> Reply:
        prompt = "\n\n".join(message["content"] for message in request["messages"])
        if request.get("max_tokens") == PROBE_TOKENS:
            return Reply(body=completion(request, "ok"))
        with self._changed:
            if self._random.random() < self._failing:
                self.failed += 1
                return Reply.error(429, "rate_limit_exceeded", "slow down", retry_after="0.001")
            self.asked.append(json.dumps(request, sort_keys=True))
            self._changed.notify_all()
        content = self._answer(prompt)
        text = json.dumps(content) if isinstance(content, dict) else made_up(request)
        return Reply(body=completion(request, text), delay_s=LATENCY_S)


@contextlib.contextmanager
def served(failing: float = 0.0) -> Iterator[Served]:
    """A running server; a share `failing` of the requests is refused because of a rate limit."""
    with openai_server() as server:
        yield Served(server, failing)


class Compiler:
    """Starts compiles of one configuration as processes that stand ready (`tests.optimizers.forker`)."""

    def __init__(self, folder: Path, model: Served, *flags: object, threads: int = 1) -> None:
        self.folder, self.model = folder, model
        self.flags = ["--lm", MODEL, *map(str, flags)]
        self.threads = threads
        self.runs, self.artifacts = folder / "runs", folder / "artifacts"
        self.log = folder / "log.txt"
        folder.mkdir(parents=True, exist_ok=True)
        environment = {
            **os.environ,
            "OPENAI_API_BASE": model.url,
            "OPENAI_API_KEY": "none",
            "SOURCE_DATE_EPOCH": "1786000000",
            "PYTHONPATH": str(ROOT),
        }
        self._forker = subprocess.Popen(
            [sys.executable, "-m", "tests.optimizers.forker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=folder,
        )  # fmt: skip

    def __enter__(self) -> Compiler:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._forker.stdin is not None
        self._forker.stdin.close()
        self._forker.wait()
        self._forker.stdout.close()

    def begin(self, **more: Any) -> Child:
        """The first session."""
        return self._start(["--run", "it", *self.flags], more)

    def resume(self, *flags: object, **more: Any) -> Child:
        """A further session."""
        return self._start(["--resume", "it", *map(str, flags)], more)

    def go_on(self) -> Child:
        """Whichever of the two is due."""
        return self.resume() if (self.runs / "it" / "run.json").exists() else self.begin()

    def stored(self) -> int:
        """Answers in the run's file."""
        path = self.runs / "it" / "responses.sqlite"
        if not path.exists():
            return 0
        with contextlib.closing(sqlite3.connect(path)) as connection:
            try:
                return int(connection.execute("SELECT COUNT(*) FROM answers").fetchone()[0])
            except sqlite3.OperationalError:  # killed before the table was made
                return 0

    def artifact(self, version: int = 1) -> bytes:
        """The bytes of a saved version."""
        return (self.artifacts / "maden" / f"v{version:04d}.json").read_bytes()

    def versions(self) -> list[str]:
        """The files of the artifact."""
        return sorted(path.name for path in (self.artifacts / "maden").glob("v*.json"))

    def _start(self, argv: list[str], more: dict[str, Any]) -> Child:
        always = ["--runs", self.runs, "--artifacts", self.artifacts, "--threads", self.threads]
        job = {"argv": [*argv, *map(str, always)], "log": str(self.log), **more}
        assert self._forker.stdin is not None
        assert self._forker.stdout is not None
        print(json.dumps(job), file=self._forker.stdin, flush=True)
        return Child(int(json.loads(self._forker.stdout.readline())), self._forker.stdout, self.model, self.log)


class Child:
    """A compile at work."""

    def __init__(self, pid: int, statuses: Any, model: Served, log: Path) -> None:
        self.pid, self.log = pid, log
        self._status: int | None = None
        self._waiting = threading.Thread(target=self._wait, args=(statuses, model))
        self._waiting.start()

    @property
    def gone(self) -> bool:
        """Whether it has ended."""
        return self._status is not None

    def signal(self, number: int) -> None:
        """Send it a signal, if it is still there."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> int:
        """SIGKILL; its exit status, -9 if it was still at work."""
        self.signal(signal.SIGKILL)
        return self.ended()

    def ended(self, timeout_s: float = 120) -> int:
        """Wait for its exit status."""
        self._waiting.join(timeout_s)
        assert self._status is not None, self.log.read_text()[-2000:]
        return self._status

    def _wait(self, statuses: Any, model: Served) -> None:
        self._status = json.loads(statuses.readline())
        model.wake()


def nap(seconds: float) -> None:
    """Let a compile work so long."""
    time.sleep(seconds)
