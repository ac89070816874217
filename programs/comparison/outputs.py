"""The files that `programs.compare` writes: the report, the comparison, a table of every negotiation, the records."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel

from plumbing import cli
from plumbing.errors import UserError
from plumbing.files import replace_file
from programs.kinds.kind import Kind
from programs.kinds.negotiation_kind import NEGOTIATIONS
from programs.playing.contestants import Contestant
from programs.playing.evaluate import Evaluation


@dataclass(frozen=True)
class Outputs:
    """Where each goes; None: it is not wanted."""

    html: Path | None
    json: Path | None
    csv: Path | None
    records: Path | None

    def check(self) -> None:
        """Find out before anything is played whether they can be written.

        Raises:
            UserError: a folder is missing or not writable, or the report's libraries are not installed.
        """
        for path in (self.html, self.json, self.csv, self.records):
            cli.require_writable(path)
        if self.html is not None:
            try:
                import jinja2  # noqa: F401
                import matplotlib  # noqa: F401
            except ImportError as error:
                raise UserError(
                    f'--html needs {error.name}, which is not installed; run pip install "maden[report]"'
                ) from error

    def write(
        self,
        comparison: BaseModel,
        found: Sequence[Contestant],
        evaluations: Sequence[Evaluation[Any, Any]],
        kind: Kind = NEGOTIATIONS,
    ) -> None:
        """Everything but the report.

        Raises:
            OSError: a file cannot be written.
        """
        if self.json is not None:
            replace_file(self.json, f"{comparison.model_dump_json(indent=2)}\n".encode())
        if self.csv is not None:
            replace_file(self.csv, table(found, evaluations, kind).to_csv(index=False).encode())
        if self.records is None:
            return
        for one, evaluation in zip(found, evaluations, strict=True):
            path = records_path(self.records, one.label)
            lines = (p.negotiation.model_dump_json(exclude_none=True) + "\n" for p in evaluation.played)
            replace_file(path, "".join(lines).encode())
            cli.stderr.print(f"records of {one.label}: {path}", highlight=False, soft_wrap=True)


def table(
    found: Sequence[Contestant], evaluations: Sequence[Evaluation[Any, Any]], kind: Kind = NEGOTIATIONS
) -> pd.DataFrame:
    """One row a record: program, debtor, trial, ending, metrics and indices (empty: unscored, or none that applies)."""
    names = [measure.id for measure in kind.measures]
    rows = [
        {
            "program": one.label,
            "case_id": played.case_id,
            "trial": played.trial,
            "seed": played.negotiation.seed,
            "ending": played.negotiation.ending.value,
            **{name: getattr(played.scorecard, name, None) for name in names},
        }
        for one, evaluation in zip(found, evaluations, strict=True)
        for played in evaluation.played
    ]
    return pd.DataFrame(rows, columns=["program", "case_id", "trial", "seed", "ending", *names])


def records_path(path: Path, label: str) -> Path:
    """`out.jsonl` of program `maden@3` as `out.maden-3.jsonl`."""
    return path.with_name(f"{path.stem}.{re.sub(r'[^A-Za-z0-9]+', '-', label).strip('-')}{path.suffix or '.jsonl'}")
