"""A model file run inside this process: xllamacpp (llama.cpp) behind a DSPy engine, its replies held to a schema.

The schema that DSPy's JSONAdapter sends is decoded as a grammar (llguidance), so a reply cannot be anything
else than one JSON value that fits: enums, integer *and* float bounds, string lengths, nullable values and
nested models hold by construction. What a schema leaves open (digits of a float, the size of an integer, the
length of a string) a small model may fill until `max_tokens` cuts the reply, so signatures bound everything.
Replies are written without blanks and line breaks between values, which saves about a fifth of a turn's
tokens (69 instead of 86 for replies of equal length, Qwen2.5-Coder-1.5B).

One loaded model per file and settings lives in this module, never in an engine, so engines can be copied and pickled.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from dspy import lm15

from programs.models.embedded.model import EmbeddedModel
from programs.models.embedded.processor import usable_cores
from programs.models.embedded.speeds import Speeds
from programs.models.model_file import ensured

DEFAULT_CONTEXT = 8192
TIMEOUT_S = 300.0
"""Fifty times what a call usually takes: a machine may be busy."""
JSON_STYLE = {"whitespace_flexible": False}


@dataclass(frozen=True)
class EngineSettings:
    """What makes one loaded model differ from another."""

    path: str
    """The GGUF file."""
    threads: int | None = None
    """Threads that write a reply; None: as many as pay at each call. A prompt is read by all cores."""
    context: int = DEFAULT_CONTEXT
    """Tokens that prompt and reply of one call may have together."""
    adapter: str | None = None
    """A GGUF file of LoRA adapters that the model runs with (`optimizers.dpo`)."""


class EmbeddedEngine:
    """A DSPy engine that runs a GGUF model file in this process; safe to call from several threads.

    Args:
        settings: which model.
        timeout_s: seconds for one attempt at one reply, from when its turn has come.
    """

    supports_response_schema = True
    supported_params = frozenset({"temperature", "max_tokens", "top_p", "top_k", "stop", "seed", "response_format"})

    def __init__(self, settings: EngineSettings, timeout_s: float = TIMEOUT_S) -> None:
        self.settings = settings
        self.timeout_s = timeout_s

    def complete(self, request: lm15.Request) -> lm15.Response:
        """One attempt at one reply.

        Raises:
            lm15.ContextLengthError: prompt and reply do not fit the context.
            lm15.InvalidRequestError: the server cannot work with the request, for example with its schema.
            lm15.TimeoutError: it took longer than `timeout_s`, hung or on a machine that is too busy.
            lm15.ServerError: anything else the server reports.
        """
        reply = model_for(self.settings).complete(_body(request), self.timeout_s)
        if "error" in reply:
            raise _error(reply["error"])
        return _response(reply, request)

    def stream(self, request: lm15.Request) -> Iterator[Any]:
        """The whole reply as one stream; DSPy's interface asks for it."""
        return lm15.response_to_events(self.complete(request))

    @property
    def speeds(self) -> Speeds:
        """What this model usually reaches on this machine, as earlier processes measured it."""
        return Speeds(Path(self.settings.path).name, usable_cores())

    def price_usd(self, tokens_in: int, tokens_out: int) -> float:
        """0.0: the user's own machine sends no bill; see `programs.models.accounts`."""
        return 0.0

    def close(self) -> None:
        """Nothing: the model is shared and lives as long as the process."""

    def dump_state(self) -> dict[str, Any]:
        """JSON-ready settings, DSPy's interface for saving."""
        return {**asdict(self.settings), "timeout_s": self.timeout_s}

    @classmethod
    def load_state(cls, state: dict[str, Any]) -> Self:
        """The inverse of `dump_state`."""
        settings = {name: value for name, value in state.items() if name != "timeout_s"}
        return cls(EngineSettings(**settings), state.get("timeout_s", TIMEOUT_S))


_models: dict[EngineSettings, EmbeddedModel] = {}
_models_lock = threading.Lock()


def model_for(settings: EngineSettings) -> EmbeddedModel:
    """The loaded model for `settings`; loading takes seconds, later calls nothing. One that hung is loaded anew.

    Raises:
        UserError: the inference library is missing, or it cannot load the file.
    """
    with _models_lock:
        if settings not in _models or _models[settings].hung:
            path = str(ensured(Path(settings.path)))
            adapter = None if settings.adapter is None else str(ensured(Path(settings.adapter)))
            _models[settings] = EmbeddedModel(path, settings.context, settings.threads, adapter)
        return _models[settings]


def _body(request: lm15.Request) -> dict[str, Any]:
    """The request in the form of an OpenAI chat call, which llama.cpp's server takes."""
    config = request.config
    messages = [{"role": "system", "content": _system(request)}] if request.system else []
    for message in request.messages:
        role = "system" if message.role == "developer" else message.role
        messages.append({"role": role, "content": message.text or ""})
    options = {name: getattr(config, name) for name in ("max_tokens", "temperature", "top_p", "top_k", "seed")}
    body: dict[str, Any] = {"messages": messages, **{k: v for k, v in options.items() if v is not None}}
    if config.stop:
        body["stop"] = list(config.stop)
    return {**body, **_format(config.response_format)}


def _system(request: lm15.Request) -> str:
    system = request.system or ""
    return system if isinstance(system, str) else "".join(part.text for part in system)


def _format(response_format: dict[str, Any] | None) -> dict[str, Any]:
    """The part of the body that holds the reply to a schema, or to any JSON object."""
    match (response_format or {}).get("type"):
        case "json_schema":
            schema = {**(response_format or {})["schema"], "x-guidance": JSON_STYLE}
            return {"grammar": f"%llguidance {{}}\nstart: %json {json.dumps(schema)}"}
        case "json_object":
            return {"response_format": {"type": "json_object"}}
        case _:
            return {}


def _response(reply: dict[str, Any], request: lm15.Request) -> lm15.Response:
    choice, usage = reply["choices"][0], reply["usage"]
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens")
    return lm15.Response(
        id=reply.get("id"),
        model=request.model,
        message=lm15.Message.assistant(choice["message"].get("content") or ""),
        finish_reason="length" if choice["finish_reason"] == "length" else "stop",
        usage=lm15.Usage(
            input_tokens=usage["prompt_tokens"],
            output_tokens=usage["completion_tokens"],
            cache_read_tokens=cached,
        ),
        provider_data={"timings": reply.get("timings")},
    )


def _error(error: dict[str, Any]) -> lm15.LM15Error:
    message, code = str(error.get("message", error)), error.get("code")
    if error.get("type") == "exceed_context_size_error":
        return lm15.ContextLengthError(message, provider_code="exceed_context_size_error")
    if code == 400:
        return lm15.InvalidRequestError(message)
    return lm15.ServerError(message)
