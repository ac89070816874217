"""The estimate before the first call: ranges, money that may be unknown, and what caps would cut off."""

from __future__ import annotations

import dspy
import pytest

from optimizers.compile_config import CompileConfig
from optimizers.spending.budget import Limits, Spent
from optimizers.spending.estimate import Range, estimate, lines
from programs.creditor.settings import Variant
from programs.models.embedded.engine import EmbeddedEngine, EngineSettings
from programs.models.embedded.processor import usable_cores
from programs.models.embedded.speeds import Speeds
from programs.models.remote import RemoteLM, litellm, price_usd
from tests.scripted import scripted_lm


def embedded() -> dspy.LM:
    return dspy.LM("embedded/x", engine=EmbeddedEngine(EngineSettings(path="x.gguf", threads=2)), max_tokens=400)


@pytest.fixture
def speeds_file(tmp_path, monkeypatch):
    """Where measured speeds are kept, empty."""
    monkeypatch.setattr("platformdirs.user_cache_path", lambda _: tmp_path)
    return tmp_path / "speeds.json"


@pytest.fixture
def remote(monkeypatch):
    """A model behind LiteLLM at a planted price: 1 USD a million tokens in, 10 out."""
    price = {"input_cost_per_token": 1e-6, "output_cost_per_token": 1e-5, "litellm_provider": "openai", "mode": "chat"}
    monkeypatch.setitem(litellm().model_cost, "planted", price)
    return RemoteLM("openai/planted", temperature=0.0, max_tokens=400, cache=True)


def test_calls_tokens_and_money_are_ranges_at_the_listed_price(remote):
    found = estimate(CompileConfig(program=Variant.MADEN, optimizer="bootstrap"), 10, remote)
    assert (found.negotiations, found.calls) == (10, Range(60, 240))
    assert found.tokens_in == Range(60 * 1000, 240 * (1500 + 2 * 700))
    assert found.tokens_out == Range(60 * 60, 240 * 100)
    low, high = found.money_usd
    assert low == pytest.approx(60 * 1000 * 1e-6 + 60 * 60 * 1e-5)
    assert high == pytest.approx(240 * 2900 * 1e-6 + 240 * 100 * 1e-5)
    assert found.minutes is None
    assert lines(found)[:3] == [
        "at most 10 negotiations, about 60 to 240 model calls",
        "about 60,000 to 700,000 tokens in and 3,600 to 24,000 out",
        "about 0.096 to 0.94 USD at LiteLLM's list prices; answered calls come from the cache",
    ]


def test_an_unknown_price_is_said_to_be_unknown_and_is_not_0():
    lm = RemoteLM("openai/model-of-my-own", temperature=0.0, max_tokens=400)
    found = estimate(CompileConfig(), 10, lm)
    assert found.money_usd is None
    assert found.unpriced == ("openai/model-of-my-own",)
    said = lines(found, Limits(max_usd=1.0))
    assert "what it costs is unknown: no price is listed for openai/model-of-my-own" in said[2]
    assert "--max-usd 1 cannot be kept while a price is unknown" in said
    assert not any(" 0 USD" in line for line in said)


def test_one_unknown_price_makes_the_sum_unknown(remote):
    config = CompileConfig(optimizer="mipro")
    mine = RemoteLM("openai/model-of-my-own", temperature=0.0, max_tokens=400)
    found = estimate(config, 10, remote, mine, proposes=True)
    assert found.money_usd is None
    assert found.unpriced == ("openai/model-of-my-own",)


def test_the_embedded_model_sends_no_bill_and_takes_minutes(speeds_file):
    found = estimate(CompileConfig(), 9, embedded())
    assert found.money_usd == Range(0, 0)
    assert found.minutes == Range(54 * 6 / 60, 216 * 9 / 60)
    said = lines(found)
    assert "no bill: the embedded model runs on this machine" in said
    assert any(line.startswith("about 5 to 32 minutes on two idle cores") for line in said)


