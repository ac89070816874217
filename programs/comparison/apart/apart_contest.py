"""Which contestants cannot be paired, and the comparison of everybody with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from data.domain import AccountRecord, DebtCase, Negotiation
from plumbing.errors import UserError
from plumbing.files import replace_file
from programs.comparison.apart.judging import ApartComparison, compared_apart
from programs.comparison.apart.sides import ComparedSide, scores
from programs.comparison.outputs import Outputs, records_path
from programs.playing.contestants import Contestant
from programs.playing.evaluate import Evaluation
from programs.playing.saved import SavedPlay


def known_debtors(found: Sequence[Contestant], cases: Sequence[DebtCase]) -> list[Contestant]:
    """The contestants, records of accounts made whole where a debtor with that id and debt is known here.

    Args:
        found: the contestants.
        cases: the debtors of a book.
    """
    known = {case.case_id: case for case in cases}
    for one in found:
        if one.saved is not None:
            known |= {r.case.case_id: r.case for r in one.saved.records.values() if isinstance(r, Negotiation)}
    return [one if one.saved is None else replace(one, saved=_whole(one.saved, known)) for one in found]


def _whole(play: SavedPlay, known: dict[str, DebtCase]) -> SavedPlay:
    return replace(play, records={key: _with_case(record, known) for key, record in play.records.items()})


def _with_case(record: Negotiation | AccountRecord, known: dict[str, DebtCase]) -> Negotiation | AccountRecord:
    case = known.get(record.case.case_id)
    if isinstance(record, Negotiation) or case is None:
        return record
    ours, theirs = record.case.debt, case.debt
    if (ours.outstanding, ours.currency) != (theirs.outstanding, theirs.currency):
        return record
    return Negotiation.model_validate({**dict(record), "case": case})


def stand_apart(found: Sequence[Contestant], cases: Sequence[DebtCase] | None) -> bool:
    """Whether some of the contestants cannot be compared debtor by debtor on all of the metrics.

    Args:
        found: the contestants.
        cases: whom programs will play with; None where nothing is played.
    """
    plays = [one.saved for one in found if one.saved is not None]
    if any(isinstance(record, AccountRecord) for play in plays for record in play.records.values()):
        return True
    met = [set(play.cases()) for play in plays] + ([] if cases is None else [{case.case_id for case in cases}])
    return not set.intersection(*met) if met else False


@dataclass(frozen=True)
class ApartContest:
    """A comparison with contestants that cannot be paired.

    Args:
        found: the contestants, the baseline first.
    """

    found: Sequence[Contestant]

    def check(self, outputs: Outputs, *, plan: bool, fail_if_worse: bool) -> None:
        """Refuse what only paired comparisons have.

        Raises:
            UserError: a report, a plan or a failing status is asked for.
        """
        wrong = {"--html": outputs.html is not None, "--plan": plan, "--fail-if-worse": fail_if_worse}
        for option, given in wrong.items():
            if given:
                raise UserError(
                    f"{option} needs contestants that met the same debtors, finances and all, and these did not; "
                    "leave it out, or play on the same debtors (python -m data.completing)"
                )

    def compared(
        self, evaluations: dict[str, Evaluation[Any, Any]], setting: dict[str, Any], outputs: Outputs, seed: int
    ) -> ApartComparison:
        """The comparison, and its files.

        Args:
            evaluations: of those that play, by label.
            setting: recorded.
            outputs: where the files go.
            seed: of bootstrap and sign flips.

        Raises:
            UserError: a contestant has no scored record.
            OSError: a file cannot be written.
        """
        sides = [_side(one, evaluations.get(one.label)) for one in self.found]
        for side in sides:
            if not side.scored:
                raise UserError(f"{side.label} has no scored negotiation; run the same command again")
        result = compared_apart(sides, setting=setting, seed=seed)
        _write(result, sides, outputs)
        return result


def _side(one: Contestant, evaluation: Evaluation[Any, Any] | None) -> ComparedSide:
    saved = () if one.saved is None else tuple(one.saved.records.values())
    records = saved if evaluation is None else tuple(played.negotiation for played in evaluation.played)
    return ComparedSide(one.label, one.kind, one.fingerprint, records)


def _write(result: ApartComparison, sides: Sequence[ComparedSide], outputs: Outputs) -> None:
    if outputs.json is not None:
        replace_file(outputs.json, f"{result.model_dump_json(indent=2)}\n".encode())
    if outputs.csv is not None:
        table = pd.DataFrame([row for side in sides for row in scores(side).rows])
        replace_file(outputs.csv, table.to_csv(index=False).encode())
    if outputs.records is not None:
        for side in sides:
            _write_records(side, records_path(outputs.records, side.label))


def _write_records(side: ComparedSide, path: Path) -> None:
    replace_file(path, "".join(f"{one.model_dump_json(exclude_none=True)}\n" for one in side.records).encode())
