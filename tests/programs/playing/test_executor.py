from __future__ import annotations

import contextlib
import threading
import time
from contextvars import ContextVar
from functools import partial

import pytest

from plumbing.errors import UserError
from programs.playing.executor import Executor
from programs.playing.placing import Place

SETTING: ContextVar[str] = ContextVar("setting", default="none")


@pytest.mark.parametrize("at_once", [1, 3])
def test_every_task_is_done_once_in_the_callers_context(at_once):
    SETTING.set("mine")
    found = dict(Executor(at_once).play([partial(lambda n: (n * n, SETTING.get()), n) for n in range(20)]))
    assert found == {n: (n * n, "mine") for n in range(20)}


def test_no_more_than_so_many_at_once():
    lock, now, most = threading.Lock(), 0, 0

    def task():
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.01)
        with lock:
            now -= 1

    assert len(list(Executor(4).play([task] * 40))) == 40
    assert most == 4


def test_after_a_stop_nothing_new_begins():
    begun = []

    def task(n):
        begun.append(n)
        time.sleep(0.01)

    with contextlib.closing(Executor(2).play([partial(task, n) for n in range(1000)])) as finished:
        next(finished)
    stopped = len(begun)
    time.sleep(0.05)
    assert len(begun) == stopped <= 8


def test_what_one_task_raises_ends_all():
    begun = []

    def task(n):
        begun.append(n)
        if n == 3:
            raise ZeroDivisionError
        time.sleep(0.01)

    with pytest.raises(ZeroDivisionError):
        list(Executor(2).play([partial(task, n) for n in range(1000)]))
    assert len(begun) < 20


@pytest.mark.parametrize(
    ("options", "flag"), [({"workers": 2}, "--workers"), ({"cpus_per_worker": 0.5}, "--cpus-per-worker")]
)
def test_options_of_a_cluster_without_one_are_refused(options, flag):
    with pytest.raises(UserError, match=f"{flag} means nothing without --cluster"):
        Place(**options)


def test_without_ray_a_sentence_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(UserError, match=r"pip install 'maden\[cluster\]'"), Place(cluster="local").executor():
        pass


def test_without_a_cluster_it_is_played_here():
    with Place(threads=3).executor() as executor:
        assert type(executor) is Executor
        assert executor.at_once == 3
