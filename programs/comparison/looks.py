"""The ledger of held-out use: who looked at the held-out debtors, how often, and with which programs.

Each look at a held-out set spends a little of it: whoever changes a program until the held-out figures please has made
it a validation set (Dwork et al. 2015, "The reusable holdout"). So every comparison on held-out debtors leaves a line
beside the artifacts, and every report says how many there were.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from data.frozen import Frozen
from metrics.scorecard import METRIC_VERSION
from plumbing.clock import utc_now
from plumbing.keyed_log import KeyedLog
from programs.comparison.paired import Comparison

FILE = "heldout-looks.jsonl"


class Looked(Frozen):
    """One comparison on held-out debtors."""

    at: str
    """UTC, ISO 8601."""
    book_sha256: str
    debtors: int
    trials: int
    seed: int
    model: str
    debtor: str
    metric_version: str
    programs: dict[str, str]
    """Fingerprint by label, the baseline first."""
    objective: dict[str, float]
    """Mean difference to the baseline, by label."""

    @property
    def question(self) -> tuple[object, ...]:
        """What was asked: the same question again shows nothing that was not seen before."""
        ground = (self.book_sha256, self.debtors, self.trials, self.seed, self.model, self.debtor, self.metric_version)
        return (*ground, *self.programs.values())


class Looks(Frozen):
    """What the ledger says of one book's held-out debtors."""

    comparisons: int
    """Different questions asked of this set, this one included."""
    programs: int
    """Different programs that have met it, rules and baselines included."""
    by_program: dict[str, int]
    """Of the programs compared now: in how many of the comparisons each took part."""

    @property
    def sentence(self) -> str:
        """For people."""
        if self.comparisons <= 1:
            return "this is the first comparison on these held-out debtors"
        return (
            f"these held-out debtors have been looked at in {self.comparisons} comparisons with {self.programs} "
            "programs; the more often a set decides, the less it proves"
        )


def looked(comparison: Comparison) -> Looked:
    """The line that `comparison` leaves."""
    return look_now(
        comparison.setting,
        {one.label: one.fingerprint for one in comparison.programs},
        {pair.program: pair.objective.difference.mean for pair in comparison.pairs},
    )


def look_now(
    setting: Mapping[str, Any],
    programs: dict[str, str],
    objective: dict[str, float],
    metric_version: str = METRIC_VERSION,
) -> Looked:
    """The line of what has just been played.

    Args:
        setting: `programs.playing.stage.Stage.setting`.
        programs, objective, metric_version: as in `Looked`.
    """
    return Looked(
        at=utc_now(),
        book_sha256=setting["book_sha256"],
        debtors=setting["debtors"],
        trials=setting["trials"],
        seed=setting["seed"],
        model=setting["lm"],
        debtor=setting["debtor"],
        metric_version=metric_version,
        programs=programs,
        objective=objective,
    )


def record(folder: Path, looked: Looked) -> Looks:
    """Write a look down, unless the same was asked before, and tell of all.

    Args:
        folder: of the artifacts; two processes may write at once.
        looked: this comparison.

    Raises:
        OSError: the ledger cannot be written.
    """
    log = KeyedLog(folder / FILE, lambda one: one.question, _looked)
    log.add(looked, looked.model_dump_json().encode())
    return _told([one for one in log.values() if one.book_sha256 == looked.book_sha256], looked)


def recorded(folder: Path, look: Looked) -> tuple[Looks | None, tuple[str, ...]]:
    """As `record`, and what a report should say; a ledger that cannot be written costs nobody the result."""
    try:
        looks = record(folder, look)
    except OSError as error:
        return None, (f"this look at the held-out debtors could not be written down ({error}); see --artifacts",)
    return looks, (looks.sentence,)


def _told(looks: Sequence[Looked], now: Looked) -> Looks:
    different = {one.question: set(one.programs.values()) for one in looks}
    return Looks(
        comparisons=len(different),
        programs=len(set().union(*different.values())),
        by_program={label: sum(fp in met for met in different.values()) for label, fp in now.programs.items()},
    )


def _looked(line: bytes) -> Looked:
    return Looked.model_validate(json.loads(line))
