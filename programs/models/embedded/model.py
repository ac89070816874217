"""One loaded model file: calls in turn, each reply written with as many threads as pay at that moment.

A server's threads are fixed when it is loaded. So a second one is loaded when other processes first leave too few
cores: the same file with fewer threads, which only writes. Prompts are read by the first one in any case (reading is as
fast with two threads on one core as with one), which keeps its memory of prompts whole; the state of what was read is
handed over in some hundredths of a second.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Semaphore
from typing import Any

from plumbing.errors import UserError
from programs.models.embedded.handover import HandOver
from programs.models.embedded.loaded_server import LoadedServer, ServerSettings
from programs.models.embedded.processor import LoadMeter, ProcessorLoad, usable_cores
from programs.models.embedded.speeds import FEWEST_TOKENS, Speeds
from programs.models.embedded.streamed_call import CallTimeout, streamed
from programs.models.embedded.threads import threads_that_pay

HUNG_AFTER_S = 60.0
"""A server that gave no sign of life for so long when its time was over is not asked again."""
AT_ONCE = "MADEN_CALLS_AT_ONCE"
"""Environment variable: how many calls one loaded model answers side by side; 1 unless set.

On a processor one after the other is as fast; with an inference library built for a graphics card, dozens at once are.
"""
MOST_AT_ONCE = 256
SLOW = 1 / 3
"""Of the usual speed: slower than this is worth a word."""
TELL_EVERY_S = 60.0
READ_ONLY = {"max_tokens": 0}

logger = logging.getLogger("maden.embedded")


class EmbeddedModel:
    """A model file, loaded; safe to call from several threads, which wait for each other.

    Args:
        path: the GGUF file.
        context: tokens that prompt and reply may have together.
        threads: that write, always; None: as many as pay, call by call.
        adapter: a GGUF file of LoRA adapters.
        load: what others do with the processor; None: measured.
        speeds: what this model reaches here; None: as kept in the user's cache folder.

    Raises:
        UserError: the inference library is missing, or it cannot load the file.
    """

    def __init__(
        self,
        path: str,
        context: int,
        threads: int | None = None,
        adapter: str | None = None,
        load: Callable[[], ProcessorLoad] | None = None,
        speeds: Speeds | None = None,
    ) -> None:
        cores = usable_cores()
        self._meter = LoadMeter()
        self._load = load or self._meter.read
        at_once = _calls_at_once()
        self._adapts = threads is None and cores > 1 and at_once == 1
        self._states = HandOver() if self._adapts else None
        self._full = LoadedServer(
            ServerSettings(
                path=path,
                context=context,
                writing_threads=threads or cores,
                reading_threads=cores,
                adapter=adapter,
                at_once=at_once,
                states=self._states.folder if self._states else None,
            )
        )
        self._lean: LoadedServer | None = None
        self.speeds = speeds or Speeds(Path(path).name, cores)
        self.hung = False
        """Whether a server hung; what is loaded then must be given up."""
        self.threads = threads or cores
        """That wrote the last reply."""
        self._told_at = float("-inf")
        self._turns = Semaphore(at_once)

    def complete(self, body: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """The reply to an OpenAI chat request; the server's errors are under `error`.

        Args:
            body: the request.
            timeout_s: from when the call's turn has come.

        Raises:
            CallTimeout: it took longer.
        """
        with self._turns:
            until = time.monotonic() + timeout_s
            try:
                reply = self._completed(body, until)
            except CallTimeout as error:
                if error.silent_s > HUNG_AFTER_S or error.silent_s > timeout_s / 2:
                    self._give_up()
                raise CallTimeout(self._late(timeout_s), error.silent_s) from None
            if "timings" in reply:
                self._measure(reply["timings"])
            return reply

    def _completed(self, body: dict[str, Any], until: float) -> dict[str, Any]:
        writer = self._writer()
        if writer is self._full or self._states is None:
            return streamed(self._full, body, until, self._meter.sample)
        read = streamed(self._full, {**body, **READ_ONLY}, until, self._meter.sample)
        if "error" in read:
            return read
        try:
            self._states.carry(self._full, writer)
        except OSError as error:
            logger.warning("a prompt could not be handed over (%s); all threads write", error)
            self._adapts, writer = False, self._full
        reply = streamed(writer, body, until, self._meter.sample)
        return reply if "error" in reply else _joined(read, reply)

    def _writer(self) -> LoadedServer:
        """The server whose number of threads pays now; loads a second one when it is first needed."""
        if not self._adapts:
            return self._full
        most = self._full.settings.writing_threads
        self.threads = threads_that_pay(self._load(), self.speeds, most)
        if self.threads == most:
            return self._full
        if self._lean is None or self._lean.settings.writing_threads != self.threads:
            self._lean = self._loaded(self.threads)
        return self._lean or self._full

    def _loaded(self, threads: int) -> LoadedServer | None:
        self._lean = None  # first let the memory go
        settings = replace(self._full.settings, writing_threads=threads, reading_threads=threads, remembers=False)
        try:
            return LoadedServer(settings)
        except UserError as error:
            logger.warning("no second copy of the model could be loaded (%s); all threads write", error)
            self._adapts = False
            self.threads = self._full.settings.writing_threads
            return None

    def _measure(self, timings: dict[str, Any]) -> None:
        self.speeds.read(timings["prompt_n"], timings["prompt_ms"] / 1000)
        self.speeds.wrote(self.threads, timings["predicted_n"], timings["predicted_ms"] / 1000)
        if time.monotonic() - self._told_at >= TELL_EVERY_S:
            if sentence := self._slowness(timings):
                logger.warning("%s", sentence)
            self.speeds.keep()
            self._told_at = time.monotonic()

    def _slowness(self, timings: dict[str, Any]) -> str | None:
        """What is amiss when a reply came at less than a third of the usual speed."""
        usual = self.speeds.usual_writing(self._full.settings.writing_threads)
        if not usual or timings["predicted_n"] < FEWEST_TOKENS or timings["predicted_per_second"] >= usual * SLOW:
            return None
        return (
            f"the model writes {timings['predicted_per_second']:.1f} tokens a second, usually {usual:.0f}: "
            f"{self._reason()}"
        )

    def _reason(self) -> str:
        load = self._load()
        machine = load.machine_cores or load.cores
        if load.cores < machine:
            return f"this process may use {load.cores:.1f} of {machine:.0f} cores, and {load.free:.1f} are free"
        if load.others >= 0.2:
            return f"other processes use {min(load.others, machine):.1f} of {machine:.0f} cores"
        return "no other process on this machine is the reason; is the processor throttled, or shared with others?"

    def _late(self, timeout_s: float) -> str:
        return f"the embedded model did not finish a reply in {timeout_s:.0f} s ({self._reason()})"

    def _give_up(self) -> None:
        self.hung = True
        for server in (self._full, self._lean):
            if server is not None:
                server.leak()


def _calls_at_once() -> int:
    told = os.environ.get(AT_ONCE, "1")
    if not told.isdecimal() or not 1 <= int(told) <= MOST_AT_ONCE:
        raise UserError(f"{AT_ONCE} is {told!r}; write a whole number from 1 to {MOST_AT_ONCE}")
    return int(told)


def _joined(read: dict[str, Any], written: dict[str, Any]) -> dict[str, Any]:
    """The written reply with the figures of the server that read its prompt."""
    timings = {**written["timings"], **{k: v for k, v in read["timings"].items() if k.startswith(("prompt", "cache"))}}
    usage = {**written["usage"], "prompt_tokens_details": read["usage"].get("prompt_tokens_details")}
    return {**written, "timings": timings, "usage": usage}
