"""Programs of another kind than negotiations, met on the same labelled examples: played, compared, written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dspy

from plumbing.bars import progress
from programs.comparison.examples.measured import MeasuredComparison, measured
from programs.comparison.looks import look_now, recorded
from programs.comparison.outputs import Outputs
from programs.kinds.kind import Book, Kind
from programs.playing.contestants import Contestant
from programs.playing.evaluate import Evaluation
from programs.playing.placing import Place
from programs.playing.stage import Stage, chosen_debtors


@dataclass(frozen=True)
class Contest:
    """What is compared, on what, and what difference matters."""

    kind: Kind
    found: Sequence[Contestant]
    """The baseline first."""
    book: Book
    split: str
    examples: int | None
    """How many of the split; None: all."""
    trials: int
    seed: int
    margins: Mapping[str, float]

    def stage(self, lm: dspy.LM, runs: Path) -> Stage:
        """Where they meet.

        Raises:
            UserError: the split has not so many examples.
        """
        cases = chosen_debtors(self.book, self.split, self.examples, self.kind)
        return Stage(cases, self.book.sha256, self.seed, self.trials, lm, None, runs, self.kind)

    def compared(
        self, lm: dspy.LM, runs: Path, artifacts: Path, outputs: Outputs, place: Place
    ) -> tuple[MeasuredComparison, list[Evaluation[Any, Any]]]:
        """Play what has not been played yet, compare, and write the files that are wanted, all but the report.

        Raises:
            UserError: the model does not answer, or nothing could be scored.
        """
        stage = self.stage(lm, runs)
        stage.check_models(self.found)
        with place.executor() as executor, progress() as bar:
            evaluations = stage.played(self.found, executor, bar)
        setting: dict[str, Any] = {**stage.setting(self.split, self.book.name), "debtor": "none"}
        notes = self._notes()
        result = measured(
            self.kind, self.found, evaluations, setting=setting, seed=self.seed, notes=notes, margins=self.margins
        )
        if self.split != "val":
            seen = setting["book_sha256"] + ("" if self.split == "heldout" else f" {self.split}")
            look = look_now(
                {**setting, "book_sha256": seen},
                {one.label: one.fingerprint for one in result.programs},
                {pair.program: pair.objective.difference.mean for pair in result.pairs},
                self.kind.metric_version,
            )
            said = (one.replace("debtors", f"{self.kind.words.example}s") for one in recorded(artifacts, look)[1])
            result = result.model_copy(update={"notes": (*notes, *said)})
        outputs.write(result, self.found, evaluations, self.kind)
        return result, evaluations

    def _notes(self) -> tuple[str, ...]:
        notes = []
        first_with: dict[str, str] = {}
        for one in self.found:
            same = first_with.setdefault(one.fingerprint, one.label)
            if same != one.label:
                notes.append(f"{same} and {one.label} are the same program; their figures agree by construction")
        if self.split == "val" and any(one.kind == "artifact" for one in self.found):
            notes.append(
                f"val {self.kind.words.example}s choose the program while it is compiled; heldout is the fair test"
            )
        return tuple(notes)
