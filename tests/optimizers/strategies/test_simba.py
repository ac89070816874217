"""SIMBA: several goes at the same debtors; the same run twice, a run that is cut off, and what rules are made of."""

from __future__ import annotations

from pathlib import Path

import dspy
import pytest

from optimizers.compile_config import PRESETS, Preset, StrategySettings
from optimizers.proposals.asking import PROPOSAL_TEMPERATURE
from optimizers.registry import compile_with
from optimizers.runs.halt import Halted
from optimizers.strategies.simba import MAX_INSTRUCTION_CHARS, SAMPLING_TEMPERATURE, negotiations
from programs.creditor.fingerprints import program_state
from programs.creditor.settings import ProgramSettings
from programs.maden import Maden
from programs.models.accounts import CostAccount
from programs.models.calls import call, exploring
from signatures.turn import TakeLadderTurn
from tests.optimizers.pieces import compiled_in_pieces
from tests.optimizers.tasks import compile_task
from tests.programs.cases import random_cases
from tests.programs.players import playing, turn
from tests.scripted import scripted_lm

TRAIN = random_cases(4)
MARK = "Give way once the debtor has: MARK"


def trying(rule=None, **settings):
    """A model that gives way in some samples only, unless a rule tells it to, and draws that rule when asked."""

    def negotiator(prompt):
        if "`parting`" in prompt:
            return rule(prompt) if rule else {"advice": {"contrast": "One gave way.", "rule": MARK}}
        sampled = getattr(lm.engine.requests[-1].config, "seed", None) or 0
        return turn("step_down" if MARK in prompt or sampled % 2 else "hold", inquiry="income")

    lm = playing(negotiator, cache=True, **settings)
    return lm


def work(folder: Path, lm: dspy.LM, **settings):
    folder.mkdir(parents=True, exist_ok=True)
    knobs = {"candidates": 2, "simba_steps": 2, "simba_batch": 3, "max_demos": 2, **settings}
    return compile_task(folder, lm, TRAIN, threshold=0.01, **knobs)


def asked_for_rules(lm: dspy.LM) -> list[str]:
    return [prompt for prompt in lm.engine.prompts if "`parting`" in prompt]


@pytest.fixture(scope="module")
def climbed(tmp_path_factory):
    """One compile that several tests look at: its task, the program, its model and its account."""
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)
    lm, account = trying(), CostAccount()
    task = work(tmp_path_factory.mktemp("runs"), lm, simba_steps=4)
    with account.watching():
        program = compile_with("simba", task)
    return task, program, lm, account


def test_it_plays_better_than_before_and_leaves_the_judge_alone(climbed):
    task, program, lm, _ = climbed
    changed = program.negotiator.predict
    assert MARK in changed.signature.instructions or changed.demos
    assert program.judge.predict.signature.instructions == Maden().judge.predict.signature.instructions
    with dspy.context(lm=lm):
        before, after = (task.player.evaluate(one, TRAIN, 0).mean("objective") for one in (task.program, program))
    assert after > before
    assert task.player.scored <= negotiations(task.settings, len(TRAIN), 0) + 2 * len(TRAIN)


def test_its_samples_are_other_goes_at_the_same_debtors_and_are_kept_apart_from_the_programs_own(climbed):
    task, _, lm, _ = climbed
    own = task.program.sha256
    goes = [line for line in task.player.ledger if line.candidate == own]
    assert len({line.key for line in goes}) == len(goes)
    assert {line.seed for line in goes} >= {1, 2}
    assert {line.negotiation["seed"] for line in goes} == {0}, "the debtor is the same each time"
    told = zip(lm.engine.requests, lm.engine.prompts, strict=True)
    heats = {request.config.temperature for request, prompt in told if "`turn`" in prompt}
    assert heats == {0.0, SAMPLING_TEMPERATURE}


