"""A fake model that can be sent to workers and writes down each call where every process can read it."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import dspy
from dspy.lm15 import Message, Request, Response, Usage, response_to_events

from tests.optimizers.served import uneven
from tests.programs.players import playing
from tests.scripted import prompt_text


class LoggedEngine:
    """Plays better with some debtors and some prompts than with others (`tests.optimizers.served.uneven`).

    Args:
        log: file of the calls, one line each: process and hash of the prompt.
        latency_s: of every call.
        deadly: text in a prompt that ends the process which asks.
    """

    supports_response_schema = True
    supported_params = frozenset({"temperature", "max_tokens", "seed", "response_format"})

    def __init__(self, log: Path | None = None, latency_s: float = 0.0, deadly: str = "") -> None:
        self.log, self.latency_s, self.deadly = log, latency_s, deadly
        self._answer: Any = None

    def complete(self, request: Request) -> Response:
        prompt = prompt_text(request)
        if self.log is not None:
            with self.log.open("a") as file:  # one short line in one write: whole, whoever else appends
                file.write(f"{os.getpid()} {hashlib.sha256(prompt.encode()).hexdigest()}\n")
        if self.deadly and self.deadly in prompt:
            os._exit(1)
        time.sleep(self.latency_s)
        reply = self.reply(prompt, request.config.seed)
        text = "ok" if prompt.endswith("ok") else reply if isinstance(reply, str) else json.dumps(reply)
        usage = Usage(input_tokens=len(prompt) // 4, output_tokens=len(text) // 4)
        return Response(
            id=None, model=request.model, message=Message.assistant(text), finish_reason="stop", usage=usage
        )

    def reply(self, prompt: str, seed: int | None) -> Any:
        self._answer = self._answer or playing(uneven).engine.answer
        return self._answer(prompt)

    def price_usd(self, tokens_in: int, tokens_out: int) -> float:
        return 0.001

    def stream(self, request: Request) -> Any:
        return response_to_events(self.complete(request))

    def close(self) -> None:
        pass

    def __deepcopy__(self, memo: dict) -> LoggedEngine:
        return self

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_answer": None}


def logged_lm(log: Path | None = None, latency_s: float = 0.0, deadly: str = "", **settings: Any) -> dspy.LM:
    """A model with a `LoggedEngine`."""
    return fleet_lm(LoggedEngine(log, latency_s, deadly), **settings)


def fleet_lm(engine: LoggedEngine, model: str = "scripted/fleet", **settings: Any) -> dspy.LM:
    """A model with this engine."""
    settings = {"temperature": 0.0, "max_tokens": 400, "cache": True, "num_retries": 0, **settings}
    return dspy.LM(model, engine=engine, **settings)


def calls(log: Path) -> list[tuple[int, str]]:
    """Process and prompt of every call in the log."""
    if not log.exists():
        return []
    return [(int(pid), prompt) for pid, prompt in (line.split() for line in log.read_text().splitlines())]
