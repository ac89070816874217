"""Negotiations that were saved in a file as a contestant: compared, and scored by today's metrics, without a model."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.domain import CreditorPolicy, DebtCase, Negotiation
from metrics.records import AnyRecord, read_records
from plumbing.errors import UserError
from programs.playing.evaluate import Evaluation, scored_evaluation

SUFFIX = ".jsonl"


@dataclass(frozen=True)
class SavedPlay:
    """The negotiations of one file, by debtor and seed."""

    path: Path
    sha256: str
    records: dict[tuple[str, int], AnyRecord]
    """Some may be of accounts, whose debtors' finances nobody knows: these are compared apart."""

    @property
    def policy(self) -> CreditorPolicy:
        """The limits inside which they were played."""
        return next(iter(self.records.values())).policy

    @property
    def seeds(self) -> list[int]:
        """The seeds, sorted; one a trial."""
        return sorted({seed for _, seed in self.records})

    def cases(self) -> dict[str, DebtCase]:
        """The debtors by id; those of accounts are none that could be met again."""
        kept = ((case_id, record) for (case_id, _), record in self.records.items())
        return {case_id: record.case for case_id, record in kept if isinstance(record, Negotiation)}

    def evaluation(self, cases: Sequence[DebtCase], seed: int, trials: int) -> Evaluation:
        """Those of `cases` that were saved, scored now; trial t is the one with seed + t.

        Raises:
            UserError: a debtor of that id has another case here.
        """
        wanted = [(case, trial) for case in cases for trial in range(trials)]
        found = [(case, trial) for case, trial in wanted if (case.case_id, seed + trial) in self.records]
        records = [self.records[case.case_id, seed + trial] for case, trial in found]
        for (case, _), record in zip(found, records, strict=True):
            if record.case != case:
                raise UserError(
                    f"debtor {case.case_id} of {self.path} is not the one of the book or of the other files; "
                    "give the book that the negotiations were played with, with --book"
                )
        return scored_evaluation(records, (trial for _, trial in found))


def is_saved_play(name: str) -> bool:
    """Whether `name` on a command line means a file of negotiations."""
    return name.endswith(SUFFIX)


def read_saved_play(path: Path) -> SavedPlay:
    """The negotiations of a file that `compare --save-negotiations` or `metrics.transcripts` wrote.

    Raises:
        UserError: the file cannot be read, holds faulty records, or one debtor and seed twice.
    """
    records: dict[tuple[str, int], AnyRecord] = {}
    for record in read_records(path):
        key = (record.case.case_id, record.seed or 0)
        if key in records:
            raise UserError(
                f"{path} holds two negotiations with debtor {key[0]} and seed {key[1]}; give one program's file"
            )
        records[key] = record
    return SavedPlay(path, hashlib.sha256(path.read_bytes()).hexdigest(), records)


def common_ground(plays: Iterable[SavedPlay]) -> tuple[tuple[DebtCase, ...], int, int]:
    """Debtors (in the order of the first file), first seed and number of trials that saved files have together.

    Raises:
        UserError: they have no debtor, or no seed, in common.
    """
    first, *others = plays
    ids = set(first.cases()).intersection(*(other.cases() for other in others))
    seeds = set(first.seeds).intersection(*(other.seeds for other in others))
    if not ids or not seeds:
        raise UserError(f"{first.path} and the other files have no debtor or no seed in common")
    cases = tuple(case for case_id, case in first.cases().items() if case_id in ids)
    return cases, min(seeds), max(seeds) - min(seeds) + 1
