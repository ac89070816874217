"""One refused worker makes all workers of its model wait, once; limits a minute hold; no wait outlives the run."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dspy
import pytest

from programs.models import pace as pace_module
from programs.models.make import make_lm
from programs.models.pace import WINDOW_S, Pace, RateLimits, Ticket, nap, pace_of, set_limits, watching
from programs.models.remote import LONGEST_WAIT_S
from tests.openai_server import Reply

ROOT = Path(__file__).resolve().parents[3]
MODEL = "openai/gpt-4o-mini"


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


@pytest.fixture
def clock(monkeypatch) -> Clock:
    fake = Clock()
    monkeypatch.setattr(pace_module, "time", fake)
    return fake


@pytest.fixture(autouse=True)
def no_pace_of_another_test(monkeypatch):
    monkeypatch.setattr(pace_module, "_paces", {})
    monkeypatch.setattr(pace_module, "_limits", RateLimits())


# --- over HTTP ------------------------------------------------------------------------------------------------


@pytest.mark.alone
def test_one_refusal_holds_every_worker_of_the_model_until_the_server_said(server):
    arrivals: list[float] = []
    reply_to = server.reply_to

    def noted(headers, request):
        arrivals.append(time.monotonic())
        return reply_to(headers, request)

    server.reply_to = noted
    server.replies = [Reply.error(429, "rate_limit_exceeded", Retry_After="1")]
    lm = make_lm(MODEL, cache=False)
    with pytest.raises(dspy.utils.exceptions.LMRateLimitError):
        lm.copy(retries=0)("first")
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda n: lm(f"question {n}"), range(6))) == [["ok"]] * 6
    refused, *later = arrivals
    assert len(later) == 6, "nobody was refused again"
    assert all(at - refused > 0.95 for at in later)
    assert max(later) - refused < 4


def test_another_model_does_not_wait(server):
    pace_of(MODEL).pause(30)
    assert make_lm("openai/gpt-4o")("a") == ["ok"]


def test_a_wait_too_long_to_sit_out_holds_nobody(server):
    server.replies = [Reply.error(429, "rate_limit_exceeded", Retry_After=str(int(LONGEST_WAIT_S) + 1))]
    lm = make_lm(MODEL)
    with pytest.raises(dspy.utils.exceptions.LMRateLimitError):
        lm("a")
    assert lm("a") == ["ok"]


def test_a_limit_a_minute_holds_for_sent_requests_and_not_for_cached_answers(server, clock):
    set_limits(rpm=2)
    lm = make_lm(MODEL)
    for _ in range(5):
        assert lm("a") == ["ok"]
    lm("b")
    assert (len(server.requests), sum(clock.slept)) == (2, 0)
    lm("c")
    assert (len(server.requests), sum(clock.slept)) == (3, WINDOW_S)


def test_a_limit_of_tokens_counts_what_was_used(server, clock):
    set_limits(tpm=500)
    lm = make_lm(MODEL, max_tokens=400, cache=False)
    for n in range(4):
        lm(str(n))
    assert sum(clock.slept) == 0, "each call took 18 tokens in the end"
    assert sum(ticket.tokens for ticket in pace_of(MODEL)._sent) == 4 * 18


# --- the pace alone -------------------------------------------------------------------------------------------


def test_no_sixty_seconds_hold_more_requests_than_allowed(clock):
    pace = Pace(RateLimits(rpm=3))
    at = [pace.wait(0).at - 1000 for _ in range(8)]
    assert at == [0, 0, 0, 60, 60, 60, 120, 120]
    clock.at += 10
    assert pace.wait(0).at - 1000 == 130


def test_tokens_leave_the_window_oldest_first(clock):
    pace = Pace(RateLimits(tpm=100))
    pace.wait(60)
    clock.at += 20
    pace.wait(30)
    assert pace.turn(40) == pytest.approx(40)
    assert pace.turn(75) == pytest.approx(60)
    assert isinstance(pace.turn(10), Ticket)


def test_a_request_above_the_whole_limit_waits_for_an_empty_minute_and_no_longer(clock):
    pace = Pace(RateLimits(tpm=100))
    pace.wait(10)
    assert pace.wait(5000).at == 1060


def test_the_longer_of_two_pauses_stands(clock):
    pace = Pace()
    pace.pause(10)
    pace.pause(3)
    assert pace.wait(0).at == 1010


def test_threads_share_one_limit():
    pace = Pace(RateLimits(rpm=50))
    with ThreadPoolExecutor(8) as pool:
        turns = list(pool.map(lambda _: pace.turn(0), range(200)))
    assert sum(isinstance(turn, Ticket) for turn in turns) == 50


@pytest.mark.parametrize("limit", [{"rpm": 0}, {"tpm": -1}])
def test_a_limit_that_lets_nobody_through_is_refused(limit):
    with pytest.raises(ValueError, match="at least 1"):
        set_limits(**limit)


# --- the end of a wait ----------------------------------------------------------------------------------------


class Over(Exception):
    pass


def test_a_wait_in_any_thread_ends_when_the_run_does():
    over = threading.Event()

    def check() -> None:
        if over.is_set():
            raise Over

    pace = Pace()
    pace.pause(30)
    with watching(check), ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(pace.wait, 0) for _ in range(2)]
        over.set()
        began = time.monotonic()
        for job in waiting:
            with pytest.raises(Over):
                job.result(5)
    assert time.monotonic() - began < 1
    nap(0)


@pytest.mark.alone
def test_ctrl_c_ends_a_wait_within_a_second():
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # ignored where tests run behind &
        "from programs.models.pace import nap\nprint('ready', flush=True)\nnap(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.readline()
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, errors = process.communicate(timeout=5)
    assert time.monotonic() - began < 1
    assert "KeyboardInterrupt" in errors
