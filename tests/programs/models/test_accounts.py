"""The account must count every call once, whichever thread makes it, and never call an unknown price 0."""

from __future__ import annotations

import logging

import dspy
import pytest

from programs.models.accounts import Cost, CostAccount, answered, current_role, entry_of, role, was_cached
from tests.scripted import scripted_lm

ANSWER = {"answer": "yes"}


class Asking(dspy.Module):
    """Two roles per run, and a call outside both."""

    def __init__(self) -> None:
        super().__init__()
        self.ask = dspy.Predict("question -> answer")

    def forward(self, question: str) -> dspy.Prediction:
        with role("planner"):
            self.ask(question=question)
        with role("negotiator"):
            self.ask(question=f"{question}?")
            with role("judge"):
                self.ask(question=f"{question}??")
        return self.ask(question=f"{question}!")


@pytest.fixture(autouse=True)
def json_adapter(clean_dspy):
    with dspy.context(adapter=dspy.JSONAdapter()):
        yield


def play(lm: dspy.LM, questions: list[str], threads: int = 1) -> CostAccount:
    account = CostAccount()
    program = Asking()
    with dspy.context(lm=lm), account.watching():
        jobs = [(program, {"question": question}) for question in questions]
        dspy.Parallel(num_threads=threads, disable_progress_bar=True)(jobs)
    return account


@pytest.mark.parametrize("threads", [1, 8])
def test_each_call_is_booked_once_to_its_innermost_role(threads):
    lm = scripted_lm(lambda _: ANSWER, price_usd=0.5)
    account = play(lm, [str(n) for n in range(20)], threads)
    assert {name: cost.calls for name, cost in account.by_role.items()} == dict.fromkeys(
        ("planner", "negotiator", "judge", "other"), 20
    )
    assert (account.total.calls, account.total.money_usd) == (80, 40.0)
    assert account.total.tokens_in == sum(len(prompt) // 4 for prompt in lm.engine.prompts)
    assert account.total.tokens_out == 80 * (len('{"answer": "yes"}') // 4)


@pytest.mark.parametrize("threads", [1, 4])
def test_evaluate_is_counted_like_everything_else(threads):
    account = CostAccount()
    devset = [dspy.Example(question=str(n)).with_inputs("question") for n in range(6)]
    with dspy.context(lm=scripted_lm(lambda _: ANSWER)), account.watching():
        dspy.Evaluate(devset=devset, metric=lambda *_: 1.0, num_threads=threads, display_progress=False)(Asking())
    assert account.total.calls == 24


def test_cached_calls_are_counted_apart_and_cost_nothing():
    lm = scripted_lm(lambda _: ANSWER, price_usd=1.0, cache=True)
    first, second = play(lm, ["a", "b"]), play(lm, ["a", "b"])
    assert (first.total.calls, first.total.cached_calls, first.total.money_usd) == (8, 0, 8.0)
    assert (second.total.calls, second.total.cached_calls, second.total.money_usd) == (0, 8, 0.0)
    assert (second.total.tokens_in, second.total.tokens_out) == (0, 0)


def test_an_unknown_price_makes_the_sum_unknown():
    account = play(scripted_lm(lambda _: ANSWER), ["a"])
    assert account.total.money_usd is None
    assert account.by_role["planner"].money_usd is None


def test_one_unknown_price_among_known_ones_makes_the_sum_unknown():
    assert (Cost(calls=1, money_usd=1.0) + Cost(calls=1, money_usd=None)).money_usd is None
    assert (Cost(calls=1, money_usd=1.0) + Cost(calls=1, money_usd=2.0)).money_usd == 3.0
    assert CostAccount().total == Cost(money_usd=0.0)


def test_a_failed_call_is_counted_as_failed():
    account = CostAccount()
    lm = scripted_lm(failures=[dspy.lm15.ServerError("down")])
    with dspy.context(lm=lm), account.watching(), role("judge"), pytest.raises(dspy.utils.exceptions.LMServerError):
        dspy.Predict("question -> answer")(question="a")
    assert account.by_role["judge"].failed_calls == 1
    assert account.total.calls == 0


def test_seconds_are_the_time_of_the_calls():
    account = play(scripted_lm(lambda _: ANSWER, latency_s=0.05), ["a", "b"], threads=2)
    assert 8 * 0.05 <= account.total.seconds < 1.5


def test_two_accounts_at_once_both_count_and_calls_outside_are_not_counted():
    inner, outer = CostAccount(), CostAccount()
    ask = dspy.Predict("question -> answer")
    with dspy.context(lm=scripted_lm(lambda _: ANSWER)):
        with outer.watching():
            ask(question="a")
            with inner.watching():
                ask(question="b")
        ask(question="c")
    assert (outer.total.calls, inner.total.calls) == (2, 1)


def test_a_call_inside_another_lm_context_is_still_seen():
    account, debtor = CostAccount(), scripted_lm(lambda _: ANSWER, price_usd=3.0)
    with dspy.context(lm=scripted_lm(lambda _: ANSWER, price_usd=1.0)), account.watching():
        dspy.Predict("question -> answer")(question="a")
        with role("debtor"), dspy.context(lm=debtor, trace=None):
            dspy.Predict("question -> answer")(question="a")
    assert account.total.money_usd == 4.0
    assert account.by_role["debtor"].money_usd == 3.0


def test_costs_paid_elsewhere_can_be_added():
    account = CostAccount()
    account.add("proposer", Cost(calls=2, money_usd=0.25))
    account.add("proposer", Cost(calls=1, money_usd=0.25))
    assert account.by_role["proposer"] == Cost(calls=3, money_usd=0.5)


def test_without_dspys_history_a_call_counts_and_its_price_is_unknown(caplog):
    account = CostAccount()
    with (
        caplog.at_level(logging.WARNING),
        dspy.context(lm=scripted_lm(lambda _: ANSWER), disable_history=True),
        account.watching(),
    ):
        dspy.Predict("question -> answer")(question="a")
    assert (account.total.calls, account.total.money_usd) == (1, None)
    assert caplog.records == [], "DSPy swallows a callback's error and only logs it"


def test_the_role_of_a_thread_can_be_asked_for():
    with role("planner"):
        assert current_role() == "planner"
        with role("judge"):
            assert current_role() == "judge"
    assert current_role() == "other"


def test_a_cached_reply_is_told_from_a_paid_one_by_its_history_entry():
    lm = scripted_lm(lambda _: "yes", cache=True)
    paid, cached = lm("a"), lm("a")
    assert [was_cached(entry_of(lm, outputs)) for outputs in (paid, cached)] == [False, True]
    assert entry_of(lm, object()) == {}


@pytest.mark.parametrize(
    ("usage", "own_usd", "listed_usd", "money"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 5}, None, 0.25, 0.25),
        ({"prompt_tokens": 10, "completion_tokens": 5}, 0.5, 0.25, 0.5),
        ({"prompt_tokens": 10, "completion_tokens": 5}, None, None, None),
        ({}, None, 0.0, None),
    ],
    ids=["listed", "the engine's own", "unknown", "no usage reported"],
)
def test_one_definition_prices_an_answer_wherever_it_is_booked(usage, own_usd, listed_usd, money):
    lm = scripted_lm(price_usd=own_usd) if own_usd is not None else None
    cost = answered(lm, usage, listed_usd, cut=True)
    assert cost == Cost(
        calls=1,
        truncated_calls=1,
        tokens_in=usage.get("prompt_tokens", 0),
        tokens_out=usage.get("completion_tokens", 0),
        money_usd=money,
    )
