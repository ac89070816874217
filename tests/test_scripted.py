"""The suite's fake model must itself be trustworthy."""

from __future__ import annotations

import time
from typing import Annotated, Literal

import dspy
import pytest
from pydantic import BaseModel, Field

from tests.scripted import scripted_lm


class Plan(BaseModel):
    opening: Literal["firm", "soft"]
    discount_pct: Annotated[int, Field(ge=0, le=30)]
    income: Annotated[int, Field(ge=0)] | None
    steps: list[Literal["a", "b"]] = Field(min_length=1, max_length=3)
    reason: str = Field(max_length=60)


class Planning(dspy.Signature):
    """Plan the negotiation."""

    case: str = dspy.InputField()
    plan: Plan = dspy.OutputField()


PLAN = {"plan": {"opening": "firm", "discount_pct": 5, "income": None, "steps": ["a"], "reason": "first talk"}}


def plan(lm: dspy.LM, case: str = "owes 100") -> Plan:
    with dspy.context(lm=lm, adapter=dspy.JSONAdapter()):
        return dspy.Predict(Planning)(case=case).plan


def test_it_answers_from_the_function_and_records_the_whole_prompt():
    lm = scripted_lm(lambda prompt: PLAN if "owes 100" in prompt else "nonsense")
    assert plan(lm) == Plan.model_validate(PLAN["plan"])
    assert len(lm.engine.prompts) == 1
    assert "Plan the negotiation." in lm.engine.prompts[0]


@pytest.mark.parametrize("seed", range(5))
def test_without_a_function_it_fabricates_schema_valid_answers_that_depend_on_seed_and_prompt_only(seed):
    first = [plan(scripted_lm(seed=seed), f"owes {n}") for n in range(8)]
    again = [plan(scripted_lm(seed=seed), f"owes {n}") for n in reversed(range(8))]
    assert first == again[::-1]
    assert len({p.model_dump_json() for p in first}) > 1


def test_injected_failures_come_in_order_and_are_retried_by_dspy():
    lm = scripted_lm(lambda _: PLAN, failures=[dspy.lm15.ServerError("down", retry_after=0)], num_retries=1)
    assert plan(lm).discount_pct == 5
    assert len(lm.engine.prompts) == 2


def test_a_reply_that_is_no_json_reaches_the_parser():
    from dspy.utils.exceptions import AdapterParseError

    with pytest.raises(AdapterParseError):
        plan(scripted_lm(lambda _: "I would rather not."))


def test_latency_is_kept_and_runs_in_parallel():
    lm = scripted_lm(lambda _: PLAN, latency_s=0.2)
    jobs = [(dspy.Predict(Planning), {"case": str(n)}) for n in range(4)]
    started = time.perf_counter()
    with dspy.context(lm=lm, adapter=dspy.JSONAdapter()):
        dspy.Parallel(num_threads=4, disable_progress_bar=True)(jobs)
    assert 0.2 <= time.perf_counter() - started < 0.7


def test_a_copy_of_a_program_keeps_the_one_engine():
    lm = scripted_lm(lambda _: PLAN)
    program = dspy.Predict(Planning)
    program.set_lm(lm)
    with dspy.context(adapter=dspy.JSONAdapter()):
        program.deepcopy()(case="owes 100")
    assert len(lm.engine.prompts) == 1


@pytest.mark.parametrize("turn", [1, 2])
def test_settings_of_one_test_never_reach_the_next(turn):
    assert dspy.settings.lm is None
    dspy.configure(lm=scripted_lm(), max_errors=turn)
