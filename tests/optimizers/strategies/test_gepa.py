"""GEPA: instructions from feedback; the same run twice, a run that is cut off, and what the reflection may read."""

from __future__ import annotations

import re
import time
from pathlib import Path

import dspy
import pytest

from data.book import read_book
from data.domain import Ending, MoveKind, Negotiation, Turn
from metrics.forgone import forgone_note
from optimizers.compile_config import PRESETS, CompileConfig, StrategySettings
from optimizers.compiling.session import prepare
from optimizers.dspy_bridge.dspy_student import student
from optimizers.proposals.asking import PROPOSAL_TEMPERATURE, PROPOSAL_TOKENS, sampling
from optimizers.proposals.credit import dearest_call
from optimizers.registry import compile_with
from optimizers.runs.halt import Halted
from optimizers.spending.budget import Budget, Limits
from optimizers.spending.responses import ResponseStore
from optimizers.strategies.gepa import (
    GUIDANCE,
    MAX_INSTRUCTION_CHARS,
    MINIBATCH,
    Proposer,
    budget,
    floor,
    negotiations,
    refuse,
)
from plumbing.errors import UserError
from programs.creditor.choosing.pick_judge import SENT_BACK
from programs.creditor.fingerprints import program_state
from programs.creditor.settings import ProgramSettings
from programs.maden import Maden
from programs.models.accounts import CostAccount
from tests.optimizers.pieces import compiled_in_pieces
from tests.optimizers.tasks import compile_task
from tests.programs.cases import random_cases
from tests.programs.creditor.choosing.test_choosing import COURSE, KIND, best, worst
from tests.programs.players import NEGOTIATING, playing, turn
from tests.scripted import scripted_lm

CASES = random_cases(5)
TRAIN, VAL = CASES[:3], CASES[3:]
BETTER = "Step down when the debtor does: MARK-"


def evolving(proposal=None, **settings):
    """A model that never gives way until an instruction bears a mark, and proposes one for each prompt it is shown."""

    def negotiator(prompt):
        if "`new_instruction`" in prompt:
            return (proposal or marked)(prompt)
        return turn("step_down" if "MARK-" in prompt else "hold", inquiry="income")

    return playing(negotiator, cache=True, **settings)


def marked(prompt):
    return {"new_instruction": f"{BETTER}{sum(map(ord, prompt)) % 7}"}


def work(folder: Path, lm: dspy.LM, **settings):
    folder.mkdir(parents=True, exist_ok=True)
    return compile_task(folder, lm, TRAIN, VAL, **{"gepa_negotiations": 8, **settings})


def instructions(program: Maden) -> dict[str, str]:
    return {name: p.signature.instructions for name, p in program.named_predictors()}


def reflections(lm: dspy.LM) -> list[str]:
    return [prompt for prompt in lm.engine.prompts if "`new_instruction`" in prompt]


@pytest.fixture(scope="module")
def evolved(tmp_path_factory):
    """One compile that several tests look at: its task, the program's instructions, its model and its account."""
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)
    lm, account = evolving(), CostAccount()
    task = work(tmp_path_factory.mktemp("runs"), lm, gepa_negotiations=20)
    with account.watching():
        program = compile_with("gepa", task)
    return task, instructions(program), lm, account


def test_it_evolves_planner_and_negotiator_and_leaves_judge_and_original_alone(evolved):
    task, after, lm, _ = evolved
    before = instructions(Maden())
    assert instructions(task.program) == before
    assert set(after) == set(before)
    assert after["judge.predict"] == before["judge.predict"]
    assert BETTER in after["negotiator.predict"]
    asked = reflections(lm)
    assert any("You plan a repayment" in p for p in asked) and any("You negotiate the repayment" in p for p in asked)
    assert not any("You review a creditor's draft" in p for p in asked)
    assert all("Objective 0." in p and "raised by:" in p for p in asked)
    assert task.player.scored <= negotiations(task.settings, len(TRAIN), len(VAL))


def test_each_proposal_is_booked_to_the_proposer_and_sampled(evolved):
    _, _, lm, account = evolved
    requests = zip(lm.engine.requests, lm.engine.prompts, strict=True)
    configs = [request.config for request, prompt in requests if "`new_instruction`" in prompt]
    assert all(config.temperature == PROPOSAL_TEMPERATURE for config in configs)
    assert account.by_role["proposer"].calls == len(configs) > 1
    assert "other" not in account.by_role


