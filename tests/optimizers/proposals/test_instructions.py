from __future__ import annotations

import dspy
import pytest

from metrics.evaluator import score
from optimizers.demonstrations.turns import play_training
from optimizers.proposals.instructions import SHOWN, proposed, proposes, written
from optimizers.runs.halt import Halted
from programs.creditor.fingerprints import predictors
from programs.creditor.settings import ProgramSettings, Variant
from programs.maden import Maden
from programs.models.accounts import CostAccount
from tests.optimizers.tasks import compile_task
from tests.programs.cases import random_cases
from tests.programs.players import playing, turn
from tests.scripted import scripted_lm

TRAIN = random_cases(6)


def proposer(prompt):
    module = prompt.rsplit("[[ ## module ## ]]", 1)[-1].split("[[")[0].strip()
    return {"proposal": {"diagnosis": "Too soft.", "instruction": f"You are the {module}: {len(prompt)} times firmer."}}


def task_with(tmp_path, prompt_lm, **settings):
    lm = playing(lambda _: turn("step_down"))
    work = compile_task(tmp_path, lm, TRAIN, candidates=2, **settings)
    object.__setattr__(work, "prompt_lm", prompt_lm or lm)
    return work


def asked(tmp_path, prompt_lm, **settings):
    work = task_with(tmp_path, prompt_lm, **settings)
    with dspy.context(lm=work.lm):
        played = play_training(work)
        return work, played, proposed(work, played, written(work.program))


@pytest.mark.parametrize("variant", [one for one in Variant if one is not Variant.LISTENING])
def test_the_written_instructions_fit_the_predictors_and_leave_the_judge_alone(variant):
    program = Maden(ProgramSettings(variant=variant))
    found = written(program)
    names = predictors(program)
    for one in found:
        assert one.predictor in names
        assert one.predictor != "judge.predict"
        assert one.text != names[one.predictor].signature.instructions
        assert one.reason
        assert len(one.text) < 1500
        assert "hreaten" in one.text or one.predictor == "planner.predict"
    assert len({(one.predictor, one.name) for one in found}) == len(found)
    assert sum(one.predictor == "negotiator.predict" for one in found) >= 2
    ladder = any("ladder" in one.text for one in found if one.predictor == "negotiator.predict")
    assert ladder == variant.plans


def test_an_instruction_that_the_program_already_has_is_no_candidate():
    program = Maden()
    first = written(program)[0]
    predictor = predictors(program)[first.predictor]
    predictor.signature = predictor.signature.with_instructions(first.text)
    assert first not in written(program)


def test_the_prompt_model_is_asked_where_one_was_named_or_where_it_was_said_so(tmp_path):
    assert proposes(task_with(tmp_path / "a", playing()))
    assert not proposes(task_with(tmp_path / "b", None))
    assert proposes(task_with(tmp_path / "c", None, propose=True))
    assert not proposes(task_with(tmp_path / "d", playing(), propose=False))


def test_proposals_are_made_for_planner_and_negotiator_and_booked_to_the_proposer(tmp_path):
    lm, account = scripted_lm(proposer), CostAccount()
    with account.watching():
        _, _, found = asked(tmp_path, lm)
    assert [one.predictor for one in found] == ["negotiator.predict"] * 2 + ["planner.predict"] * 2
    assert len({one.text for one in found}) == 4
    assert account.by_role["proposer"].calls == 4
    assert all("You negotiate the repayment" in prompt for prompt in lm.engine.prompts[:2])
    assert all(prompt.count("Objective ") == min(SHOWN, len(TRAIN)) for prompt in lm.engine.prompts)


def test_the_same_seed_asks_the_same_and_each_proposal_with_a_sample_of_its_own(tmp_path):
    first, again = scripted_lm(proposer), scripted_lm(proposer)
    asked(tmp_path / "a", first)
    asked(tmp_path / "b", again)
    assert first.engine.prompts == again.engine.prompts
    seeds = [request.config.seed for request in first.engine.requests]
    assert seeds == [request.config.seed for request in again.engine.requests]
    assert len(set(seeds)) == 4
    assert all(request.config.temperature for request in first.engine.requests)


def test_no_private_figure_reaches_the_proposer(tmp_path):
    lm = scripted_lm(proposer)
    _, played, _ = asked(tmp_path, lm)
    for case in TRAIN:
        money = case.finances
        for amount in (money.monthly_income, money.monthly_expenses, money.assets, case.debt.outstanding):
            for prompt in lm.engine.prompts:
                assert str(amount // 100) not in prompt.replace(",", "")
    said = [turn.dialogue for one in played for turn in one.negotiation.turns]
    assert not any(words in prompt for words in said for prompt in lm.engine.prompts)
    assert all(score(one.negotiation).objective == one.objective for one in played)


def test_an_answer_that_cannot_be_used_costs_one_proposal_and_a_repeated_one_counts_once(tmp_path):
    answers = iter(["no JSON", None, None, None])

    def sometimes(prompt):
        found = next(answers)
        return found or {"proposal": {"diagnosis": "Too soft.", "instruction": "Always the same."}}

    _, _, found = asked(tmp_path, scripted_lm(sometimes))
    assert [one.text for one in found] == ["Always the same."]


def test_a_prompt_model_that_cannot_be_reached_halts_the_run(tmp_path):
    lm = scripted_lm(proposer, failures=[dspy.lm15.RateLimitError("slow down")] * 9)
    with pytest.raises(Halted, match="prompt model"):
        asked(tmp_path, lm)
