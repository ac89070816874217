"""A loop outlives whatever its rounds raise, counts it, and says when it does not do its work."""

from __future__ import annotations

import threading
import time

import pytest

pytest.importorskip("sqlalchemy", reason="needs the extra app")

from app.conversation.counters import LOOP_FAILURES
from app.conversation.work import loops
from app.conversation.work.loops import Loop
from app.conversation.work.turn_queue import TurnQueue


def until(holds, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.005)


@pytest.fixture
def stopping(monkeypatch):
    monkeypatch.setattr(loops, "RECOVER_S", 0.01)
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.parametrize("error", [RuntimeError("x"), SystemExit(1), MemoryError(), KeyboardInterrupt()])
def test_no_exception_ends_a_loop_and_each_is_counted(stopping, error):
    rounds = []

    def step() -> None:
        rounds.append(1)
        if len(rounds) < 3:
            raise error

    loop = Loop(f"test {type(error).__name__}", step, stopping, every_s=0.01)
    loop.start()
    until(lambda: len(rounds) > 5)
    assert loop.sound
    assert LOOP_FAILURES.labels(loop=loop.name)._value.get() == 2


def test_a_loop_whose_rounds_all_fail_is_not_sound_until_one_does_not(stopping):
    broken = threading.Event()
    broken.set()
    loop = Loop("failing", lambda: 1 / 0 if broken.is_set() else None, stopping, every_s=0.01)
    loop.start()
    until(lambda: not loop.sound)
    broken.clear()
    until(lambda: loop.sound)


def test_a_loop_that_hangs_is_not_sound_and_keeps_no_shutdown(stopping):
    goes_on = threading.Event()
    loop = Loop("hanging", goes_on.wait, stopping, stuck_after_s=0.05)
    loop.start()
    until(lambda: not loop.sound)
    stopping.set()
    began = time.monotonic()
    loop.join()
    assert time.monotonic() - began < 1
    goes_on.set()


def test_a_loop_that_has_not_begun_or_has_ended_is_not_sound(stopping):
    loop = Loop("ended", lambda: None, stopping, every_s=0.01)
    assert not loop.sound
    loop.start()
    until(lambda: loop.sound)
    stopping.set()
    loop.join()
    assert not loop.sound


def served(turns):
    with turns.turn() as one:
        return one


def test_each_stands_in_the_queue_once_and_goes_to_its_end_after_a_turn(monkeypatch):
    monkeypatch.setattr("app.conversation.work.turn_queue.WAIT_S", 0.01)
    turns = TurnQueue()
    for one in ("a", "b", "a", "c", "a"):
        turns.put(one)
    with turns.turn() as first:
        turns.put(first)
        turns.put("d")
    assert [first, *(served(turns) for _ in range(5))] == ["a", "b", "c", "d", "a", None]


def test_a_turn_that_hangs_holds_nobodys_place(monkeypatch):
    monkeypatch.setattr("app.conversation.work.turn_queue.WAIT_S", 0.01)
    turns = TurnQueue(longest_turn_s=0.0)
    turns.put("a")
    with turns.turn():
        turns.put("a")
        assert served(turns) == "a"
