"""Asking the prompt model for instructions: booked to the proposer, failures typed, the same question twice the same.

A proposal that a cap or the infrastructure refused halts the run: DSPy and GEPA would go on without it, and a run
that goes on after a failure that no record keeps could not be repeated.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dspy

from optimizers.runs.halt import Halted
from optimizers.runs.player import Player
from programs.models.accounts import role
from programs.models.calls import SEED_STRIDE
from programs.models.retryable import classify
from programs.table.failures import InfrastructureFailure

PROPOSAL_TEMPERATURE = 1.0
"""At 0 the second proposal from the same turns would be the first one again; MIPROv2 uses the same."""
MAX_INSTRUCTION_CHARS = 1500
"""An instruction is read again in every call of every negotiation; the shipped ones have about 600."""
PROPOSAL_TOKENS = 800
"""Room for a whole instruction as JSON; the reply limit of a negotiation's turn would cut it."""


@contextmanager
def proposing(player: Player) -> Iterator[None]:
    """A block whose calls, where the program does not book them itself, are proposals of instructions.

    Raises:
        Halted: a cap was reached, someone stopped the run, or the prompt model could not be reached.
    """
    try:
        with role("proposer"):
            yield
    except Halted as why:
        raise player.halt(why) from None
    except Exception as error:
        failure = classify(error)
        if not isinstance(failure, InfrastructureFailure):
            raise
        sentence = f"the prompt model gave no proposal ({failure}); a resumed run asks it again"
        raise player.halt(Halted("infrastructure", sentence)) from error


def with_room(lm: dspy.LM) -> dspy.LM:
    """A copy of the prompt model that may write a whole instruction."""
    tokens = lm.kwargs.get("max_tokens")  # a reasoning model has no limit of ours
    return lm.copy(max_tokens=max(tokens, PROPOSAL_TOKENS)) if tokens else lm.copy()


def sampling(lm: dspy.LM, seed: int, number: int) -> dspy.LM:
    """A copy of the prompt model for proposal `number` of a compile with `seed`: another sample for each, and each the
    same in every run."""
    rollout = seed * SEED_STRIDE + number
    fixed = {"seed": rollout} if "seed" in getattr(lm, "supported_params", ()) else {}
    return with_room(lm).copy(temperature=PROPOSAL_TEMPERATURE, rollout_id=rollout, **fixed)