def test_two_proposals_from_the_same_turns_are_two_samples():
    lm = scripted_lm()
    first, second, again = (sampling(lm, 3, number) for number in (1, 2, 1))
    assert first.kwargs == again.kwargs != second.kwargs
    assert first.kwargs["seed"] == first.kwargs["rollout_id"]
    assert sampling(lm, 0, 1).kwargs != sampling(lm, 1, 1).kwargs
    assert first.kwargs["max_tokens"] >= PROPOSAL_TOKENS > lm.kwargs["max_tokens"]


def test_the_same_seed_gives_the_same_program_and_another_one_other_proposals(tmp_path):
    runs = []
    for name, seed in (("first", 0), ("again", 0), ("other", 3)):
        dspy.cache.reset_memory_cache()
        program = compile_with("gepa", work(tmp_path / name, lm := evolving(), seed=seed))
        runs.append((instructions(program), lm.engine.prompts))
    assert runs[0] == runs[1]
    assert runs[2][1] != runs[0][1]


def test_cut_off_anywhere_and_repeated_it_ends_the_same_and_asks_nothing_twice(tmp_path):
    def task(folder, lm):
        return work(folder, lm, gepa_negotiations=14)

    whole, asked, sessions = compiled_in_pieces("gepa", tmp_path / "whole", evolving, task, piece=10_000)
    assert sessions == 1
    again, asked_in_pieces, sessions = compiled_in_pieces("gepa", tmp_path / "pieces", evolving, task, piece=53)
    assert sessions >= 3
    assert instructions(again) == instructions(whole)
    assert program_state(again) == program_state(whole)
    assert asked_in_pieces == asked


@pytest.mark.slow
def test_a_halt_ends_it_within_a_second_and_without_another_call(tmp_path):
    lm = evolving()
    store = ResponseStore(tmp_path / "responses.sqlite", None)
    Budget(Limits(max_calls=30), store)
    with store.installed():
        task = work(tmp_path / "run", lm, gepa_negotiations=5000)
        original, halted_at = task.player.halt, []
        task.player.halt = lambda why: (halted_at.append(time.monotonic()), original(why))[1]
        with pytest.raises(Halted):
            compile_with("gepa", task)
    assert time.monotonic() - halted_at[0] < 1
    assert len(lm.engine.prompts) == 30
    store.close()


def test_a_prompt_model_that_cannot_be_reached_halts_the_run(tmp_path):
    lm = evolving(lambda prompt: dspy.lm15.RateLimitError("slow down"))
    with pytest.raises(Halted, match=r"prompt model gave no proposal.*slow down") as why:
        compile_with("gepa", work(tmp_path, lm))
    assert why.value.reason == "infrastructure"
    assert len(reflections(lm)) == 1


def test_unusable_proposals_leave_the_program_as_it_was(tmp_path, caplog):
    lm = evolving(lambda prompt: "no instruction at all")
    task = work(tmp_path, lm)
    assert instructions(compile_with("gepa", task)) == instructions(task.program)
    assert "gave no usable instruction" in caplog.text


def test_the_guidance_given_back_is_no_instruction(tmp_path, caplog):
    task = work(tmp_path, evolving(lambda prompt: {"new_instruction": GUIDANCE}))
    assert instructions(compile_with("gepa", task)) == instructions(task.program)
    assert "gave no usable instruction" in caplog.text


def test_a_bug_is_no_proposal_that_failed(tmp_path, monkeypatch):
    def broken(self, *args):
        raise OSError("no space left on device")

    monkeypatch.setattr(Proposer, "_asked", broken)
    with pytest.raises(OSError, match="no space left"):
        compile_with("gepa", work(tmp_path, evolving()))


def test_a_long_proposal_is_shortened_once(tmp_path):
    lm = evolving(lambda prompt: {"new_instruction": "MARK-1 " + "hold " * 600})
    inner = lm.engine.answer
    lm.engine.answer = lambda prompt: (
        {"shortened_instruction": "MARK-1"} if "`shortened_instruction`" in prompt else inner(prompt)
    )
    after = instructions(compile_with("gepa", work(tmp_path, lm)))
    assert "MARK-1" in after.values() or any(p for p in lm.engine.prompts if "`shortened_instruction`" in p)
    assert all(len(text) <= MAX_INSTRUCTION_CHARS for text in after.values())


def test_fewer_turns_are_shown_where_the_context_does_not_hold_all(tmp_path):
    def too_long(prompt):
        shown = prompt.count('"Feedback": ')
        return marked(prompt) if shown == 1 else dspy.lm15.ContextLengthError(f"{shown} are too many")

    lm = evolving(too_long)
    compile_with("gepa", work(tmp_path, lm))
    assert [p.count('"Feedback": ') for p in reflections(lm)] == [3, 2, 1]
    assert any("MARK-" in p and "`strategy`" in p for p in lm.engine.prompts), "the proposal was tried"


