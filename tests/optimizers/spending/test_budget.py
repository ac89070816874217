"""No run spends more than it was given, whoever spends it and however it ends."""

from __future__ import annotations

import contextvars
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dspy
import pytest

from data.book import read_book
from data.domain import Ending
from optimizers.runs.halt import Halted
from optimizers.spending.budget import Budget, Limits, Spent, _covered
from optimizers.spending.responses import ResponseStore
from plumbing.errors import UserError
from programs.maden import Maden
from programs.models.make import make_lm
from tests.openai_server import Reply, openai_server
from tests.programs.players import playing
from tests.scripted import scripted_lm

ROOT = Path(__file__).resolve().parents[3]


class PricedByToken:
    """A price table for a scripted engine: USD for a million tokens in and out."""

    def __init__(self, usd_in: float, usd_out: float) -> None:
        self.usd_in, self.usd_out = usd_in / 1e6, usd_out / 1e6

    def __call__(self, tokens_in: int, tokens_out: int) -> float:
        return tokens_in * self.usd_in + tokens_out * self.usd_out


def priced_lm(usd_in: float = 100.0, usd_out: float = 400.0, **settings) -> dspy.LM:
    lm = scripted_lm(lambda prompt: "a reply of some length " * 5, cache=True, **settings)
    lm.engine.price_usd = PricedByToken(usd_in, usd_out)
    return lm


def opened(tmp_path: Path, **limits) -> tuple[ResponseStore, Budget]:
    store = ResponseStore(tmp_path / "responses.sqlite", None)
    return store, Budget(Limits(**limits), store)


