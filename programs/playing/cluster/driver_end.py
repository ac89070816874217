"""The driver's end of the line: answers a worker's LM calls as if they were made here, and hears the result.

It runs in the thread that asked for the negotiation, under that thread's DSPy settings. So stored answers, budgets,
accounts and whoever watches the turns are the ones of the asking process, and nothing of them leaves it.
"""

from __future__ import annotations

import pickle
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import dspy
from dspy.utils.callback import ACTIVE_CALL_ID

from programs.models.accounts import Cost, CostAccount, role
from programs.models.pace import look
from programs.playing.cluster.cluster_worker import at_place
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
from programs.playing.cluster.model_files import FilesHere
from programs.table import runner

LOOK_EVERY_S = 0.5
"""How long a worker is waited for without a look at whether the run is over."""


class Conversation:
    """One job on one worker.

    Args:
        actor: Ray's handle of a `programs.playing.cluster.cluster_worker.ClusterWorker`.
        place: the worker's, where it is played.
        job: what is played.
        files: the model files of this machine.
    """

    def __init__(self, actor: Any, place: int, job: Job, files: FilesHere) -> None:
        self._actor, self._place, self._job, self._files = actor, place, job, files
        self._token = secrets.token_hex(8)
        self._open: set[str] = set()
        self._asked: dict[str | None, CallAsked] = {}

    def result(self) -> Any:
        """What the job came to.

        Raises:
            ray.exceptions.RayError: the worker is gone.
            Exception: what the job raised, or what whoever answers its calls did (a cap, a full disk).
        """
        try:
            notes = self._got(self._there("start").remote(self._token, self._job))
            go_on = self._there("go_on")
            while True:
                answer = None
                for note in notes:
                    if isinstance(note, Done):
                        self._book(note.costs)
                        return note.result
                    answer = self._heard(note)  # a question is the last of the notes
                notes = self._got(go_on.remote(self._token, answer))
        except BaseException:
            self._actor.drop.remote(self._token)
            self._there("end").remote(self._token)
            raise
        finally:
            self._close()

    def _there(self, method: str) -> Any:
        return getattr(self._actor, at_place(method, self._place))

    def _got(self, ref: Any) -> list[Note]:
        import ray

        while True:
            try:
                notes: list[Note] = pickle.loads(ray.get(ref, timeout=LOOK_EVERY_S))
                return notes
            except ray.exceptions.GetTimeoutError:
                look()

    def _heard(self, note: Note) -> Any:
        """The answer to a question: what is stored of a call, None where it may be made; what is wanted of a file."""
        match note:
            case CallBegan():
                self._began(note)
            case CallEnded():
                self._ended(note.call_id)
            case CallAsked():
                self._asked[note.call_id] = note
                with _call(note):
                    return dspy.cache.get(note.request, note.ignored)
            case Wanted():
                return (self._files.parts if note.content else self._files.facts)(note.path)
            case Paid():
                asked = self._asked.pop(note.call_id)
                with _call(note):
                    dspy.cache.put(asked.request, note.value, asked.ignored)
            case Made():
                _heard_by_listener(note.turn)
            case Failed():
                self._book(note.costs)
                raise note.error
        return None

    def _began(self, note: CallBegan) -> None:
        self._open.add(note.call_id)
        caller = SimpleNamespace(model=note.model, engine=note.engine)
        for callback in _watchers():
            callback.on_lm_start(note.call_id, caller, {})

    def _ended(self, call_id: str) -> None:
        self._open.discard(call_id)
        self._asked.pop(call_id, None)
        for callback in _watchers():
            callback.on_lm_end(call_id, None, None)

    def _close(self) -> None:
        """Calls that a worker took with it are over: what was set aside for them is free again."""
        for call_id in list(self._open):
            self._ended(call_id)

    @staticmethod
    def _book(costs: dict[str, Cost]) -> None:
        for callback in dspy.settings.callbacks:
            if isinstance(callback, CostAccount):
                for name, cost in costs.items():
                    callback.add(name, cost)


def listened_to() -> bool:
    """Whether anyone listens to the turns that are made in this thread."""
    return _listener() is not None


def _heard_by_listener(turn: Any) -> None:
    if (listener := _listener()) is not None:
        listener(turn)


def _listener() -> Callable[[Any], None] | None:
    # The runner has no public way to this, and any change to its file would owe every stored negotiation anew.
    return runner._LISTENER.get()


def _watchers() -> list[Any]:
    """Who else hears of LM calls; accounts are told of the whole cost at the end."""
    return [callback for callback in dspy.settings.callbacks if not isinstance(callback, CostAccount)]


@contextmanager
def _call(note: CallAsked | Paid) -> Iterator[None]:
    """A block inside the call of which the note is."""
    before = ACTIVE_CALL_ID.get()
    ACTIVE_CALL_ID.set(note.call_id)
    try:
        with role(note.role):
            yield
    finally:
        ACTIVE_CALL_ID.set(before)
