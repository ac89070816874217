"""The embedded engine on a real small model (SmolLM2-135M): whatever it says, it says it in the schema."""

from __future__ import annotations

import copy
import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Literal

import dspy
import pytest
from pydantic import BaseModel, Field

from plumbing.errors import UserError
from programs.models.accounts import CostAccount
from programs.models.embedded.engine import EmbeddedEngine, EngineSettings, model_for
from programs.models.make import check_lm, classify, make_lm
from programs.table.failures import ContextOverflow, UnparseableOutput

pytestmark = pytest.mark.slow


class Terms(BaseModel):
    discount_pct: int = Field(ge=0, le=30)
    installment_periods: int = Field(ge=3, le=24)


class Turn(BaseModel):
    move: Literal["hold", "step_down", "accept"]
    terms: Terms
    inquiry: Literal["income", "expenses"] | None
    surplus: Annotated[int, Field(ge=0, le=99_999)] | None
    asked: list[Literal["income", "assets"]] = Field(max_length=2)
    firm: bool
    message: str = Field(min_length=5, max_length=40)


class Negotiating(dspy.Signature):
    """You negotiate for the creditor."""

    dialogue: str = dspy.InputField()
    turn: Turn = dspy.OutputField()


@pytest.fixture
def lm(model_file) -> dspy.LM:
    return make_lm(f"local:{model_file}", temperature=1.0, max_tokens=300, seed=0, cache=False)


def negotiate(lm: dspy.LM, dialogue: str = "Debtor: I want 95% off and 60 months.") -> Turn:
    with dspy.context(lm=lm, adapter=dspy.JSONAdapter()):
        return dspy.Predict(Negotiating)(dialogue=dialogue).turn


@pytest.mark.parametrize("seed", [1, 2])
def test_every_reply_fits_the_schema_at_full_temperature(lm, seed):
    turn = negotiate(lm.copy(seed=seed))
    assert isinstance(turn, Turn)
    text = dspy.clients.base_lm.GLOBAL_HISTORY[-1]["outputs"][0]
    assert Turn.model_validate(json.loads(text)["turn"]) == turn, "the reply needed repairs"
    assert "\n" not in text, "line breaks cost tokens"


def test_bounds_of_a_float_hold_too(lm):
    class Share(BaseModel):
        share: float = Field(ge=0.05, le=0.5)

    with dspy.context(lm=lm.copy(temperature=0.0), adapter=dspy.JSONAdapter()):
        predict = dspy.Predict(dspy.Signature("dialogue -> share: Share", custom_types={"Share": Share}))
        assert 0.05 <= predict(dialogue="Debtor: I can pay 95 %.").share.share <= 0.5


@pytest.mark.embedded
def test_the_same_seed_gives_the_same_turn_and_another_seed_another(model_file):
    # Another number of threads rounds otherwise, so the number that the load would choose is fixed.
    lm = make_lm(f"local:{model_file}", temperature=1.0, max_tokens=300, seed=0, threads=1, cache=False)
    negotiate(lm)  # the first call fills the prompt cache, which changes roundings
    again = negotiate(lm)
    assert negotiate(lm) == again
    assert negotiate(lm.copy(seed=1)) != again


def test_a_call_is_free_and_its_tokens_are_counted(lm):
    account = CostAccount()
    with account.watching():
        negotiate(lm)
    total = account.total
    assert (total.calls, total.money_usd, total.truncated_calls) == (1, 0.0, 0)
    assert total.tokens_in > 100 < 300 >= total.tokens_out > 20


def test_a_reply_cut_at_the_token_limit_can_be_recognised(lm):
    account = CostAccount()
    with account.watching(), pytest.raises(dspy.utils.exceptions.AdapterParseError) as caught:
        negotiate(lm.copy(max_tokens=12))
    assert account.total.truncated_calls == 1
    assert type(classify(caught.value)) is UnparseableOutput


def test_a_prompt_that_outgrows_the_context_is_the_programs_fault(model_file):
    engine = EmbeddedEngine(EngineSettings(path=str(model_file), threads=1, context=512))
    small = dspy.LM("embedded/small", engine=engine, max_tokens=20, cache=False)
    with pytest.raises(dspy.utils.exceptions.ContextWindowExceededError) as caught:
        negotiate(small, "Debtor: no. " * 400)
    assert type(classify(caught.value)) is ContextOverflow
    assert "512" in str(classify(caught.value))


def test_calls_from_several_threads_do_not_mix(lm):
    with ThreadPoolExecutor(2) as pool:
        turns = list(pool.map(lambda n: negotiate(lm.copy(seed=n), f"Debtor: offer {n}."), range(2)))
    assert [type(turn) for turn in turns] == [Turn] * 2


def test_copies_share_one_loaded_model(lm):
    engine = lm.engine
    for twin in (
        copy.deepcopy(engine),
        pickle.loads(pickle.dumps(engine)),
        EmbeddedEngine.load_state(engine.dump_state()),
    ):
        assert twin.settings == engine.settings
        assert model_for(twin.settings) is model_for(engine.settings)


def test_the_check_passes_and_logs_nothing(lm, caplog):
    check_lm(lm)
    assert caplog.records == []


def test_a_damaged_model_file_is_named(tmp_path):
    (tmp_path / "broken.gguf").write_bytes(b"GGUF" + b"\0" * 100)
    with pytest.raises(UserError, match=r"cannot load the model file .*broken\.gguf"):
        check_lm(make_lm(f"local:{tmp_path / 'broken.gguf'}"))


def test_a_missing_library_says_what_to_install(lm, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "xllamacpp", None)
    with pytest.raises(UserError, match=r'pip install "maden\[local\]"'):
        model_for(EngineSettings(path=lm.engine.settings.path, threads=1, context=64))


@pytest.mark.embedded
def test_the_shipped_model_answers_in_the_schema():
    lm = make_lm("local", cache=False)
    check_lm(lm)
    assert isinstance(negotiate(lm), Turn)
    assert lm.model == "embedded/qwen2.5-coder-1.5b-instruct-q4_k_m-cc324af070c2"
