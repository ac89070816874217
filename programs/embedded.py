"""A model file run inside this process: xllamacpp (llama.cpp) behind a DSPy engine, its replies held to a schema.

The schema that DSPy's JSONAdapter sends is decoded as a grammar (llguidance), so a reply cannot be anything
else than one JSON value that fits: enums, integer *and* float bounds, string lengths, nullable values and
nested models hold by construction. What a schema leaves open (digits of a float, the size of an integer, the
length of a string) a small model may fill until `max_tokens` cuts the reply, so signatures bound everything.
Replies are written without blanks and line breaks between values, which saves about a fifth of a turn's
tokens (69 instead of 86 for replies of equal length, Qwen2.5-Coder-1.5B).

One server per file and settings lives in this module, never in an engine, so engines can be copied and pickled.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from dspy import lm15

from data.errors import UserError

DEFAULT_CONTEXT = 8192
PROMPT_CACHE_MIB = 1024
"""Memory for the states of earlier prompts, which make a repeated prompt prefix free."""
JSON_STYLE = {"whitespace_flexible": False}


def available_cores() -> int:
    """Cores that this process may use: as many threads read a prompt and, by default, write a reply.

    The threads sleep instead of spinning while they wait for each other (`poll` 0). Spinning, two threads beside one
    busy process fell from 26 to 2 tokens/s; sleeping, to 9. One thread alone writes 17 and 15 (2 cores, measured).
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class EngineSettings:
    """What makes one loaded model differ from another."""

    path: str
    """The GGUF file."""
    threads: int
    """Threads that write a reply; a prompt is read by all cores."""
    context: int = DEFAULT_CONTEXT
    """Tokens that prompt and reply of one call may have together."""
    slots: int = 1
    """Calls computed at once; more slots than one pay off on many cores only."""
    adapter: str | None = None
    """A GGUF file of LoRA adapters that the model runs with (`optimizers.dpo`)."""


class EmbeddedEngine:
    """A DSPy engine that runs a GGUF model file in this process; safe to call from several threads."""

    supports_response_schema = True
    supported_params = frozenset({"temperature", "max_tokens", "top_p", "top_k", "stop", "seed", "response_format"})

    def __init__(self, settings: EngineSettings) -> None:
        self.settings = settings

    def complete(self, request: lm15.Request) -> lm15.Response:
        """One attempt at one reply.

        Raises:
            lm15.ContextLengthError: prompt and reply do not fit the context.
            lm15.InvalidRequestError: the server cannot work with the request, for example with its schema.
            lm15.ServerError: anything else the server reports.
        """
        reply = server_for(self.settings).handle_chat_completions(_body(request))
        if "error" in reply:
            raise _error(reply["error"])
        return _response(reply, request)

    def stream(self, request: lm15.Request) -> Iterator[Any]:
        """The whole reply as one stream; DSPy's interface asks for it."""
        return lm15.response_to_events(self.complete(request))

    def price_usd(self, tokens_in: int, tokens_out: int) -> float:
        """0.0: the user's own machine sends no bill; see `programs.accounts`."""
        return 0.0

    def close(self) -> None:
        """Nothing: the server is shared and lives as long as the process."""

    def dump_state(self) -> dict[str, Any]:
        """JSON-ready settings, DSPy's interface for saving."""
        return asdict(self.settings)

    @classmethod
    def load_state(cls, state: dict[str, Any]) -> Self:
        """The inverse of `dump_state`."""
        return cls(EngineSettings(**state))


_servers: dict[EngineSettings, Any] = {}
_servers_lock = threading.Lock()


def server_for(settings: EngineSettings) -> Any:
    """The loaded server for `settings`; loading takes seconds, later calls nothing.

    Raises:
        UserError: the inference library is missing, or it cannot load the file.
    """
    with _servers_lock:
        if settings not in _servers:
            _servers[settings] = _load(settings)
        return _servers[settings]


def _load(settings: EngineSettings) -> Any:
    try:
        import xllamacpp
    except ImportError as error:
        raise UserError(
            'the embedded model needs the library xllamacpp, which is not installed; run pip install "maden[local]"'
        ) from error
    if not Path(settings.path).is_file():
        raise UserError(f"there is no model file {settings.path}; check the path")
    params = xllamacpp.CommonParams()
    params.model.path = settings.path
    params.cpuparams.n_threads = settings.threads
    # Reading takes all cores in any case: its steps are long, so even beside a busy process it loses nothing.
    params.cpuparams_batch.n_threads = available_cores()
    params.cpuparams.poll = params.cpuparams_batch.poll = 0
    params.n_parallel = settings.slots
    params.n_ctx = settings.context * settings.slots  # llama.cpp divides the context among the slots
    params.cache_ram_mib = PROMPT_CACHE_MIB
    if settings.adapter is not None:
        params.lora_adapters = [_lora(settings.adapter)]
    params.verbosity = 0
    params.warmup = False
    # The library listens on a local port besides; only this process knows the key, so nobody else can use it.
    params.api_keys = [secrets.token_hex(16)]
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:
        raise UserError(
            f"cannot load the model file {settings.path}: it is damaged, of an unknown kind, or larger than the memory"
        ) from error


def _lora(path: str) -> Any:
    import xllamacpp

    adapter = xllamacpp.CommonAdapterLoraInfo()
    adapter.path, adapter.scale = path, 1.0
    return adapter


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
