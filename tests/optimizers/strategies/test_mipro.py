"""MIPROv2: the same run twice, a run that is cut off, and proposals that fail."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import dspy
import pytest

from optimizers.proposals.asking import PROPOSAL_TOKENS
from optimizers.registry import compile_with
from optimizers.runs.halt import Halted
from optimizers.spending.budget import Budget, Limits
from optimizers.spending.responses import ResponseStore
from optimizers.strategies.mipro import negotiations
from programs.creditor.fingerprints import program_state
from programs.models.accounts import CostAccount
from tests.optimizers.pieces import compiled_in_pieces
from tests.optimizers.tasks import compile_task
from tests.programs.cases import random_cases
from tests.programs.players import playing, turn

CASES = random_cases(5)
TRAIN, VAL = CASES[:3], CASES[3:]


def proposing(proposal=None, **settings):
    """A model that concedes as often as its instruction's mark says, and writes another mark for each prompt."""

    def negotiator(prompt):
        if "`proposed_instruction`" in prompt:
            return (proposal or marked)(prompt)
        return turn("step_down" if "MARK-" in prompt else "hold")

    return playing(negotiator, cache=True, **settings)


def marked(prompt):
    return {"proposed_instruction": f"Step down. MARK-{sum(map(ord, prompt)) % 7}"}


def work(folder: Path, lm: dspy.LM, **settings):
    folder.mkdir(parents=True, exist_ok=True)
    return compile_task(folder, lm, TRAIN, VAL, threshold=0.01, **{"max_demos": 1, "trials": 2, **settings})


def proposals(lm: dspy.LM) -> list[tuple[str, dspy.lm15.Request]]:
    asked = zip(lm.engine.prompts, lm.engine.requests, strict=True)
    return [(prompt, request) for prompt, request in asked if "`proposed_instruction`" in prompt]


def test_the_same_seed_gives_the_same_program_and_another_one_other_proposals(tmp_path):
    runs = []
    for name, seed in (("first", 0), ("again", 0), ("other", 5)):
        dspy.cache.reset_memory_cache()
        task = work(tmp_path / name, lm := proposing(), seed=seed)
        runs.append((program_state(compile_with("mipro", task)), lm.engine.prompts))
        assert task.player.scored <= negotiations(task.settings, len(TRAIN), len(VAL))
    assert runs[0] == runs[1]
    assert runs[2][1] != runs[0][1]


def test_proposals_are_sampled_with_room_and_booked_to_the_proposer(tmp_path):
    account, lm = CostAccount(), proposing()
    with account.watching():
        compile_with("mipro", work(tmp_path, lm, trials=1))
    configs = [request.config for _, request in proposals(lm)]
    assert account.by_role["proposer"].calls == len(configs) > 1
    assert all(config.temperature == 1.0 and config.max_tokens == PROPOSAL_TOKENS for config in configs)
    assert "other" not in account.by_role


def test_cut_off_anywhere_and_repeated_it_ends_the_same_and_asks_nothing_twice(tmp_path):
    whole, asked, sessions = compiled_in_pieces("mipro", tmp_path / "whole", proposing, work, piece=10_000)
    assert sessions == 1
    again, asked_in_pieces, sessions = compiled_in_pieces("mipro", tmp_path / "pieces", proposing, work, piece=41)
    assert sessions >= 3
    assert program_state(again) == program_state(whole)
    assert asked_in_pieces == asked


@pytest.mark.parametrize("calls", [5, 60], ids=["while bootstrapping", "later"])
def test_a_halt_ends_it_within_a_second_and_without_another_call(tmp_path, calls):
    lm = proposing()
    store = ResponseStore(tmp_path / "responses.sqlite", None)
    Budget(Limits(max_calls=calls), store)
    with store.installed():
        task = work(tmp_path / "run", lm, trials=24, candidates=8)
        original, halted_at = task.player.halt, []
        task.player.halt = lambda why: (halted_at.append(time.monotonic()), original(why))[1]
        with pytest.raises(Halted):
            compile_with("mipro", task)
    assert time.monotonic() - halted_at[0] < 1
    assert len(lm.engine.prompts) == calls
    store.close()


