"""The worker's end of the line, driven by hand: what is heard of a job's LM calls, and in how many words."""

from __future__ import annotations

import contextvars
import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dspy
import pytest

from programs.models.accounts import Cost
from programs.playing.cluster.messages import (
    CallAsked,
    CallBegan,
    CallEnded,
    Done,
    Failed,
    Job,
    Note,
    Paid,
)
from programs.playing.cluster.worker_end import AskedCache, LMCallbacks, WorkerLine, packed_notes
from tests.programs.playing.cluster.fleet import logged_lm

JOB = Job(None, None, None, 0)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def in_a_worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(dspy, "cache", AskedCache())
    monkeypatch.setattr(dspy.BaseLM, "callbacks", LMCallbacks(), raising=False)
    yield


def said(work: Callable[[Any, int], Any], stored: Any = None) -> list[list[Note]]:
    """All that a job says, by what came at once; every question is answered with `stored`."""
    line = WorkerLine(work, logged_lm(), JOB)
    found = [line.begin()]
    while not WorkerLine.over(found[-1]):
        found.append(line.go_on(stored))
    return found


def asks(lm: dspy.LM | None = None) -> str:
    return str((lm or dspy.settings.lm)("say ok")[0])


def costs(notes: list[list[Note]]) -> Cost:
    done = notes[-1][-1]
    assert isinstance(done, Done)
    return sum(done.costs.values(), Cost())


def test_a_call_is_two_words_to_the_driver_and_one_to_the_account():
    notes = said(lambda case, seed: asks())
    assert [[type(note) for note in together] for together in notes] == [
        [CallBegan, CallAsked],
        [Paid, CallEnded, Done],
    ]
    assert costs(notes).calls == 1


@pytest.mark.parametrize("other", ["of the settings", "its own"])
def test_whatever_model_a_job_asks_is_heard_once(other: str):
    def work(case: Any, seed: int) -> None:
        asks()
        asks((dspy.settings.lm if other == "of the settings" else logged_lm()).copy(temperature=0.5))

    notes = said(work)
    assert costs(notes).calls == 2
    assert sum(isinstance(note, CallBegan) for together in notes for note in together) == 2


def test_a_model_keeps_its_own_callbacks_and_nobody_else_s():
    class Own(dspy.utils.callback.BaseCallback):
        heard = 0

        def on_lm_end(self, call_id: str, outputs: Any, exception: Exception | None = None) -> None:
            self.heard += 1

    own, lm = Own(), logged_lm()
    lm.callbacks = [own]
    copies: list[dspy.LM] = []

    def work(case: Any, seed: int) -> None:
        copies.append(lm.copy())
        asks(copies[0])

    said(work)
    assert own.heard == 1
    assert lm.callbacks == copies[0].callbacks == [own]
    assert asks(logged_lm()) == "ok"  # outside a job nobody hears, and nobody is asked


def test_what_raises_ends_the_job_with_what_it_had_cost():
    def work(case: Any, seed: int) -> None:
        asks()
        raise ValueError("no")

    failed = said(work)[-1][-1]
    assert isinstance(failed, Failed)
    assert sum(failed.costs.values(), Cost()).calls == 1


def test_a_dropped_job_ends_where_it_stands():
    seen: list[str] = []

    def work(case: Any, seed: int) -> None:
        try:
            asks()
        except Exception:
            seen.append("taken for a model's failure")
        finally:
            seen.append("ended")

    line = WorkerLine(work, logged_lm(), JOB)
    assert isinstance(line.begin()[-1], CallAsked)
    line.end()
    assert seen == ["ended"]
    line.end()
    assert seen == ["ended"]


def test_a_job_that_plays_on_after_it_was_dropped_says_nothing_more():
    def work(case: Any, seed: int) -> None:
        for _ in range(3):
            asks()

    line = WorkerLine(work, logged_lm(), JOB)
    line.begin()
    assert isinstance(line.go_on(None)[-1], CallAsked)
    line.drop()
    assert WorkerLine.over(line.go_on(None))


def test_jobs_of_one_thread_do_not_hear_each_other():
    first, second = (WorkerLine(lambda case, seed: asks(), logged_lm(), JOB) for _ in range(2))
    began = [line.begin() for line in (first, second)]
    ended = [line.go_on(None) for line in (second, first)]
    assert [costs([notes]).calls for notes in ended] == [1, 1]
    assert {note.call_id for notes in began for note in notes} != {None}


def test_a_thread_of_the_program_s_own_that_asks_is_refused():
    def work(case: Any, seed: int) -> str:
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(contextvars.copy_context().run, asks).result()

    failed = said(work)[-1][-1]
    assert isinstance(failed, Failed)
    assert "from the thread that it is called in" in str(failed.error)


def test_notes_travel_whatever_they_hold():
    class OfThisTestAlone:
        pass

    (done,) = pickle.loads(packed_notes([Done(OfThisTestAlone())]))
    assert isinstance(done.result, OfThisTestAlone)
