"""What was answered is never paid twice, and what it cost adds up the same however often a run is cut off."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dspy
import litellm
import pytest

from optimizers.spending.answer_json import dumped, loaded
from optimizers.spending.responses import ResponseStore, RunEnded
from plumbing.errors import UserError
from programs.models.accounts import Cost, CostAccount, role
from programs.models.make import make_lm
from tests.openai_server import openai_server
from tests.scripted import scripted_lm

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "run" / "responses.sqlite"


def priced_lm(price_usd: float | None = 0.25, **settings) -> dspy.LM:
    return scripted_lm(lambda prompt: f"answer to {prompt}", cache=True, price_usd=price_usd, **settings)


def ask(store: ResponseStore, lm: dspy.LM, *questions: str, caller: str = "planner") -> list[str]:
    with store.installed(), role(caller):
        return [lm(question)[0] for question in questions]


def test_an_answer_is_paid_once_and_survives_the_process_that_paid(path):
    first, again = priced_lm(), priced_lm()
    paid = ask(ResponseStore(path, None), first, "a", "b", "a")
    assert ask(ResponseStore(path, None), again, "b", "a") == [paid[1], paid[0]]
    assert (len(first.engine.prompts), len(again.engine.prompts)) == (2, 0)


def test_totals_are_per_role_and_the_same_after_a_resume(path):
    lm = priced_lm(0.1)
    store = ResponseStore(path, None)
    ask(store, lm, *map(str, range(10)))
    ask(store, lm, "0", "x", caller="judge")
    totals = store.totals()
    assert list(totals) == ["judge", "planner"]
    assert (totals["planner"].calls, totals["planner"].money_usd) == (10, 1.0), "ten times 0.1 in floats is 0.9999…"
    assert (totals["judge"].calls, totals["judge"].cached_calls) == (1, 0)
    resumed = ResponseStore(path, None)
    ask(resumed, priced_lm(0.1), *map(str, range(10)))
    assert resumed.totals() == totals


def test_the_store_and_the_account_agree(path):
    store, account = ResponseStore(path, None), CostAccount()
    with account.watching():
        ask(store, priced_lm(), "a", "b")
    [(name, cost)] = store.totals().items()
    seen = account.by_role[name]
    assert (cost.calls, cost.tokens_in, cost.tokens_out, cost.money_usd) == (
        seen.calls,
        seen.tokens_in,
        seen.tokens_out,
        seen.money_usd,
    )
    assert cost.money_usd == 0.5


def test_an_unknown_price_is_none_and_stays_none_in_the_sum(path):
    store = ResponseStore(path, None)
    ask(store, priced_lm(1.0), "a")
    ask(store, priced_lm(None), "b")
    assert (store.totals()["planner"].calls, store.totals()["planner"].money_usd) == (2, None)
    assert store.paid() == (2, None)


def test_a_cut_reply_is_counted(path):
    with openai_server() as server:
        lm = _remote(server)
        server.replies = [_cut(server)]
        store = ResponseStore(path, None)
        ask(store, lm, "a")
    assert store.totals()["planner"].truncated_calls == 1


def test_the_users_cache_is_asked_second_and_books_no_money(path, disk_cache):
    cache = dspy.cache
    priced_lm()("known")
    lm, store = priced_lm(), ResponseStore(path, cache)
    ask(store, lm, "known", "known", "new")
    assert [prompt.strip() for prompt in lm.engine.prompts] == ["new"]
    assert store.totals() == {"planner": Cost(calls=1, cached_calls=1, tokens_in=1, tokens_out=3, money_usd=0.25)}
    assert dspy.cache is cache
    priced_lm()("new")
    lone = priced_lm()
    ask(ResponseStore(path, None), lone, "known")
    assert lone.engine.prompts == [], "the copy in the run's file serves without the user's cache"


def test_what_the_run_paid_reaches_the_users_cache(path, disk_cache):
    ask(ResponseStore(path, dspy.cache), priced_lm(), "a")
    lm = priced_lm()
    assert lm("a") == ["answer to \n\na"]
    assert lm.engine.prompts == []


def test_two_threads_with_one_request_pay_once_and_hear_the_same(path):
    lm = scripted_lm(lambda _: threading.current_thread().name, latency_s=0.1, cache=True, price_usd=0.5)
    store = ResponseStore(path, None)
    with store.installed():
        settings = dspy.settings.copy()

        def one(_: int) -> str:
            with dspy.context(**settings):
                return lm("same")[0]

        with ThreadPoolExecutor(4) as pool:
            heard = list(pool.map(one, range(4)))
    assert len(set(heard)) == 1
    assert store.paid() == (1, 0.5)


def test_whoever_waits_for_another_threads_call_asks_itself_when_that_fails(path):
    lm = scripted_lm(lambda _: "ok", latency_s=0.1, cache=True, failures=[dspy.lm15.RateLimitError("slow down")])
    store = ResponseStore(path, None)
    with store.installed():
        settings = dspy.settings.copy()

        def one(_: int) -> str:
            with dspy.context(**settings):
                try:
                    return lm("same")[0]
                except dspy.utils.exceptions.LMRateLimitError:
                    return "failed"

        with ThreadPoolExecutor(3) as pool:
            heard = list(pool.map(one, range(3)))
    assert sorted(heard) == ["failed", "ok", "ok"]
    assert store.paid()[0] == 1


def test_what_a_thread_left_behind_is_being_answered_is_waited_for_and_kept(path):
    lm = scripted_lm(lambda _: "ok", latency_s=0.2, cache=True, price_usd=0.5)
    store = ResponseStore(path, None)
    with store.installed():
        settings = dspy.settings.copy()

        def left_behind() -> None:
            with dspy.context(**settings):
                lm("slow")

        thread = threading.Thread(target=left_behind)
        thread.start()
        while not lm.engine.prompts:
            pass
        store.wait_for_calls(5)
    thread.join()
    assert store.paid() == (1, 0.5)


def test_answers_of_two_processes_to_one_request_are_one_row_with_both_costs(path):
    request = {"model": "scripted/test", "messages": [{"role": "user", "content": "same"}]}
    stores = [ResponseStore(path, None) for _ in range(2)]
    for store, words in zip(stores, ("first", "second"), strict=True):
        store.put(request, {"words": words, "usage": {"prompt_tokens": 3}, "cost": 0.5})
    assert stores[1].get(request)["words"] == "first"
    assert stores[0].totals()["other"].calls == 2
    assert stores[0].paid() == (2, 1.0)


# --- records --------------------------------------------------------------------------------------------------


def test_a_native_record_is_the_same_after_json(path):
    seen = []
    lm = scripted_lm(lambda _: "grüß Gott", cache=True)
    dspy.cache.put = lambda request, value, *_: seen.append(value)
    lm("a")
    assert loaded(dumped(seen[0])) == json.loads(json.dumps(seen[0])) == seen[0]


def test_litellms_record_is_the_same_after_json_and_marked_as_cached(monkeypatch):
    seen = []
    with openai_server() as server:
        lm = _remote(server)
        dspy.cache.put = lambda request, value, *_: seen.append(value)
        lm("a")
    [record], again = seen, loaded(dumped(seen[0]))
    assert type(again) is litellm.ModelResponse
    assert again.choices == record.choices
    without_usage = {**record.model_dump(), "usage": {}}
    assert {**again.model_dump(), "usage": {}} == without_usage | {"cache_hit": True}
    assert (again.usage, again.cache_hit) == ({}, True)
    assert again._hidden_params["response_cost"] == record._hidden_params["response_cost"] > 0


def test_a_remote_answer_is_replayed_with_its_text_and_its_price(path):
    with openai_server() as server:
        store, account = ResponseStore(path, None), CostAccount()
        paid = ask(store, _remote(server), "a")
        with account.watching():
            assert ask(ResponseStore(path, None), _remote(server), "a") == paid == ["ok"]
        assert len(server.requests) == 1
    cost = store.totals()["planner"]
    assert (cost.calls, cost.tokens_in, cost.tokens_out) == (1, 11, 7)
    assert cost.money_usd == pytest.approx(11 * 0.15e-6 + 7 * 0.6e-6)
    assert (account.total.calls, account.total.cached_calls) == (0, 1)


def test_something_else_than_a_models_answer_is_refused(path):
    with pytest.raises(TypeError, match="of the type set"):
        dumped({1})


# --- failures -------------------------------------------------------------------------------------------------

FULL_DISK = """
import resource, sys
from pathlib import Path
import dspy
from plumbing.errors import UserError
from optimizers.spending.responses import ResponseStore
from tests.scripted import scripted_lm

dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)
store = ResponseStore(Path(sys.argv[1]), dspy.cache)
lm = scripted_lm(lambda prompt: "x" * 40_000, cache=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, resource.RLIM_INFINITY))
answered = 0
with store.installed():
    try:
        for n in range(100):
            lm(str(n))
            answered += 1
    except UserError as error:
        print(answered, len(lm.engine.prompts), store.failure is error, error)
    try:
        lm("one more")
    except UserError:
        print("refused", len(lm.engine.prompts))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(ResponseStore(Path(sys.argv[1]), None).paid()[0])
"""


def test_a_full_disk_is_an_error_and_nothing_more_is_paid(path):
    first, second, third = _python(FULL_DISK, str(path)).stdout.splitlines()
    answered, asked, kept, sentence = first.split(" ", 3)
    assert 0 < int(answered) == int(asked) - 1
    assert kept == "True"
    assert "cannot use the run's file" in sentence
    assert second == f"refused {asked}"
    assert third == answered


def test_a_file_of_another_kind_is_named(tmp_path):
    (tmp_path / "x").write_text("hello, this is no database at all" * 50)
    with pytest.raises(UserError, match="not a database"):
        ResponseStore(tmp_path / "x", None)


KILLED = """
import sys, time
from pathlib import Path
import dspy
from optimizers.spending.responses import ResponseStore
from tests.scripted import scripted_lm

