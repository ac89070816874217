"""The arms of the experiment: the vanilla negotiator on states of the weights, on the same debtors."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from statistics import fmean
from typing import Any

import dspy

from data.domain import CreditorPolicy, DebtCase, Ending, Negotiation
from metrics.evaluator import score_many
from metrics.money.oracle import over_concession
from metrics.statistics.intervals import paired_difference
from optimizers.preferences.student import speaks
from plumbing.keyed_log import KeyedLog
from programs.creditor.settings import ProgramSettings, Variant
from programs.maden import Maden

SHOWN = ("objective", "CRI", "DHI", "SR", "DS", "RR")


class Deadline:
    """When nothing new may be begun.

    Args:
        minutes: from now.
    """

    def __init__(self, minutes: float) -> None:
        self._end = time.monotonic() + minutes * 60

    @property
    def left_s(self) -> float:
        """Seconds that are left; below 0 when it is over."""
        return self._end - time.monotonic()


def play_all(
    path: Path, cases: Sequence[DebtCase], lm: dspy.LM, policy: CreditorPolicy, threads: int, deadline: Deadline
) -> list[Negotiation]:
    """One greedy negotiation with each debtor, kept in `path` as it comes; those that are there are not played again.

    What infrastructure broke is not kept; after the deadline nothing new is begun, so that less may come back.
    """
    log = KeyedLog(path, lambda one: one.case.case_id, Negotiation.model_validate_json)
    known = {one.case.case_id for one in log.values()}
    lock = threading.Lock()

    def one(case: DebtCase) -> None:
        if deadline.left_s < 0:
            return
        program = Maden(ProgramSettings(variant=Variant.VANILLA, policy=policy))
        with dspy.context(lm=lm):
            record = program(case=case, seed=0).negotiation
        if record.ending is not Ending.INFRASTRUCTURE:
            with lock:
                log.add(record, record.model_dump_json().encode())

    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(copy_context().run, one, case) for case in cases if case.case_id not in known]:
            done.result()
    order = {case.case_id: number for number, case in enumerate(cases)}
    return sorted((one for one in log.values() if one.case.case_id in order), key=lambda one: order[one.case.case_id])


def figures(played: Sequence[Negotiation]) -> dict[str, dict[str, float]]:
    """By debtor, the figures of one arm; over-concession only where there is an agreement."""
    found: dict[str, dict[str, float]] = {}
    for record, card in zip(played, score_many(list(played)), strict=True):
        values = card.values()
        mine = [turn for turn in record.turns if turn.speaker.value == "creditor"]
        row = {name: float(values[name]) for name in SHOWN}
        row["agreed"] = float(record.ending is Ending.AGREEMENT)
        row["walked_away"] = float(record.ending is Ending.WALKED_AWAY)
        row["empty_words"] = fmean(float(not speaks(turn)) for turn in mine) if mine else 0.0
        if (conceded := over_concession(record)) is not None:
            row["over_concession"] = conceded
        found[record.case.case_id] = row
    return found


def summary(arms: dict[str, dict[str, dict[str, float]]], against: str) -> dict[str, Any]:
    """Means of each arm, and its paired difference from `against` with an interval over debtors that both played."""
    told: dict[str, Any] = {}
    for name, rows in arms.items():
        columns = sorted({column for row in rows.values() for column in row})
        told[name] = {"debtors": len(rows), "means": {c: fmean(_column(rows, c).values()) for c in columns}}
        if name != against and against in arms:
            told[name]["difference"] = {c: _difference(arms[against], rows, c) for c in columns}
    return told


def _column(rows: dict[str, dict[str, float]], column: str) -> dict[str, float]:
    return {case_id: row[column] for case_id, row in rows.items() if column in row}


def _difference(
    base: dict[str, dict[str, float]], other: dict[str, dict[str, float]], column: str
) -> dict[str, Any] | None:
    before, after = _column(base, column), _column(other, column)
    both = sorted(before.keys() & after.keys())
    if not both:
        return None
    return paired_difference({k: [before[k]] for k in both}, {k: [after[k]] for k in both}).model_dump()
