from __future__ import annotations

from itertools import count

import dspy
import pytest

from optimizers.dspy_bridge.dspy_student import student
from optimizers.registry import STRATEGIES, compile_with, strategy
from optimizers.runs.halt import Halted
from plumbing.errors import UserError
from programs.creditor.settings import ProgramSettings, Variant
from programs.maden import Maden
from programs.models.accounts import CostAccount
from programs.playing.evaluate import evaluate
from tests.optimizers.tasks import compile_task
from tests.programs.cases import random_cases
from tests.programs.players import playing, turn

CASES = random_cases(10)
DEMOS_ALONE = {"bootstrap", "random-search"}
STATE_OF_EVERY_PREDICTOR = {"planner.predict", "negotiator.predict", "judge.predict"}


@pytest.fixture
def task(tmp_path):
    """Makes a task with a run of its own; `playing` answers unless a model is given."""

    def make(lm, **settings):
        knobs = {"max_demos": 2, "candidates": 2, "trials": 3, **settings}
        return compile_task(tmp_path, lm, CASES[:5], CASES[5:8], **knobs)

    return make


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
def test_every_strategy_keeps_demos_of_real_negotiations_and_leaves_judge_and_original_alone(task, name):
    lm = proposing()
    work = task(lm)
    before = {n: p.dump_state() for n, p in work.program.named_predictors()}
    compiled = compile_with(name, work)
    assert {n: p.dump_state() for n, p in work.program.named_predictors()} == before
    kept = demos(compiled)
    assert set(kept) == STATE_OF_EVERY_PREDICTOR == set(compiled.dump_state())
    assert kept["judge.predict"] == []
    assert compiled.judge.predict.signature.instructions == work.program.judge.predict.signature.instructions
    for demo in kept["planner.predict"] + kept["negotiator.predict"]:
        assert demo["augmented"] is True
        assert demo["account"] in "\n".join(lm.engine.prompts)
    assert kept["negotiator.predict"] or name != "bootstrap", "it must find demonstrations among five debtors"
    assert work.player.unscored == 0
    assert work.player.scored == len(work.player.watcher.lines) > 0


@pytest.mark.parametrize("name", STRATEGIES)
def test_a_strategy_asks_for_and_changes_no_more_than_it_declares(task, name):
    lm, declared = proposing(), strategy(name)
    work = task(lm)
    compiled = compile_with(name, work)
    asked = any("proposed_instruction" in prompt for prompt in lm.engine.prompts)
    assert declared.proposes or not asked
    instructions = [
        {n: p.signature.instructions for n, p in program.named_predictors()} for program in (work.program, compiled)
    ]
    changed = instructions[0] != instructions[1] or compiled.settings != work.program.settings
    assert declared.changes == "all" or not changed
    assert (declared.proposes, declared.changes) == (name not in DEMOS_ALONE, "demos" if name in DEMOS_ALONE else "all")


def test_demos_come_from_training_debtors_only_and_carry_whole_inputs(task):
    compiled = compile_with("bootstrap", task(proposing()))
    train_names = {f"owes {c.debt.outstanding // 100:,}" for c in CASES[:5]}
    for demo in demos(compiled)["negotiator.predict"]:
        assert set(demo) >= {"account", "ladder", "dialogue", "advice", "situation", "turn"}
        assert any(str(f"{c.debt.outstanding // 100:,}") in demo["account"] for c in CASES[:5])
    assert train_names


def test_no_demo_below_a_threshold_that_was_given(task):
    compiled = compile_with("bootstrap", task(proposing(), threshold=0.999, metric_threshold=0.999))
    assert all(kept == [] for kept in demos(compiled).values())


def test_where_nobody_reaches_our_own_threshold_the_best_negotiation_serves_alone(task):
    work = task(lm := proposing(), threshold=0.999)
    with dspy.context(lm=lm):
        played = evaluate(work.program, work.train, seed=0)
    best = max((p.scorecard.objective, p.case_id) for p in played.played)
    compiled = compile_with("bootstrap", work)
    kept = demos(compiled)["planner.predict"]
    assert len(kept) == 1
    account = next(c for c in CASES if c.case_id == best[1])
    assert f"{account.debt.outstanding // 100:,}" in kept[0]["account"]