def spend(store: ResponseStore, lm: dspy.LM, threads: int, calls: int = 400) -> list[Halted]:
    """Ask different questions from many threads; what each worker was told when it was stopped."""

    def work(worker: int) -> Halted | None:
        for n in range(calls // threads):
            try:
                lm(f"question {n} of worker {worker} " * 3)
            except Halted as halted:
                return halted
        return None

    with store.installed(), ThreadPoolExecutor(threads) as pool:
        jobs = [pool.submit(contextvars.copy_context().run, work, n) for n in range(threads)]
    return [halted for job in jobs if (halted := job.result()) is not None]


# --- the cap --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 8])
def test_eight_threads_never_pass_the_cap_in_money(tmp_path, threads):
    store, budget = opened(tmp_path, max_usd=1.0)
    lm = priced_lm(max_tokens=100, latency_s=0.002)
    halted = spend(store, lm, threads)
    one_call = budget.spent.usd / budget.spent.calls
    worst_case = lm.engine.price_usd(150, 100)
    assert [h.reason for h in halted] == ["max_usd"] * threads
    assert 1.0 - threads * worst_case <= budget.spent.usd <= 1.0
    assert len(lm.engine.prompts) == budget.spent.calls > threads
    assert str(halted[0]).startswith("the budget of 1 USD is used up: 0.")
    assert one_call < worst_case


def test_without_a_length_limit_the_cap_is_passed_by_at_most_one_call_a_worker(tmp_path, monkeypatch):
    monkeypatch.setattr("optimizers.spending.budget.UNBOUNDED_REPLY_TOKENS", 1)
    store, budget = opened(tmp_path, max_usd=1.0)
    lm = priced_lm(usd_in=0.0, usd_out=1000.0, max_tokens=None, latency_s=0.002)
    spend(store, lm, threads=8)
    one_call = budget.spent.usd / budget.spent.calls
    assert 1.0 - 8 * one_call < budget.spent.usd <= 1.0 + 8 * one_call


@pytest.mark.parametrize("threads", [1, 8])
def test_exactly_so_many_calls_are_made_as_were_allowed(tmp_path, threads):
    store, budget = opened(tmp_path, max_calls=50)
    lm = priced_lm(latency_s=0.002)
    halted = spend(store, lm, threads)
    assert len(lm.engine.prompts) == budget.spent.calls == 50
    assert {str(h) for h in halted} == {"the budget of 50 calls is used up"}


def test_minutes_are_those_at_work_in_all_sessions(tmp_path):
    store, budget = opened(tmp_path, max_minutes=0.001)
    with store.installed():
        priced_lm()("a")
        time.sleep(0.07)
        with pytest.raises(Halted, match=r"^the budget of 0\.001 minutes is used up$"):
            priced_lm()("b")
    used = budget.spent.minutes
    time.sleep(0.3)
    store, later = opened(tmp_path, max_minutes=0.001)
    assert 0.07 / 60 < later.spent.minutes < used + 0.28 / 60, "the break between two sessions is no work"
    assert [seconds > 0.0 for seconds in later.session_seconds] == [True, True]
    with store.installed(), pytest.raises(Halted, match="minutes"):
        priced_lm()("c")


def test_processes_at_work_at_once_count_once():
    assert _covered([(0, 10), (5, 12), (20, 21), (6, 7)]) == 13


def test_what_earlier_sessions_spent_counts(tmp_path):
    store, _ = opened(tmp_path)
    with store.installed():
        for n in range(3):
            priced_lm()(str(n))
    store, budget = opened(tmp_path, max_calls=3)
    with store.installed():
        priced_lm()("0")
        with pytest.raises(Halted):
            priced_lm()("new")
    assert budget.spent.calls == 3


def test_once_halted_it_stays_halted_and_stored_answers_are_still_served(tmp_path):
    store, budget = opened(tmp_path, max_calls=1)
    lm = priced_lm()
    with store.installed():
        first = lm("a")
        for _ in range(3):
            with pytest.raises(Halted) as caught:
                lm("b")
            assert caught.value.reason == "max_calls"
        assert lm("a") == first
    budget.stop("interrupted")
    assert budget.halted.reason == "max_calls", "the first reason stays"


def test_a_stop_from_outside_reaches_every_worker(tmp_path):
    store, budget = opened(tmp_path)
    threading.Timer(0.05, budget.stop, ("interrupted", "stopped by Ctrl-C")).start()
    halted = spend(store, priced_lm(latency_s=0.01), threads=4, calls=4000)
    assert [(h.reason, str(h)) for h in halted] == [("interrupted", "stopped by Ctrl-C")] * 4


def test_a_call_that_fails_frees_what_it_reserved(tmp_path):
    store, budget = opened(tmp_path, max_calls=2)
    lm = priced_lm(failures=[dspy.lm15.ServerError("down")] * 5)
    with store.installed():
        for _ in range(5):
            with pytest.raises(dspy.utils.exceptions.LMServerError):
                lm("a")
        lm("a"), lm("b")
    assert store.file.rows("SELECT * FROM reservations") == []
    assert budget.spent.calls == 2


# --- prices ---------------------------------------------------------------------------------------------------


def test_an_unknown_price_is_refused_with_a_cap_in_money_only(tmp_path):
    lm = scripted_lm(cache=True, model="scripted/secret")
    opened(tmp_path, max_calls=5)[1].check_prices([lm])
    _, budget = opened(tmp_path, max_usd=5)
    with pytest.raises(UserError, match=r"^the price of scripted/secret is unknown.*--max-calls$"):
        budget.check_prices([priced_lm(), lm])
    with pytest.raises(UserError, match="the price of openai/my-own-model is unknown"):
        budget.check_prices([make_lm("openai/my-own-model")])
    budget.check_prices([make_lm("openai/gpt-4o-mini"), make_lm("ollama/llama3"), priced_lm(0.0, 0.0)])


def test_a_model_with_an_unknown_price_is_not_called_under_a_cap_in_money(tmp_path):
    store, _ = opened(tmp_path, max_usd=5)
    lm = scripted_lm(cache=True)
    with store.installed(), pytest.raises(UserError, match="unknown"):
        lm("a")
    assert lm.engine.prompts == []


def test_what_was_spent_is_unknown_once_one_price_is(tmp_path):
    store, budget = opened(tmp_path)
    with store.installed():
        scripted_lm(cache=True)("a")
    assert budget.spent[:2] == Spent(1, None, 0.0)[:2]


def test_a_model_that_bypasses_the_store_is_refused(tmp_path):
    with pytest.raises(ValueError, match="cache off"):
        opened(tmp_path)[1].check_prices([scripted_lm()])


def test_a_free_model_is_never_halted_by_a_cap_in_money(tmp_path):
    store, budget = opened(tmp_path, max_usd=0.0)
    assert spend(store, priced_lm(0.0, 0.0), threads=2, calls=10) == []
    assert budget.spent.usd == 0.0


# --- processes ------------------------------------------------------------------------------------------------

SPENDER = """
import sys
from pathlib import Path
from optimizers.spending.budget import Budget, Limits
from optimizers.runs.halt import Halted
from optimizers.spending.responses import ResponseStore
from tests.scripted import scripted_lm

store = ResponseStore(Path(sys.argv[1]) / "responses.sqlite", None)
Budget(Limits(max_calls=40, max_usd=30.0), store)
latency_s = float(sys.argv[3])
lm = scripted_lm(lambda _: "ok", latency_s, cache=True, price_usd=0.5)
print("ready", flush=True)
with store.installed():
    for n in range(200):
        try:
            lm(f"{sys.argv[2]} {n}")
        except Halted as halted:
            print(len(lm.engine.prompts), halted.reason)
            break
"""


def spender(tmp_path: Path, name: str, latency_s: float = 0.005) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SPENDER, str(tmp_path), name, str(latency_s)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_two_processes_share_one_budget(tmp_path):
    told = [process.communicate(timeout=60)[0].split() for process in (spender(tmp_path, "a"), spender(tmp_path, "b"))]
    assert sum(int(asked) for _, asked, _ in told) == 40
    assert {reason for *_, reason in told} == {"max_calls"}
    assert opened(tmp_path)[1].spent[:2] == (40, 20.0)


def test_what_a_killed_process_had_reserved_is_free_again(tmp_path):
    process = spender(tmp_path, "a", latency_s=60)
    process.stdout.readline()
    store, budget = opened(tmp_path, max_calls=1)
    while not store.file.rows("SELECT * FROM reservations"):
        time.sleep(0.01)
    with store.installed():
        with pytest.raises(Halted, match="1 calls"):
            priced_lm()("mine")
        os.kill(process.pid, signal.SIGKILL)
        time.sleep(0.1)
        store.gate = budget = Budget(budget.limits, store)  # not waited for yet: what is left of it is a zombie
        priced_lm()("mine")
    process.communicate()
    assert budget.spent.calls == 1


def test_a_process_that_has_the_number_of_a_dead_one_is_not_taken_for_it(tmp_path):
    store, _ = opened(tmp_path, max_calls=1)
    with store.file.transaction() as connection:
        connection.execute("INSERT INTO reservations VALUES ('x', ?, 'an earlier process', NULL)", (os.getpid(),))
    with store.installed():
        assert priced_lm()("a")


# --- through the whole program --------------------------------------------------------------------------------


def negotiate(lm: dspy.LM):
    case = read_book().split("train")[0]
    with dspy.context(lm=lm):
        return Maden()(case=case, seed=0).negotiation


def test_a_negotiation_is_broken_off_by_the_budget_not_scored(tmp_path):
    store, _ = opened(tmp_path, max_calls=3)
    lm = playing(cache=True)
    with store.installed(), pytest.raises(Halted, match="3 calls"):
        negotiate(lm)
    assert len(lm.engine.prompts) == 3
    store, _ = opened(tmp_path)
    with store.installed():
        assert negotiate(lm).ending is not Ending.INFRASTRUCTURE


def test_a_remote_models_retries_end_with_the_budget(tmp_path, monkeypatch):
    monkeypatch.setattr("programs.models.pace._paces", {})
    with openai_server() as server:
        lm = make_lm("openai/gpt-4o-mini")
        lm.kwargs.update(api_base=server.url, api_key="sk-test")
        server.replies = [Reply.error(429, "rate_limit_exceeded", Retry_After="30")]
        store, budget = opened(tmp_path, max_usd=1.0)
        answer = server.reply_to

        def refused_then_interrupted(*request):
            reply = answer(*request)
            threading.Timer(0.3, budget.stop, ("interrupted", "stopped by Ctrl-C")).start()
            return reply

        monkeypatch.setattr(server, "reply_to", refused_then_interrupted)
        began = time.monotonic()
        with store.installed(), pytest.raises(Halted, match="Ctrl-C"):
            negotiate(lm)
        assert len(server.requests) == 1
    assert time.monotonic() - began < 20, "the wait of 30 s was cut short"


def test_dspys_chat_adapter_does_not_take_it_for_a_parse_error(tmp_path):
    store, _ = opened(tmp_path, max_calls=0)
    with store.installed(), dspy.context(lm=priced_lm(), adapter=dspy.ChatAdapter()), pytest.raises(Halted):
        dspy.Predict("question -> answer")(question="a")