def test_a_model_that_was_measured_here_is_estimated_by_its_own_speed(speeds_file):
    speeds = Speeds("x.gguf", usable_cores(), speeds_file)
    speeds.wrote(2, 100, 10.0)
    speeds.read(100, 5.0)
    speeds.keep()
    found = estimate(CompileConfig(), 9, embedded())
    assert found.minutes == Range(54 * (150 / 20 + 60 / 10) / 60, 216 * (450 / 20 + 100 / 10) / 60)
    assert "at the speed that the model had on this machine before" in " ".join(lines(found))


def test_a_remote_prompt_model_is_billed_beside_the_embedded_one(remote):
    found = estimate(CompileConfig(optimizer="mipro"), 9, embedded(), remote, proposes=True)
    assert 0 < found.money_usd.low < found.money_usd.high
    assert not found.embedded
    assert found.minutes is not None


def test_strategies_without_proposals_ask_the_prompt_model_nothing(remote):
    assert estimate(CompileConfig(optimizer="bootstrap"), 9, embedded(), remote).money_usd == Range(0, 0)


def test_a_debtor_played_by_a_model_adds_its_calls(remote):
    alone = estimate(CompileConfig(program=Variant.VANILLA), 5, remote)
    both = estimate(CompileConfig(program=Variant.VANILLA, debtor="lm"), 5, remote)
    assert both.calls == Range(alone.calls.low + 10, alone.calls.high + 50)


def test_a_resumed_run_is_estimated_by_what_is_left(remote):
    found = estimate(CompileConfig(), 10, remote, played=4)
    assert (found.negotiations, found.calls) == (6, Range(36, 144))
    assert lines(found)[0] == "at most 6 negotiations, 4 more are in the ledger, about 36 to 144 model calls"
    assert estimate(CompileConfig(), 10, remote, played=12).calls == Range(0, 0)


def test_a_reasoning_model_may_write_far_more(remote):
    thinking = RemoteLM("openai/planted", temperature=None, max_tokens=None)
    assert estimate(CompileConfig(), 10, thinking).tokens_out.high == 240 * 2000


@pytest.mark.parametrize(
    ("limits", "sentence"),
    [
        (Limits(max_calls=500), "--max-calls 500 is above the estimate and should cut nothing off"),
        (Limits(max_calls=120), "--max-calls 120 is within the estimate: the compile may be stopped after 50% of"),
        (Limits(max_calls=24), "--max-calls 24 is below the estimate: the compile will be stopped after 10% of"),
        (Limits(max_calls=24), "measuring the uncompiled program alone takes 36 to 144 calls"),
        (Limits(max_usd=0.05), "--max-usd 0.05 is below the estimate"),
        (Limits(max_minutes=5), "--max-minutes 5 stops the compile then, whatever is done"),
    ],
)
def test_a_cap_says_what_it_would_cut_off(remote, limits, sentence):
    assert any(line.startswith(sentence) for line in lines(estimate(CompileConfig(val=6), 10, remote), limits))


def test_a_resumed_runs_cap_is_what_earlier_sessions_left_of_it(remote):
    said = lines(estimate(CompileConfig(), 10, remote, played=4), Limits(max_calls=200), Spent(128, 0.1, 3.0))
    assert (
        "--max-calls 200, of which 72 are left, is within the estimate: the compile may be stopped after 50% of the "
        "highest estimate; the best candidate so far is saved"
    ) in said


def test_a_price_that_rises_with_the_length_of_a_prompt_is_that_of_single_calls(remote, monkeypatch):
    tiered = {**litellm().model_cost["planted"], "input_cost_per_token_above_128k_tokens": 1.0}
    monkeypatch.setitem(litellm().model_cost, "planted", tiered)
    assert estimate(CompileConfig(), 1000, remote).money_usd.high < 1000


def test_an_engine_knows_its_own_price():
    assert price_usd(scripted_lm(price_usd=0.25), "any", 1000, 100) == 0.25
    assert price_usd(scripted_lm(price_usd=None), "any", 1000, 100) is None