@pytest.mark.parametrize("threshold", [0, -1])
def test_a_threshold_of_nothing_is_refused(task, threshold):
    with pytest.raises(ValueError, match="metric_threshold must be above 0"):
        task(proposing(), threshold=threshold)


@pytest.mark.parametrize("name", STRATEGIES)
def test_the_same_seed_gives_the_same_program_and_seed_zero_is_a_seed(task, name):
    first, second = (demos(compile_with(name, task(proposing(), seed=0))) for _ in range(2))
    assert first == second
    orders = {tuple(e.case.case_id for e in task(proposing(), seed=seed).trainset()) for seed in range(4)}
    assert len(orders) > 1


def test_mipro_is_given_seed_zero_and_no_private_figure_reaches_the_proposer(task):
    lm = proposing()
    compile_with("mipro", task(lm, seed=0))
    proposals = [p for p in lm.engine.prompts if "proposed_instruction" in p]
    assert proposals
    for case in CASES[:8]:
        for amount in (case.finances.monthly_income, case.finances.assets):
            assert all(str(amount) not in p for p in proposals)
        assert all("finances" not in p for p in proposals)


def test_what_infrastructure_broke_is_played_again_and_leaves_no_trace(task):
    clean = task(proposing())
    broken = task(proposing(failures=[dspy.lm15.RateLimitError("slow down"), None] * 2))
    assert demos(compile_with("bootstrap", broken)) == demos(compile_with("bootstrap", clean))
    assert broken.player.unscored == 0
    assert [line.score for line in broken.player.ledger] == [line.score for line in clean.player.ledger]


def test_an_optimiser_of_dspy_is_halted_by_a_negotiation_that_stays_broken_since_it_would_count_it_as_zero(task):
    lm, turns = proposing(), count()
    answered = lm.engine.answer

    def soon_silent(prompt):
        if "proposed_instruction" in prompt or next(turns) < 5:
            return answered(prompt)
        return dspy.lm15.RateLimitError("slow down")

    lm.engine.answer = soon_silent
    work = task(lm)
    with pytest.raises(Halted, match="rate_limit") as halted:
        compile_with("mipro", work)
    assert halted.value.reason == "infrastructure"
    assert work.player.unscored >= 1
    assert all(line.ending != "infrastructure" for line in work.player.ledger)


def test_the_debtor_is_neither_optimised_nor_saved_and_is_shared_by_copies():
    program = Maden()
    copy = program.deepcopy()
    assert copy.outside is program.outside
    assert "outside" not in " ".join(name for name, _ in program.named_sub_modules())


def test_a_compiled_program_can_be_compiled_again_and_saved_whole(task):
    compiled = compile_with("bootstrap", task(proposing()))
    assert all(not module._compiled for _, module in compiled.named_sub_modules())
    again = compile_with("bootstrap", task(proposing(), program=compiled))
    assert set(again.dump_state()) == STATE_OF_EVERY_PREDICTOR


def test_a_variant_without_a_judge_has_no_judge_to_freeze(task):
    program = student(task(proposing(), program=Maden(ProgramSettings(variant=Variant.VANILLA))))
    assert [name for name, _ in program.named_predictors()] == ["negotiator.predict"]


def test_an_unknown_strategy_is_named_with_the_nearest():
    with pytest.raises(UserError, match="no optimiser called 'bootstrp'; did you mean bootstrap"):
        strategy("bootstrp")


def test_proposals_are_booked_to_the_proposer(task):
    account = CostAccount()
    with account.watching():
        compile_with("mipro", task(proposing()))
    assert account.by_role["proposer"].calls > 0
    assert "other" not in account.by_role


def test_a_fault_of_ours_ends_an_optimiser_that_would_count_it_as_zero_and_logs_no_finances(task, caplog, capsys):
    def broken(case, seed):
        raise RuntimeError("the debtor fell off the chair")

    with pytest.raises(RuntimeError, match="fell off the chair"):
        compile_with("mipro", task(proposing(), debtors=broken))
    printed = caplog.text + "".join(capsys.readouterr())
    assert "monthly_income" not in printed