def test_a_run_that_was_stopped_asks_for_no_proposal(tmp_path):
    lm = proposing()
    task = work(tmp_path, lm)
    task.player.halt(Halted("interrupted", "Ctrl-C"))
    with pytest.raises(Halted, match="Ctrl-C"):
        compile_with("mipro", task)
    assert lm.engine.prompts == []


def test_a_prompt_model_that_cannot_be_reached_halts_the_run(tmp_path):
    lm = proposing(lambda prompt: dspy.lm15.RateLimitError("slow down"))
    with pytest.raises(Halted, match=r"prompt model gave no proposal.*slow down"):
        compile_with("mipro", work(tmp_path, lm))
    assert len(proposals(lm)) == 1


def test_a_proposal_that_cannot_be_read_costs_one_candidate_not_the_compile(tmp_path):
    lm = proposing(lambda prompt: "no JSON")
    task = work(tmp_path, lm)
    program = compile_with("mipro", task)
    assert all(
        p.signature.instructions == before.signature.instructions
        for (_, p), (_, before) in zip(program.named_predictors(), task.program.named_predictors(), strict=True)
    )


def test_an_utterance_that_it_was_shown_is_no_instruction(tmp_path):
    utterance = "Let us find a plan that holds for you and for us."

    def negotiator(prompt):
        if "`proposed_instruction`" in prompt:
            return {"proposed_instruction": utterance}
        told = utterance in prompt.rsplit("your objective is", 1)[-1].split("[[ ##", 1)[0]
        return turn("step_down" if told else "hold", utterance)

    lm = playing(negotiator, cache=True)
    program = compile_with("mipro", work(tmp_path, lm, trials=4))
    assert proposals(lm)
    assert utterance not in dict(program.named_predictors())["negotiator.predict"].signature.instructions


@pytest.mark.parametrize(("debtors", "tried"), [(3, False), (0, True)])
def test_a_proposal_that_beats_neither_the_own_instruction_nor_the_librarys_is_not_tried(tmp_path, debtors, tried):
    def worse(prompt):
        if "`proposed_instruction`" in prompt:
            return {"proposed_instruction": "Hold for ever. WORSE"}
        return turn("hold" if "WORSE" in prompt else "step_down")

    task = work(tmp_path, playing(worse, cache=True), proposal_debtors=debtors, trials=8)
    compile_with("mipro", task)
    met = {line.candidate for line in task.player.ledger if line.case_id in {case.case_id for case in VAL}}
    texts = [
        state["signature"]["instructions"]
        for sha256 in met
        for state in program_state(task.player.restored(sha256)).values()
    ]
    assert any("WORSE" in text for text in texts) == tried
    assert any("\n- " in text for text in texts), "the library is tried beside it"


HASHED = """
from dspy.utils.hasher import Hasher
import dspy
from optimizers.dspy_bridge.patches import repeatable_draws
from signatures.turn import LadderTurn
demo = dspy.Example(turn=LadderTurn(thoughts="t", choice="hold", inquiry="none", message="m"), account="a")
with repeatable_draws():
    ours = Hasher.hash((demo,))
print(Hasher.hash((demo,)), ours)
"""


def test_draws_of_demonstrations_are_the_same_in_every_process():
    found = [
        subprocess.run(
            [sys.executable, "-c", HASHED],
            env={"PYTHONHASHSEED": str(seed), "PATH": "", "PYTHONPATH": str(Path(__file__).resolve().parents[3])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        for seed in (1, 2)
    ]
    assert len({ours for _, ours in found}) == 1
    assert len({theirs for theirs, _ in found}) > 1, (
        "DSPy's own hash is stable now: optimizers.dspy_bridge.patches may go"
    )