def test_no_private_figure_reaches_the_reflection(evolved):
    asked = reflections(evolved[2])
    assert asked
    for case in CASES:
        money = case.finances
        for amount in (money.monthly_expenses, money.assets, money.monthly_surplus):
            forms = {str(amount), str(amount // 100), f"{amount // 100:,}", f"{amount / 100:,.2f}"}
            assert not [form for form in forms for p in asked if form in p and len(form) > 3]
        assert not [p for p in asked if "finances" in p or "persona" in p]
        assert not [p for p in asked if money.story and money.story in p]


@pytest.mark.parametrize("variant", NEGOTIATING)
def test_every_variant_can_be_evolved(tmp_path, variant):
    lm = evolving()
    task = work(tmp_path, lm, program=Maden(ProgramSettings(variant=variant)), gepa_negotiations=3)
    names = {name for name, _ in student(task).named_predictors()}
    assert names == {"negotiator.predict"} | ({"planner.predict"} if variant.plans else set())
    compile_with("gepa", task)


def test_the_budget_is_what_was_asked_for_or_the_floor_and_grows_with_the_candidates():
    assert budget(StrategySettings(gepa_negotiations=50), 3, 3) == 50
    small, large = (budget(StrategySettings(candidates=n), 16, 24) for n in (1, 40))
    assert small == floor(16, 24) == 24 + 15 * (MINIBATCH + 24)
    assert large == 24 + 40 * (4 * MINIBATCH + 24)
    assert re.fullmatch(r"\d+", str(negotiations(StrategySettings(), 1, 1)))


def test_a_budget_below_the_floor_is_refused_before_any_work_and_the_presets_are_above_it():
    with pytest.raises(UserError, match=r"gepa needs 429 negotiations or more with 16 training and 24 validation"):
        refuse(StrategySettings(gepa_negotiations=428), 16, 24)
    refuse(StrategySettings(gepa_negotiations=429), 16, 24)
    for size in PRESETS.values():
        assert budget(size.strategy, size.train, size.val) >= floor(size.train, size.val)
        refuse(size.strategy, size.train, size.val)
    config = CompileConfig(optimizer="gepa", strategy=StrategySettings(gepa_negotiations=5))
    with pytest.raises(UserError, match="gepa_negotiations allows 5"):
        prepare(config, read_book(None), scripted_lm(), None)


def test_it_reflects_on_the_pick_that_gave_most_up():
    ours = [
        Turn.model_validate({"speaker": "creditor", "move": {"kind": "ask"}, "dialogue": "Well.", "notes": notes})
        for notes in (
            [forgone_note(0.0, MoveKind.ASK)],
            [forgone_note(0.03, MoveKind.ASK, "C. this", "A. that")],
            [f"{SENT_BACK} (no reason given)", forgone_note(0.0, MoveKind.ASK)],
        )
    ]
    calls = [{"situation": f"Nothing. Round {n} of 10."} for n in (1, 2, 3, 3)]
    record = Negotiation(case=CASES[0], turns=tuple(ours), ending=Ending.ROUND_LIMIT)
    assert dearest_call(record, calls) == 1
    assert dearest_call(record, calls[2:]) == 0, "the first draft, which nobody had asked for"
    assert dearest_call(record, calls[:1]) is None
    assert dearest_call(record, [{"facts": "a planner's"}]) is None
    assert dearest_call(object(), calls) is None


def test_each_turn_that_is_reflected_on_is_one_that_gave_something_up(tmp_path):
    """A model that picks the worst option in the second round only."""

    def answer(prompt):
        if "`new_instruction`" in prompt:
            return marked(prompt)
        if "`plan`" in prompt.rsplit("Respond with", 1)[-1]:
            return {"plan": COURSE}
        if "`words`" in prompt.rsplit("Respond with", 1)[-1]:
            return {"words": {"reply": KIND}}
        now = prompt.rsplit("[[ ## situation ## ]]", 1)[-1]
        return {"pick": {"highest_result": 0, "choice": (worst if "Round 2 of" in now else best)(prompt)}}

    lm = scripted_lm(answer, cache=True)
    program = Maden(ProgramSettings.named("planned"))
    compile_with("gepa", work(tmp_path, lm, program=program, gepa_negotiations=9))
    asked = [prompt for prompt in reflections(lm) if "You decide for a creditor what to offer" in prompt]
    assert asked
    for prompt in asked:
        shown = re.findall(r"Round (\d+) of", prompt)
        told = re.findall(r"In round (\d+) the pick came to \d+ less than the best option: picked was [A-F]\. ", prompt)
        assert set(told) <= {"2"}
        assert shown.count("2") >= len(told) > 0
