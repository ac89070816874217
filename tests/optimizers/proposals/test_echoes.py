"""What a small model gave as instructions, and what is one."""

from __future__ import annotations

import dspy
import pytest

from optimizers.proposals.echoes import Echo, refuse_echo, texts_of
from optimizers.strategies.gepa import GUIDANCE
from signatures.plan import MakePlan
from signatures.turn import LadderTurn, TakeLadderTurn

UTTERANCE = (
    "I would like to discuss this further. Our offer is: no discount, 5% paid within 8 days, the rest in 10 monthly "
    "instalments."
)
"""Proposed by MIPROv2 with the embedded model, and the demonstration that it was shown:"""
DEMO = dspy.Example(
    account="Jianhua Cheng, 36 years old",
    turn=LadderTurn(
        thoughts="The debtor has not told us about income",
        choice="step_down",
        inquiry="none",
        message="I understand. Our offer is: no discount, 5% paid within 8 days, the rest in 10 monthly instalments. "
        "I would like to discuss this further. We",
    ),
)
PROPOSED = (
    "You plan a repayment negotiation for a creditor. Consider the benefits of paying early, such as obtaining more "
    "money and saving more. Set three packages inside the limits, each softer than the one before."
)


def test_the_guidance_and_an_utterance_given_as_instructions_are_echoes():
    with pytest.raises(Echo, match="repeats what the prompt model was shown: 'The assistant meets"):
        refuse_echo(GUIDANCE, [GUIDANCE], MakePlan.instructions)
    with pytest.raises(Echo):
        refuse_echo(UTTERANCE, texts_of([DEMO]), TakeLadderTurn.instructions)


def test_an_instruction_that_keeps_the_current_one_and_one_of_its_own_are_none():
    assert refuse_echo(PROPOSED, [GUIDANCE, *texts_of([DEMO])], MakePlan.instructions) is None
    assert refuse_echo(MakePlan.instructions, [MakePlan.instructions], MakePlan.instructions) is None
    assert refuse_echo(f"{MakePlan.instructions} Keep the rules short.", [GUIDANCE], MakePlan.instructions) is None
    assert refuse_echo("Hold.", ["Then hold the rung."], "Step down.") is None


def test_texts_are_found_in_demonstrations_and_datasets():
    assert set(texts_of([{"Inputs": {"advice": "none"}, "Feedback": "Too soft."}, DEMO])) >= {
        "none", "Too soft.", "Jianhua Cheng, 36 years old", "step_down",
    }  # fmt: skip
    assert list(texts_of(None)) == []
