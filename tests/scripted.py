"""A language model whose answers a test writes: the one fake of this suite, at the one seam (a DSPy engine).

    lm = scripted_lm(lambda prompt: {"verdict": {"approve": "hold" in prompt}})
    with dspy.context(lm=lm, adapter=dspy.JSONAdapter()):
        ...
    assert "the instalment is" in lm.engine.prompts[0]

- `answer(prompt)` gets the whole prompt (system text first) and returns the reply: a dict becomes JSON, a str
  goes out as it is (also when it is nonsense), an exception instance is raised, and None, like no `answer` at all,
  makes a random reply that fits the response schema (same `seed` and prompt, same reply).
- `failures=[dspy.lm15.RateLimitError("slow down"), None, ...]`: the n-th attempt raises the n-th entry.
- `latency_s`: every attempt sleeps this long, as a remote model would.
- `lm.engine.prompts` and `.requests`: what arrived, in order, failed attempts included.
- Responses are not cached unless `cache=True`, so that an `answer` with a state works.
"""

from __future__ import annotations

import hashlib
import json
import random
import string
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

import dspy
from dspy.lm15 import Message, Request, Response, Usage, response_to_events

Answer = Callable[[str], "dict | str | Exception | None"]


def scripted_lm(
    answer: Answer | None = None,
    latency_s: float = 0.0,
    *,
    seed: int = 0,
    failures: Sequence[Exception | None] = (),
    price_usd: float | None = None,
    cache: bool = False,
    num_retries: int = 0,
    model: str = "scripted/test",
    **settings: Any,
) -> dspy.LM:
    """A `dspy.LM` with a `ScriptedEngine`; see the module's docstring. `price_usd` is the known price of one call."""
    engine = ScriptedEngine(answer, latency_s, seed, failures, price_usd)
    settings = {"temperature": 0.0, "max_tokens": 400, **settings}
    return dspy.LM(model, engine=engine, cache=cache, num_retries=num_retries, **settings)


class ScriptedEngine:
    """A DSPy engine that answers from a function; copies of it are itself, so prompts are never lost in a deepcopy."""

    supports_response_schema = True
    supported_params = frozenset({"temperature", "max_tokens", "seed", "response_format"})

    def __init__(
        self,
        answer: Answer | None = None,
        latency_s: float = 0.0,
        seed: int = 0,
        failures: Sequence[Exception | None] = (),
        price_usd: float | None = None,
    ) -> None:
        self.answer, self.latency_s, self.seed, self.price_per_call = answer, latency_s, seed, price_usd
        self.prompts: list[str] = []
        self.requests: list[Request] = []
        self._failures = list(failures)
        self._lock = threading.Lock()

    def complete(self, request: Request) -> Response:
        prompt = prompt_text(request)
        with self._lock:
            self.prompts.append(prompt)
            self.requests.append(request)
            failure = self._failures.pop(0) if self._failures else None
        if self.latency_s:
            time.sleep(self.latency_s)
        if failure is not None:
            raise failure
        text = self._reply(prompt, request)
        return Response(
            id=None,
            model=request.model,
            message=Message.assistant(text),
            finish_reason="stop",
            usage=Usage(input_tokens=len(prompt) // 4, output_tokens=len(text) // 4),
        )

    def price_usd(self, tokens_in: int, tokens_out: int) -> float | None:
        """The price of one call in USD, None when unknown; programs.models.accounts asks for it."""
        return self.price_per_call

    def stream(self, request: Request) -> Any:
        return response_to_events(self.complete(request))

    def close(self) -> None:
        pass

    def __deepcopy__(self, memo: dict) -> Self:
        return self

    def _reply(self, prompt: str, request: Request) -> str:
        reply = self.answer(prompt) if self.answer else None
        if isinstance(reply, Exception):
            raise reply
        if reply is None:
            rng = random.Random(hashlib.sha256(f"{self.seed}\n{prompt}".encode()).digest())
            reply = fabricate(response_schema(request) or {"type": "string"}, rng)
        return reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)


def prompt_text(request: Request) -> str:
    """The whole prompt as one text: the system part, then every message."""
    system = request.system or ""
    if not isinstance(system, str):
        system = "".join(part.text for part in system)
    return "\n\n".join([system, *(message.text or "" for message in request.messages)])


def response_schema(request: Request) -> dict[str, Any] | None:
    """The JSON schema that the reply must fit, None when the request names none."""
    format_ = request.config.response_format or {}
    return format_.get("schema") if format_.get("type") == "json_schema" else None


def fabricate(schema: dict[str, Any], rng: random.Random, root: dict[str, Any] | None = None) -> Any:
    """A random value that fits `schema` (the part of JSON Schema that pydantic writes for our signatures)."""
    root = root or schema
    if "$ref" in schema:
        return fabricate(root["$defs"][schema["$ref"].rsplit("/", 1)[-1]], rng, root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return rng.choice(schema["enum"])
    for key in ("anyOf", "allOf", "oneOf"):
        if key in schema:
            return fabricate(rng.choice(schema[key]), rng, root)
    match schema.get("type"):
        case "object":
            return {name: fabricate(part, rng, root) for name, part in schema.get("properties", {}).items()}
        case "array":
            size = rng.randint(schema.get("minItems", 0), schema.get("maxItems", schema.get("minItems", 0) + 2))
            return [fabricate(schema["items"], rng, root) for _ in range(size)]
        case "integer":
            low = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
            return rng.randint(low, schema.get("maximum", schema.get("exclusiveMaximum", low + 101) - 1))
        case "number":
            low = schema.get("minimum", 0.0)
            return round(rng.uniform(low, schema.get("maximum", low + 100)), 4)
        case "boolean":
            return rng.random() < 0.5
        case "null":
            return None
        case _:
            size = rng.randint(schema.get("minLength", 1), min(schema.get("maxLength", 40), 40))
            return "".join(rng.choices(string.ascii_lowercase + " ", k=size))
