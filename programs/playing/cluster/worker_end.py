"""The worker's end of the line to the driver: what a job says, and where its LM calls look for stored answers.

A job is a greenlet of the thread that hears the driver: at a question it stands still, in the middle of the program,
and the thread goes back to the driver. A thread of its own had to be woken twice a call.
"""

from __future__ import annotations

import contextlib
import contextvars
import pickle
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import cloudpickle
import dspy
from dspy.clients.cache import _transform_value
from dspy.utils.callback import ACTIVE_CALL_ID, BaseCallback
from greenlet import getcurrent, greenlet

from programs.models.accounts import CostAccount, current_role
from programs.models.calls import exploring
from programs.playing.cluster.messages import (
    CallAsked,
    CallBegan,
    CallEnded,
    Done,
    Failed,
    Job,
    Made,
    Note,
    Paid,
    Wanted,
)
from programs.playing.cluster.model_files import received
from programs.table.runner import listening

_LINE: ContextVar[WorkerLine | None] = ContextVar("maden_line", default=None)


class Dropped(BaseException):
    """Nobody waits for this job any more; no `Exception`, so that no program takes it for a model's failure."""


class WorkerLine:
    """One job; `begin`, `go_on` and `end` are called in one and the same thread.

    Args:
        work: called with case and seed.
        lm: of its DSPy settings.
        job: what is played.
    """

    def __init__(self, work: Callable[[Any, int], Any], lm: dspy.LM | None, job: Job) -> None:
        self._work, self._lm, self._job = work, lm, job
        self._notes: list[Note] = []
        self._playing = greenlet(self._play)
        self._playing.gr_context = contextvars.copy_context()
        self._dropped = False
        self.heard_by: list[BaseCallback] = []
        """Who is told of the job's LM calls."""

    def begin(self) -> list[Note]:
        """Play up to the first question or the end; returns what the job has said."""
        return self._said()

    def go_on(self, answer: Any) -> list[Note]:
        """Play on with the driver's answer up to the next question or the end; returns what the job has said."""
        return self._said(answer)

    def end(self) -> None:
        """End the job where it stands: nobody waits for it any more."""
        self.drop()
        if self._playing:  # begun and not over
            self._playing.throw(Dropped)

    def drop(self) -> None:
        """Let the job end at its next word; from any thread."""
        self._dropped = True

    @staticmethod
    def over(notes: list[Note]) -> bool:
        """Whether the job has ended with these notes; a dropped one ends without a word."""
        return not notes or isinstance(notes[-1], Done | Failed)

    def say(self, note: Note) -> None:
        """Tell the driver, as soon as the job asks or ends.

        Raises:
            Dropped: it does not listen any more.
        """
        if self._dropped:
            raise Dropped
        self._notes.append(note)

    def ask(self, question: CallAsked | Wanted) -> Any:
        """What is stored, or None where the call may be made; of a file what is wanted.

        Raises:
            Dropped: nobody answers any more.
            RuntimeError: a thread of the program's own asks.
        """
        self.say(question)
        if getcurrent() is not self._playing:
            raise RuntimeError("on a cluster a program asks models from the thread that it is called in, and no other")
        return self._playing.parent.switch()

    def _said(self, *answer: Any) -> list[Note]:
        self._playing.switch(*answer)
        notes, self._notes = self._notes, []
        return notes

    def _play(self) -> None:
        account = CostAccount()
        self.heard_by = [account, _Teller()]
        _LINE.set(self)
        explored = exploring(*self._job.sample) if self._job.sample else contextlib.nullcontext()
        heard = listening(lambda turn: self.say(Made(turn))) if self._job.heard else contextlib.nullcontext()
        settings = {"lm": self._lm} if self._lm is not None else {}
        try:
            with dspy.context(**settings), explored, heard:
                result = self._work(self._job.case, self._job.seed)
        except Dropped:
            return
        except BaseException as error:
            self._notes.append(Failed(_sendable(error), account.by_role))
        else:
            self._notes.append(Done(result, account.by_role))


def file_here(path: Path) -> Path:
    """Where this node has the model file that lies at `path` on the driver's machine; fetched if it has not.

    Raises:
        UserError: it cannot be had.
    """
    import ray

    line = _LINE.get()
    if line is None:
        return path
    wanted = str(path)
    return received(line.ask(Wanted(wanted)), lambda: tuple(line.ask(Wanted(wanted, content=True))), ray.get)


class LMCallbacks:
    """An LM's callbacks in a worker: its own, and whoever hears the calls of the job at hand.

    Among the callbacks of DSPy's settings they would be asked about each module, adapter and format as well, which
    costs as much as playing the negotiation does.
    """

    def __get__(self, lm: Any, owner: type) -> Any:
        if lm is None:
            return self
        line = _LINE.get()
        own = list(lm.__dict__.get("callbacks") or ())
        return own if line is None else [*own, *line.heard_by]

    def __set__(self, lm: Any, callbacks: list[BaseCallback]) -> None:
        line = _LINE.get()
        heard_by = [] if line is None else line.heard_by  # a copy of a model is given those of the model
        lm.__dict__["callbacks"] = [one for one in callbacks if one not in heard_by]


class AskedCache:
    """Stands where DSPy looks for cached answers: asks the driver of the job at hand."""

    def get(self, request: dict[str, Any], ignored_args_for_cache_key: list[str] | None = None) -> Any:
        """As DSPy's cache: the stored answer, or None where the call is to be made."""
        line = _LINE.get()
        if line is None:
            return None
        call_id, role = ACTIVE_CALL_ID.get(), current_role()
        return line.ask(CallAsked(call_id, role, _plain(request), ignored_args_for_cache_key))

    def put(
        self,
        request: dict[str, Any],
        value: Any,
        ignored_args_for_cache_key: list[str] | None = None,
        enable_memory_cache: bool = True,
    ) -> None:
        """As DSPy's cache: the driver stores it, with the request that the same call has asked for."""
        if (line := _LINE.get()) is not None:
            line.say(Paid(ACTIVE_CALL_ID.get(), current_role(), value))


class _Teller(BaseCallback):
    """Tells the driver when a call begins and ends, so that what it set aside for the call is free again."""

    def on_lm_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        """DSPy's callback."""
        if (line := _LINE.get()) is not None:
            line.say(CallBegan(call_id, instance.model, instance.engine))

    def on_lm_end(self, call_id: str, outputs: Any, exception: BaseException | None = None) -> None:
        """DSPy's callback."""
        if (line := _LINE.get()) is not None and not line._dropped:
            line.say(CallEnded(call_id))


def packed_notes(notes: list[Note]) -> bytes:
    """Notes as bytes for `pickle.loads`; Ray's own way, which looks at each object in Python, only where need be."""
    try:
        return pickle.dumps(notes, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception:
        return bytes(cloudpickle.dumps(notes))


def _plain(request: dict[str, Any]) -> dict[str, Any]:
    """A request that gives the same key, without the classes in it, which are made anew in every process."""
    return {name: _transform_value(value) for name, value in request.items()}


def _sendable(error: BaseException) -> BaseException:
    """The error itself where it pickles, with where it came from; else one that says the same."""
    where = "".join(traceback.format_exception(error))
    try:
        pickle.loads(packed_notes([Failed(error)]))
    except Exception:
        return RuntimeError(f"on a worker: {where}")
    error.add_note(f"on a worker: {where}")
    return error