def test_a_rule_is_drawn_from_what_the_metrics_say_and_from_the_turn_at_which_two_goes_parted(climbed):
    _, _, lm, account = climbed
    asked = asked_for_rules(lm)
    assert asked
    assert all("Objective 0." in prompt and "better answer: " in prompt for prompt in asked)
    assert account.by_role["proposer"].calls == len(asked)
    assert "other" not in account.by_role
    configs = [r.config for r, p in zip(lm.engine.requests, lm.engine.prompts, strict=True) if "`parting`" in p]
    assert all(config.temperature == PROPOSAL_TEMPERATURE for config in configs)
    for case in TRAIN:
        for amount in (case.finances.monthly_expenses, case.finances.assets):
            assert not [p for p in asked if str(amount) in p or f"{amount // 100:,}" in p]


def test_the_same_seed_gives_the_same_program_and_another_one_other_batches(tmp_path):
    runs = []
    for name, seed in (("first", 0), ("again", 0), ("other", 3)):
        dspy.cache.reset_memory_cache()
        program = compile_with("simba", work(tmp_path / name, lm := trying(), seed=seed))
        runs.append((program_state(program), lm.engine.prompts))
    assert runs[0] == runs[1]
    assert runs[2][1] != runs[0][1]


def test_cut_off_anywhere_and_repeated_it_ends_the_same_and_asks_nothing_twice(tmp_path):
    whole, asked, sessions = compiled_in_pieces("simba", tmp_path / "whole", trying, work, piece=10_000)
    assert sessions == 1
    again, asked_in_pieces, sessions = compiled_in_pieces("simba", tmp_path / "pieces", trying, work, piece=131)
    assert sessions >= 3
    assert program_state(again) == program_state(whole)
    assert asked_in_pieces == asked


@pytest.mark.parametrize(
    "rule",
    [
        lambda prompt: "no JSON",
        lambda prompt: {"advice": {"contrast": "", "rule": ""}},
        lambda prompt: {"advice": {"contrast": "None.", "rule": "You meet another person each time " * 8}},
    ],
    ids=["unreadable", "empty", "too long"],
)
def test_an_unusable_rule_costs_a_candidate_and_no_more(tmp_path, caplog, rule):
    settings = {"simba_steps": 1}
    task = work(tmp_path, lm := trying(rule), **settings)
    program = compile_with("simba", task)
    texts = [p.signature.instructions for _, p in program.named_predictors()]
    assert all(len(text) <= MAX_INSTRUCTION_CHARS for text in texts)
    assert not asked_for_rules(lm) or "no usable rule" in caplog.text or task.player.scored


def test_a_prompt_model_that_cannot_be_reached_halts_the_run(tmp_path):
    lm = trying(lambda prompt: dspy.lm15.RateLimitError("slow down"))
    with pytest.raises(Halted, match=r"prompt model gave no proposal.*slow down"):
        compile_with("simba", work(tmp_path, lm, simba_steps=4))
    assert len(asked_for_rules(lm)) == 1


def test_a_program_that_chooses_among_options_can_climb(tmp_path):
    program = Maden(ProgramSettings.named("planned"))
    task = work(tmp_path, scripted_lm(cache=True), program=program, simba_steps=1, simba_batch=1)
    assert compile_with("simba", task).settings == program.settings


def test_exploring_samples_a_programs_calls_and_no_debtors():
    lm = scripted_lm()
    inputs = dict.fromkeys(TakeLadderTurn.input_fields, "x")
    with dspy.context(lm=lm):
        for sample in (0, 1, 2):
            with exploring(0.5, sample):
                call(dspy.Predict(TakeLadderTurn), "negotiator", 0, 0.0, **inputs)
        with exploring(0.5, 1):
            call(dspy.Predict(TakeLadderTurn), "debtor", 0, 0.0, **inputs)
        call(dspy.Predict(TakeLadderTurn), "negotiator", 0, 0.0, **inputs)
    assert [request.config.temperature for request in lm.engine.requests] == [0.5, 0.5, 0.5, 0.0, 0.0]


@pytest.mark.parametrize("preset", list(Preset))
def test_a_preset_holds_two_goes_at_each_debtor_and_grows_with_the_others(preset):
    size = PRESETS[preset]
    most = negotiations(size.strategy, size.train, size.val)
    assert most >= 2 * min(size.strategy.simba_batch, size.train)
    assert negotiations(StrategySettings(candidates=1), 4, 0) == negotiations(StrategySettings(candidates=2), 4, 0)
