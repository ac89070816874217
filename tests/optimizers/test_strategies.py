from __future__ import annotations

import dspy
import pytest

from data.errors import UserError
from optimizers.bootstrap import compile_program
from optimizers.dspy_bridge import CountingMetric, student, thaw
from optimizers.registry import STRATEGIES, compile_with, strategy
from optimizers.task import CompileTask, StrategySettings
from programs.accounts import Account
from programs.debtors import SimulatedDebtor
from programs.evaluation import evaluate
from programs.maden import Maden
from programs.settings import ProgramSettings, Variant
from tests.programs.cases import random_cases
from tests.programs.players import playing, turn

CASES = random_cases(10)
STATE_OF_EVERY_PREDICTOR = {"planner.predict", "negotiator.predict", "judge.predict"}


def task(lm, *, seed=0, threshold=0.2, threads=1, debtors=SimulatedDebtor, **settings):
    knobs = StrategySettings(**{"max_demos": 2, "candidates": 2, "trials": 3, **settings})
    return CompileTask(
        Maden(ProgramSettings(), debtors), CASES[:5], CASES[5:8], lm, lm, threshold, knobs, seed, threads
    )


def demos(program):
    return {name: [dict(d) for d in p.demos] for name, p in program.named_predictors()}


def proposing(**settings):
    """A model that negotiates and, asked for an instruction, writes one."""

    def negotiator(prompt):
        if "proposed_instruction" in prompt:
            return {"proposed_instruction": f"Hold firm, variant {len(prompt) % 7}."}
        if "`turn`" not in prompt:
            return None
        return turn("step_down")

    return playing(negotiator, **settings)


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_keeps_demos_of_real_negotiations_and_leaves_judge_and_original_alone(name):
    lm = proposing()
    work = task(lm)
    before = {n: p.dump_state() for n, p in work.program.named_predictors()}
    compiled = compile_with(name, work)
    assert {n: p.dump_state() for n, p in work.program.named_predictors()} == before
    kept = demos(compiled.program)
    assert set(kept) == STATE_OF_EVERY_PREDICTOR == set(compiled.program.dump_state())
    assert kept["judge.predict"] == []
    assert compiled.program.judge.predict.signature.instructions == work.program.judge.predict.signature.instructions
    for demo in kept["planner.predict"] + kept["negotiator.predict"]:
        assert demo["augmented"] is True
        assert demo["account"] in "\n".join(lm.engine.prompts)
    assert kept["negotiator.predict"] or name != "bootstrap", "it must find demonstrations among five debtors"
    assert compiled.unscored == 0
    assert compiled.scored > 0


def test_demos_come_from_training_debtors_only_and_carry_whole_inputs():
    compiled = compile_with("bootstrap", task(proposing()))
    train_names = {f"owes {c.debt.outstanding // 100:,}" for c in CASES[:5]}
    for demo in demos(compiled.program)["negotiator.predict"]:
        assert set(demo) >= {"account", "ladder", "dialogue", "advice", "situation", "turn"}
        assert any(str(f"{c.debt.outstanding // 100:,}") in demo["account"] for c in CASES[:5])
    assert train_names


def test_no_demo_below_a_threshold_that_was_given():
    compiled = compile_with("bootstrap", task(proposing(), threshold=0.999, metric_threshold=0.999))
    assert all(kept == [] for kept in demos(compiled.program).values())


def test_where_nobody_reaches_our_own_threshold_the_best_negotiation_serves_alone():
    work = task(lm := proposing(), threshold=0.999)
    with dspy.context(lm=lm):
        played = evaluate(work.program, work.train, seed=0)
    best = max((p.scorecard.objective, p.case_id) for p in played.played)
    compiled = compile_with("bootstrap", work)
    kept = demos(compiled.program)["planner.predict"]
    assert len(kept) == 1
    account = next(c for c in CASES if c.case_id == best[1])
    assert f"{account.debt.outstanding // 100:,}" in kept[0]["account"]


@pytest.mark.parametrize("threshold", [0, -1])
def test_a_threshold_of_nothing_is_refused(threshold):
    with pytest.raises(ValueError, match="metric_threshold must be above 0"):
        task(proposing(), threshold=threshold)


@pytest.mark.parametrize("name", STRATEGIES)
def test_the_same_seed_gives_the_same_program_and_seed_zero_is_a_seed(name):
    first, second = (demos(compile_with(name, task(proposing(), seed=0)).program) for _ in range(2))
    assert first == second
    orders = {tuple(e.case.case_id for e in task(proposing(), seed=seed).trainset()) for seed in range(4)}
    assert len(orders) > 1


def test_mipro_is_given_seed_zero_and_no_private_figure_reaches_the_proposer():
    lm = proposing()
    compile_with("mipro", task(lm, seed=0))
    proposals = [p for p in lm.engine.prompts if "proposed_instruction" in p]
    assert proposals
    for case in CASES[:8]:
        for amount in (case.finances.monthly_income, case.finances.assets):
            assert all(str(amount) not in p for p in proposals)
        assert all("finances" not in p for p in proposals)


def test_infrastructure_failures_are_counted_and_are_no_demonstrations():
    lm = playing(failures=[dspy.lm15.RateLimitError("slow down")] * 4)
    compiled = compile_with("bootstrap", task(lm))
    assert compiled.unscored == 4
    assert compiled.scored >= 1


def test_the_debtor_is_neither_optimised_nor_saved_and_is_shared_by_copies():
    program = Maden()
    copy = program.deepcopy()
    assert copy.outside is program.outside
    assert "outside" not in " ".join(name for name, _ in program.named_sub_modules())


def test_a_compiled_program_can_be_compiled_again_and_saved_whole():
    compiled = compile_with("bootstrap", task(proposing())).program
    assert all(not module._compiled for _, module in compiled.named_sub_modules())
    again = compile_program(
        CompileTask(compiled, CASES[:5], CASES[5:8], (lm := proposing()), lm, 0.2), CountingMetric()
    )
    assert set(thaw(again).dump_state()) == STATE_OF_EVERY_PREDICTOR


def test_a_variant_without_a_judge_has_no_judge_to_freeze():
    program = student(Maden(ProgramSettings(variant=Variant.VANILLA)))
    assert [name for name, _ in program.named_predictors()] == ["negotiator.predict"]


def test_an_unknown_strategy_is_named_with_the_nearest():
    with pytest.raises(UserError, match="no optimiser called 'bootstrp'; did you mean bootstrap"):
        strategy("bootstrp")


def test_proposals_are_booked_to_the_proposer():
    account = Account()
    with account.watching():
        compile_with("mipro", task(proposing()))
    assert account.by_role["proposer"].calls > 0
    assert "other" not in account.by_role


def test_a_failing_example_is_not_logged_with_its_finances(caplog, capsys):
    def broken(case, seed):
        raise RuntimeError("the debtor fell off the chair")

    compile_with("bootstrap", task(proposing(), debtors=broken))
    printed = caplog.text + "".join(capsys.readouterr())
    assert "monthly_income" not in printed
