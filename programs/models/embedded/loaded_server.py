"""A loaded model: xllamacpp's server (llama.cpp), and what has to be seen to around loading it."""

from __future__ import annotations

import ctypes
import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plumbing.errors import UserError

PROMPT_CACHE_MIB = 1024
"""Memory for the states of earlier prompts, which make a repeated prompt prefix free."""
READ_AT_ONCE = 512
"""Tokens of a prompt between two signs of life."""
SPIN_COUNT = "2000"
"""How often a thread looks whether the others are done before it sleeps (libgomp's GOMP_SPINCOUNT; 300,000 unless set).

A thread that spins for a partner whose core another process uses takes that core's time slice for nothing: two threads
beside one busy process write 0.3 tokens/s, at any priority of that process, since Linux shares out processors by
session first. Without any spinning an idle machine loses a quarter (20 instead of 27 tokens/s); with 2,000 rounds, a
few microseconds, nothing, and beside a busy process 9 tokens/s are left.
"""
_SPIN = "GOMP_SPINCOUNT"
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True)
class ServerSettings:
    """What makes one loaded server differ from another."""

    path: str
    """The GGUF file."""
    context: int
    """Tokens that prompt and reply of one call may have together."""
    writing_threads: int
    reading_threads: int
    adapter: str | None = None
    """A GGUF file of LoRA adapters."""
    remembers: bool = True
    """Whether states of earlier prompts are kept in memory."""
    at_once: int = 1
    """Replies that are written side by side; each has the whole context."""
    states: str | None = None
    """Folder for the state of a prompt (`programs.models.embedded.handover`); None: none leaves or comes in."""


class LoadedServer:
    """A server and its key; only this process knows it, so nobody else can use the port that the library opens.

    Raises:
        UserError: the inference library is missing, or it cannot load the file.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self.key = secrets.token_hex(16)
        self.raw = _load(settings, self.key)
        # The library's loop begins some time after loading, and one that is freed before it begins never ends: freeing
        # waits for it and holds Python's lock, so the whole process hangs. Any answer shows that the loop runs.
        self.raw.handle_metrics()

    @property
    def address(self) -> str:
        """`http://127.0.0.1:PORT`."""
        return str(self.raw.listening_address)

    def leak(self) -> None:
        """Never free the server: freeing waits for a computation, and one that hangs would be waited for for ever."""
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self.raw))


def _load(settings: ServerSettings, key: str) -> Any:
    if not Path(settings.path).is_file():
        raise UserError(f"there is no model file {settings.path}; check the path")
    xllamacpp = _library()
    params = xllamacpp.CommonParams()
    params.model.path = settings.path
    params.cpuparams.n_threads = settings.writing_threads
    params.cpuparams_batch.n_threads = settings.reading_threads
    params.n_parallel = settings.at_once
    params.n_ctx = settings.context * settings.at_once
    params.n_batch = READ_AT_ONCE
    params.cache_ram_mib = PROMPT_CACHE_MIB if settings.remembers and settings.at_once == 1 else 0
    if settings.states is not None:
        params.slot_save_path = settings.states
    if settings.adapter is not None:
        params.lora_adapters = [_lora(xllamacpp, settings.adapter)]
    params.endpoint_metrics = True
    params.verbosity = 0
    params.warmup = False
    params.api_keys = [key]
    try:
        with _own_signals():
            return xllamacpp.Server(params)
    except RuntimeError as error:
        raise UserError(
            f"cannot load the model file {settings.path}: it is damaged, of an unknown kind, or larger than the memory"
        ) from error


def _library() -> Any:
    """xllamacpp; libgomp, which comes with it, reads its spin count once, when it is loaded."""
    before = os.environ.get(_SPIN)
    os.environ.setdefault(_SPIN, SPIN_COUNT)
    try:
        import xllamacpp
    except ImportError as error:
        raise UserError(
            'the embedded model needs the library xllamacpp, which is not installed; run pip install "maden[local]"'
        ) from error
    finally:
        if before is None:
            del os.environ[_SPIN]
    return xllamacpp


def _lora(xllamacpp: Any, path: str) -> Any:
    adapter = xllamacpp.CommonAdapterLoraInfo()
    adapter.path, adapter.scale = path, 1.0
    return adapter


@contextmanager
def _own_signals() -> Iterator[None]:
    """A block after which signals go where they went before: the library takes Ctrl-C for itself, in any thread.

    By the C library, since Python sets handlers in its main thread only, and a second server may be loaded in another.
    """
    if os.name != "posix":
        yield
        return
    libc = ctypes.CDLL(None)
    kept = {number: ctypes.create_string_buffer(512) for number in _SIGNALS}  # larger than any struct sigaction
    for number, action in kept.items():
        libc.sigaction(int(number), None, action)
    try:
        yield
    finally:
        for number, action in kept.items():
            libc.sigaction(int(number), action, None)
