"""A real comparison to report on: rules at the table with debtors of the shipped book, no model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from data.book import read_book
from data.domain import Speaker, Turn
from programs.comparison.paired import Comparison, compared
from programs.debtor.simulated import SimulatedDebtor
from programs.playing.contestants import contestants
from programs.playing.evaluate import Evaluation, Played, evaluate
from programs.playing.stage import chosen_debtors

DEBTORS = 30
HOSTILE = '<script>window.hacked = 1</script><img src="https://evil.example/x" onerror="window.hacked = 1">'


@dataclass(frozen=True)
class Judged:
    """A comparison and the evaluations behind it."""

    comparison: Comparison
    evaluations: list[Evaluation]


def judge(names: list[str], labels: list[str] | None = None, trials: int = 1, debtors: int = DEBTORS) -> Judged:
    found = contestants(names, debtors=SimulatedDebtor, artifacts=Path("none"))
    cases = chosen_debtors(read_book(None), "heldout", debtors)
    evaluations = [evaluate(one.program, cases, trials=trials) for one in found]
    labelled = [replace(one, label=label) for one, label in zip(found, labels or names, strict=True)]
    setting = {"split": "heldout", "debtors": debtors, "trials": trials, "seed": 0, "debtor": "simulated", "lm": "none"}
    return Judged(compared(labelled, evaluations, setting=setting), evaluations)


def with_turns(evaluation: Evaluation, change: Callable[[Turn], Turn]) -> Evaluation:
    """The same evaluation with every turn changed; scores stay."""

    def changed(played: Played) -> Played:
        turns = tuple(change(turn) for turn in played.negotiation.turns)
        return replace(played, negotiation=played.negotiation.model_copy(update={"turns": turns}))

    return Evaluation(tuple(changed(played) for played in evaluation.played))


def hostile(turn: Turn) -> Turn:
    """What a debtor, or a model that was talked round, might put into a record."""
    private = {"thoughts": HOSTILE, "notes": (f"judge: {HOSTILE}",)} if turn.speaker is Speaker.CREDITOR else {}
    return turn.model_copy(update={"dialogue": f"\u202e{HOSTILE}\x07", **private})


@pytest.fixture(scope="session")
def judged() -> Judged:
    return judge(["hardball", "boulware", "tit-for-tat"])


@pytest.fixture(scope="session")
def small() -> Judged:
    """For what does not depend on how much there is."""
    return judge(["hardball", "boulware"], debtors=8)
