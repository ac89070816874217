"""Where the programs of a comparison meet the same debtors with the same seeds, and what was played before is kept."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import dspy
from rich.progress import Progress

from plumbing.errors import UserError
from programs.kinds.kind import Book, Kind
from programs.kinds.negotiation_kind import NEGOTIATIONS
from programs.models import make as models
from programs.models.accounts import Cost
from programs.playing.contestants import Contestant
from programs.playing.evaluate import Evaluation, broken, scored_evaluation, shared_debtors
from programs.playing.executor import Executor
from programs.playing.played_store import Ground, PlayedStore, evaluate_with_store, lm_id, owed

GIVE_UP_AFTER = 5
"""Negotiations in a row lost to infrastructure (each was tried three times) before the run stops."""


def chosen_debtors(book: Book, split: str, number: int | None, kind: Kind = NEGOTIATIONS) -> tuple[Any, ...]:
    """`number` debtors (or other examples) of the split, whatever the order of the book, a part of any larger choice.

    Raises:
        UserError: the split has no debtors, or not so many.
    """
    cases = sorted(book.split(split), key=lambda case: hashlib.sha256(case.case_id.encode()).digest())
    if not cases:
        raise UserError(f"{book.source} has no {split} {kind.words.example}s; a comparison needs a larger book")
    if number is not None and number > len(cases):
        raise UserError(f"{book.source} has only {len(cases)} {split} {kind.words.example}s; ask for at most so many")
    return tuple(cases[:number])


@dataclass(frozen=True)
class Stage:
    """What all programs of a comparison share."""

    cases: Sequence[Any]
    book_sha256: str
    seed: int
    trials: int
    creditor_lm: dspy.LM | None
    """None where only rules play."""
    debtor_lm: dspy.LM | None
    """None where the debtors are simulated."""
    runs: Path
    """Folder of the stores."""
    kind: Kind = NEGOTIATIONS
    """Of all programs."""

    @property
    def debtor(self) -> str:
        """Who sits on the other side, as part of every key."""
        return "simulated" if self.debtor_lm is None else f"lm {lm_id(self.debtor_lm)}"

    @cached_property
    def store(self) -> PlayedStore:
        """The file of this book, model and debtor: programs come and go, what was played stays."""
        ground = "|".join((self.book_sha256, lm_id(self.creditor_lm), self.debtor))
        folder = self.runs / f"compare-{hashlib.sha256(ground.encode()).hexdigest()[:12]}"
        return PlayedStore(folder / "played.jsonl", self.kind)

    def ground(self, contestant: Contestant) -> Ground:
        """The ground of one program: rules are played without the model, whichever it is."""
        return Ground(contestant.fingerprint, lm_id(self.lm_of(contestant)), self.debtor, self.kind)

    def lm_of(self, contestant: Contestant) -> dspy.LM | None:
        """The model that it plays on: its own, else the stage's; None for one that needs none."""
        if contestant.model is not None:
            return contestant.model.get()
        return self.creditor_lm if contestant.needs_lm else None

    def setting(self, split: str, source: str) -> dict[str, Any]:
        """What a result records of it.

        Args:
            split: of the book, or another word for where the debtors are from.
            source: name of the book.
        """
        return {
            "split": split,
            "debtors": len(self.cases),
            "trials": self.trials,
            "seed": self.seed,
            "debtor": "simulated" if self.debtor_lm is None else f"lm {self.debtor_lm.model}",
            "lm": self.creditor_lm.model if self.creditor_lm else "none",
            "book": source,
            "book_sha256": self.book_sha256,
        }

    def check_models(self, contestants: Sequence[Contestant]) -> None:
        """Try each model that a negotiation still to be played needs.

        Raises:
            UserError: it does not answer.
        """
        playing = [
            c
            for c in contestants
            if c.saved is None and owed(self.ground(c), self.cases, self.store, seed=self.seed, trials=self.trials)
        ]
        needed = [self.lm_of(one) for one in playing] + ([self.debtor_lm] if playing else [])
        for lm in dict.fromkeys(lm for lm in needed if lm is not None):
            models.check_lm(lm)

    def played(
        self, contestants: Sequence[Contestant], executor: Executor, bar: Progress
    ) -> list[Evaluation[Any, Any]]:
        """Every program's evaluation, in order.

        Raises:
            UserError: the provider is gone, or a program shares no scored debtor with the first one.
        """
        evaluations = [self._evaluation(one, executor, bar) for one in contestants]
        for one, evaluation in zip(contestants, evaluations, strict=True):
            if not shared_debtors(evaluations[0], evaluation):
                raise UserError(
                    f"{one.label} and {contestants[0].label} have no scored {self.kind.words.example} in common "
                    f"({evaluation.unscored} unscored because the model failed); run the same command again"
                )
        return evaluations

    def _evaluation(self, contestant: Contestant, executor: Executor, bar: Progress) -> Evaluation[Any, Any]:
        if contestant.saved is not None:
            return contestant.saved.evaluation(self.cases, self.seed, self.trials)
        task = bar.add_task(contestant.label, total=len(self.cases) * self.trials)
        lm = self.lm_of(contestant)
        with dspy.context(lm=lm) if lm is not None else contextlib.nullcontext():
            return evaluate_with_store(
                contestant.program,
                self.cases,
                ground=self.ground(contestant),
                store=self.store,
                seed=self.seed,
                trials=self.trials,
                executor=executor,
                on_played=_watch(lambda: bar.advance(task), f"{self.kind.words.record}s"),
            )

    def costs(self, contestant: Contestant) -> list[Cost]:
        """What its negotiations cost when they were played; of those of which it was written down."""
        if contestant.saved is not None:
            return []
        return [cost for key, _ in self._keys(contestant) if (cost := self.store.cost(key)) is not None]

    def stored(self, contestant: Contestant) -> Evaluation[Any, Any]:
        """What was played before, and nothing more."""
        if contestant.saved is not None:
            return contestant.saved.evaluation(self.cases, self.seed, self.trials)
        found = ((self.store.get(key), trial) for key, trial in self._keys(contestant))
        known = [(negotiation, trial) for negotiation, trial in found if negotiation is not None]
        return scored_evaluation([negotiation for negotiation, _ in known], [trial for _, trial in known], self.kind)

    def _keys(self, contestant: Contestant) -> list[tuple[str, int]]:
        """Key and trial of each of its negotiations."""
        ground = self.ground(contestant)
        return [(ground.key(case, self.seed + trial), trial) for case in self.cases for trial in range(self.trials)]


def _watch(advance: Callable[[], None], records: str) -> Callable[[Any], None]:
    """Moves the bar on, and stops a run whose provider is gone."""
    lost = 0

    def on_played(negotiation: Any) -> None:
        nonlocal lost
        lost = lost + 1 if broken(negotiation) else 0
        if lost >= GIVE_UP_AFTER:
            raise UserError(
                f"the model failed in {lost} {records} in a row ({negotiation.failure}); "
                "what was played is kept, run the same command again to go on"
            )
        advance()

    return on_played
