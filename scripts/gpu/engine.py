"""A DSPy engine over `generation`: negotiations ask in threads of their own, one dispatcher answers them together."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any, Self

import dspy
from dspy import lm15

from programs.models.embedded.engine import JSON_STYLE
from scripts.gpu.generation import Asked, Generator, Replied

WAIT_S = 0.02
"""How long a batch waits for others who are about to ask."""


class BatchingEngine:
    """Answers many calls at once; copies of it are itself.

    Args:
        generator: writes the replies.
        at_once: replies in one batch at most.
    """

    supports_response_schema = True
    supported_params = frozenset({"temperature", "max_tokens", "seed", "response_format"})

    def __init__(self, generator: Generator, at_once: int) -> None:
        self.generator, self.at_once = generator, at_once
        self.batches: list[int] = []
        """Size of each batch so far."""
        self._asked: queue.Queue[tuple[Asked, Future[Replied]]] = queue.Queue()
        threading.Thread(target=self._dispatch, daemon=True).start()

    def complete(self, request: lm15.Request) -> lm15.Response:
        """One reply, when its batch is written.

        Raises:
            lm15.ServerError: the model could not write it.
        """
        asked, waiting = _asked(request, self.generator.tokenizer), Future[Replied]()
        self._asked.put((asked, waiting))
        try:
            reply = waiting.result()
        except Exception as error:
            raise lm15.ServerError(f"{type(error).__name__}: {error}") from error
        return lm15.Response(
            id=None,
            model=request.model,
            message=lm15.Message.assistant(reply.text),
            finish_reason="stop" if reply.whole else "length",
            usage=lm15.Usage(input_tokens=len(asked.ids), output_tokens=reply.tokens),
        )

    def stream(self, request: lm15.Request) -> Iterator[Any]:
        """The whole reply as one stream; DSPy's interface asks for it."""
        return lm15.response_to_events(self.complete(request))

    def price_usd(self, tokens_in: int, tokens_out: int) -> float:
        """0.0: nobody sends a bill."""
        return 0.0

    def close(self) -> None:
        """Nothing: the dispatcher ends with the process."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def _dispatch(self) -> None:
        while True:
            some = [self._asked.get()]
            try:
                while len(some) < self.at_once:
                    some.append(self._asked.get(timeout=WAIT_S))
            except queue.Empty:
                pass
            self.batches.append(len(some))
            try:
                for (_, waiting), reply in zip(some, self.generator.replies([asked for asked, _ in some]), strict=True):
                    waiting.set_result(reply)
            except Exception as error:
                for _, waiting in some:
                    if not waiting.done():
                        waiting.set_exception(error)


def lm_of(name: str, engine: BatchingEngine) -> dspy.LM:
    """A `dspy.LM` that this engine answers; `name` tells these weights from all others, for the cache's sake."""
    return dspy.LM(name, engine=engine, temperature=0.0, max_tokens=400, cache=True, num_retries=0)


def _asked(request: lm15.Request, tokenizer: Any) -> Asked:
    config, system = request.config, request.system or ""
    text = system if isinstance(system, str) else "".join(part.text for part in system)
    messages = [{"role": "system", "content": text}] if text else []
    messages += [{"role": one.role, "content": one.text or ""} for one in request.messages]
    ids = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)["input_ids"]
    return Asked(
        ids=tuple(ids),
        grammar=_grammar(config.response_format),
        max_tokens=config.max_tokens or 400,
        temperature=config.temperature or 0.0,
        seed=config.seed or 0,
    )


def _grammar(response_format: dict[str, Any] | None) -> str | None:
    """The embedded engine's grammar, so that both write the same JSON."""
    if (response_format or {}).get("type") != "json_schema":
        return None
    schema = {**(response_format or {})["schema"], "x-guidance": JSON_STYLE}
    return f"%llguidance {{}}\nstart: %json {json.dumps(schema)}"
