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
from tests.programs.command_line import small_book
from tests.programs.players import playing, situation, turn

LATENCY_S = 0.01
MODEL = "openai/gpt-4o-mini"
"""LiteLLM lists its price; the server answers under this name."""
PROBE_TOKENS = 5
PATIENCE_S = 240
"""How long anything is waited for: a starved machine takes minutes to import DSPy and LiteLLM."""
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

    def __init__(self, server: OpenAIServer, failing: float, latency_s: float) -> None:
        self.url, self.latency_s = server.url, latency_s
        self.asked: list[str] = []
        """Every request that was answered, in order, without probes."""
        self.failed = 0
        self._answer = playing(uneven).engine.answer
        self._failing, self._random = failing, random.Random(2)
        self._refuse_after: int | None = None
        self._hold_from: int | None = None
        self._changed = threading.Condition(server.lock)
        server.reply_to = self._reply_to  # type: ignore[method-assign]

    def wait_for(self, count: int, gone: Callable[[], bool], timeout_s: float = PATIENCE_S) -> None:
        """Until `count` requests were answered in all, or the asking process is `gone`."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.asked) >= count or gone(), timeout_s), "no request came"

    def refuse_after(self, count: int | None) -> None:
        """Refuse the key from the `count`-th request on, a failure that nobody waits out; None: take it again."""
        self._refuse_after = count

    def hold_from(self, count: int | None) -> None:
        """Leave the `count`-th request and what follows without an answer, so that no compile ends; None: answer."""
        with self._changed:
            self._hold_from = count
            self._changed.notify_all()

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
            if self._refuse_after is not None and len(self.asked) >= self._refuse_after:
                return Reply.error(401, "invalid_api_key", "wrong key")
            self.asked.append(json.dumps(request, sort_keys=True))
            self._changed.notify_all()
            number = len(self.asked)
            self._changed.wait_for(lambda: self._hold_from is None or number < self._hold_from)
        content = self._answer(prompt)
        text = json.dumps(content) if isinstance(content, dict) else made_up(request)
        return Reply(body=completion(request, text), delay_s=self.latency_s)


@contextlib.contextmanager
def served(failing: float = 0.0, latency_s: float = LATENCY_S) -> Iterator[Served]:
    """A running server; a share `failing` of the requests is refused because of a rate limit."""
    with openai_server() as server:
        yield Served(server, failing, latency_s)


class Forker:
    """The process that stands ready to compile (`tests.optimizers.forker`); one is enough for all tests."""

    def __init__(self, folder: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "DSPY_CACHEDIR": str(folder / "dspy")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.optimizers.forker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=folder,
        )  # fmt: skip
        self._lock, self._news = threading.Lock(), threading.Condition()
        self._begun: list[int] = []
        self.statuses: dict[int, int] = {}
        """Of the compiles that have ended, by process number."""
        self.models: list[Served] = []
        """Told of every end."""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def start(self, job: dict[str, Any]) -> int:
        """Begin a compile; its process number."""
        assert self._process.stdin is not None
        with self._lock:
            print(json.dumps(job), file=self._process.stdin, flush=True)
            with self._news:
                assert self._news.wait_for(lambda: bool(self._begun), PATIENCE_S), "the forker does not answer"
                return self._begun.pop()

    def wait(self, pid: int, timeout_s: float) -> int | None:
        """The exit status; None if it takes longer."""
        with self._news:
            self._news.wait_for(lambda: pid in self.statuses, timeout_s)
            return self.statuses.get(pid)

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._reader.join()
        self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            pid, status = json.loads(line)
            with self._news:
                if status is None:
                    self.statuses.pop(pid, None)  # numbers come again
                    self._begun.append(pid)
                else:
                    self.statuses[pid] = status
                self._news.notify_all()
            for model in list(self.models):
                model.wake()


class Compiler:
    """Compiles of one configuration, in one folder, all sessions of the run `it`."""

    def __init__(self, forker: Forker, folder: Path, model: Served, *flags: object, threads: int = 1) -> None:
        self._forker, self.model, self.threads = forker, model, threads
        self.flags = ["--lm", MODEL, *map(str, flags)]
        self.runs, self.artifacts = folder / "runs", folder / "artifacts"
        self.log = folder / "log.txt"
        folder.mkdir(parents=True, exist_ok=True)
        self.env = {"OPENAI_API_BASE": model.url, "OPENAI_API_KEY": "none", "SOURCE_DATE_EPOCH": "1786000000"}
        if model not in forker.models:
            forker.models.append(model)

    def begin(self, die_at: str | None = None) -> Child:
        """The first session."""
        return self._start("--run", "it", *self.flags, die_at=die_at)

    def resume(self, *flags: object) -> Child:
        """A further session."""
        return self._start("--resume", "it", *flags)

    def join(self) -> Child:
        """A further worker."""
        return self._start("--join", "it")

    def go_on(self) -> Child:
        """Whichever of the two is due."""
        return self.resume() if (self.runs / "it" / "run.json").exists() else self.begin()

    def whole(self) -> bytes:
        """Begin, wait for the end, and return the artifact."""
        assert self.begin().ended() == 0, self.said()
        return self.artifact()

    def said(self) -> str:
        """All that was printed, on one line."""
        return " ".join(self.log.read_text().split())

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

    def ledger(self) -> dict[tuple[str, str], float]:
        """The objective of every finished negotiation, by program and debtor."""
        lines = (self.runs / "it" / "negotiations.jsonl").read_text().splitlines()
        return {(line["candidate"], line["case_id"]): line["score"] for line in map(json.loads, lines)}

    def artifact(self, version: int = 1) -> bytes:
        """The bytes of a saved version."""
        return (self.artifacts / "maden" / f"v{version:04d}.json").read_bytes()

    def versions(self) -> list[str]:
        """The files of the artifact."""
        return sorted(path.name for path in (self.artifacts / "maden").glob("v*.json"))

    def _start(self, *argv: object, die_at: str | None = None) -> Child:
        always = ("--runs", self.runs, "--artifacts", self.artifacts, "--threads", self.threads)
        job = {
            "argv": [str(part) for part in (*argv, *always)],
            "env": self.env,
            "log": str(self.log),
            "die_at": die_at,
        }
        return Child(self._forker, self._forker.start(job), self.log)


class Child:
    """A compile at work."""

    def __init__(self, forker: Forker, pid: int, log: Path) -> None:
        self._forker, self.pid, self._log = forker, pid, log

    @property
    def gone(self) -> bool:
        """Whether it has ended."""
        return self.pid in self._forker.statuses

    def signal(self, number: int) -> None:
        """Send it a signal, if it is still there."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> int:
        """SIGKILL; its exit status, -9 if it was still at work."""
        self.signal(signal.SIGKILL)
        return self.ended()

    def ended(self, timeout_s: float = PATIENCE_S) -> int:
        """Wait for its exit status."""
        status = self._forker.wait(self.pid, timeout_s)
        assert status is not None, self._log.read_text()[-2000:]
        return status


def nap(seconds: float) -> None:
    """Let a compile work so long."""
    time.sleep(seconds)


def small_compile(folder: Path, *, debtors: int) -> tuple[str | Path | int, ...]:
    """Flags of a compile with short negotiations and so many training and validation debtors."""
    policy = folder / "policy.toml"
    policy.write_text("round_limit = 4\n")
    return ("--book", small_book(folder, 80), "--policy", policy, "--train", debtors, "--val", debtors)