lm = scripted_lm(lambda prompt: "ok", cache=True, price_usd=1.0)
with ResponseStore(Path(sys.argv[1]), None).installed():
    for n in range(10_000):
        lm(str(n))
        print(n, flush=True)
"""


def test_every_answer_that_came_back_before_kill_9_is_there(path):
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True, env=_environment()
    )
    for line in process.stdout:
        if int(line) == 20:
            os.kill(process.pid, signal.SIGKILL)
            break
    with process.stdout:
        rest = process.stdout.read().split()
    process.wait()
    last = int(rest[-1]) if rest else 20
    store, lm = ResponseStore(path, None), scripted_lm(lambda prompt: "again", cache=True)
    ask(store, lm, *map(str, range(last + 1)))
    assert lm.engine.prompts == []
    assert last + 1 <= store.paid()[0] <= last + 2, "the call in flight may have been stored, nothing else"


WRITER = """
import sys
from pathlib import Path
from optimizers.spending.responses import ResponseStore
from tests.scripted import scripted_lm

lm = scripted_lm(lambda prompt: sys.argv[2], cache=True, price_usd=0.5)
with ResponseStore(Path(sys.argv[1]), None).installed():
    for n in range(30):
        lm(f"{sys.argv[2]} {n}")
"""


@pytest.mark.slow
def test_several_processes_may_open_and_write_one_file_at_once(path):
    processes = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(n)], cwd=ROOT, env=_environment())
        for n in range(3)
    ]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert ResponseStore(path, None).paid() == (90, 45.0)


def test_a_worker_left_over_from_a_run_that_ended_cannot_pay_another_call(path):
    lm, store = priced_lm(), ResponseStore(path, None)
    left, outcome = threading.Event(), []
    with store.installed():
        settings = dspy.settings.copy()

        def work() -> None:
            with dspy.context(**settings):
                left.wait(5)
                try:
                    lm("late")
                except BaseException as error:
                    outcome.append(type(error))

        worker = threading.Thread(target=work)
        worker.start()
    left.set()
    worker.join()
    assert (outcome, lm.engine.prompts) == ([RunEnded], [])
    assert lm("outside") == ["answer to \n\noutside"]


def test_an_asynchronous_call_is_kept_and_booked_too(path):
    import asyncio

    with openai_server() as server:
        store = ResponseStore(path, None)
        with store.installed(), role("proposer"):
            lm = _remote(server)
            assert asyncio.run(lm.acall("a")) == asyncio.run(lm.acall("a")) == ["ok"]
        assert len(server.requests) == 1
    assert store.totals()["proposer"].calls == 1


def test_many_answers_are_summed_without_reading_them(path):
    store = ResponseStore(path, None)
    with store.file.transaction() as connection:
        rows = ((str(n), "judge", "m", 1, 0, 0, 10, 5, 0.01, "x" * 500) for n in range(20_000))
        connection.executemany("INSERT INTO answers VALUES (?,?,?,?,?,?,?,?,?,?)", rows)
    began = time.perf_counter()
    assert store.paid()[0] == 20_000
    assert time.perf_counter() - began < 0.2
    assert "COVERING INDEX" in str(store.file.rows("EXPLAIN QUERY PLAN SELECT SUM(calls), SUM(money_usd) FROM answers"))


def _remote(server) -> dspy.LM:
    lm = make_lm("openai/gpt-4o-mini")
    lm.kwargs.update(api_base=server.url, api_key="sk-test")
    return lm


def _cut(server):
    from tests.openai_server import Reply, completion

    return Reply(body=completion({}, "half", "length"))


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _python(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env=_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
