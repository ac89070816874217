"""The one way a strategy plays negotiations: through the ledger, retried where infrastructure broke, counted, shown."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from types import SimpleNamespace
from typing import Any, Protocol

import dspy

from data.domain import Turn
from optimizers.runs.folder import RunFolder
from optimizers.runs.halt import Halted
from optimizers.runs.ledger import Ledger, LedgerLine
from plumbing.files import replace_file
from programs.creditor.fingerprints import program_state
from programs.kinds.kind import Case, Kind
from programs.kinds.negotiation_kind import NEGOTIATIONS
from programs.models.accounts import CostAccount
from programs.playing.evaluate import Evaluation, Program, broken, evaluate, scored_evaluation
from programs.playing.executor import Executor
from programs.playing.played_store import Ground, lm_id
from programs.table.runner import listening

RETRIES = 2
"""How often a negotiation that infrastructure broke is played again; each call was retried before."""

LEAST_COVERAGE = 0.95
"""Share of the negotiations that must have a score; with less, what was compared is not what was asked for."""


class Watcher(Protocol):
    """Who is told what a compile does: bars, a log, a tracking server."""

    def phase(self, name: str, negotiations: int) -> None:
        """A phase of at most `negotiations` begins."""
        ...

    def turn(self, case_id: str, turn: Turn) -> None:
        """A turn was made in a negotiation that is being played."""
        ...

    def played(self, line: LedgerLine, *, reused: bool) -> None:
        """A negotiation is done, or was found in the ledger."""
        ...

    def lost(self, case_id: str, failure: str) -> None:
        """Infrastructure broke a negotiation for good; it has no score."""
        ...

    def candidate(self, sha256: str, words: str, mean: float, debtors: int) -> None:
        """A candidate was evaluated on so many debtors; `words` say what it is."""
        ...


class Player:
    """Plays programs for one run.

    Args:
        folder: of the run; holds the ledger and the candidates.
        lm: the model behind the creditor's seat; part of every key.
        debtors: who sits on the other side of restored candidates; None where nobody does.
        debtor: the same as the command line names it, part of every key.
        watcher: told of every negotiation.
        executor: where negotiations are played; None for this thread.
        stopped: why the budget lets no call through any more; None while it does. A strategy may meet it outside any
            negotiation.
        kind: of the programs that are played.
    """

    def __init__(
        self,
        folder: RunFolder,
        lm: dspy.LM,
        debtors: Any,
        debtor: str,
        watcher: Watcher,
        executor: Executor | None = None,
        stopped: Callable[[], Halted | None] = lambda: None,
        kind: Kind = NEGOTIATIONS,
    ) -> None:
        self.folder, self.lm, self.debtors, self.debtor = folder, lm, debtors, debtor
        self.executor = executor or Executor()
        self.watcher, self.threads, self.kind = watcher, self.executor.at_once, kind
        self.ledger = Ledger(folder.ledger_path)
        self.phase = ""
        self.scored = 0
        self.unscored = 0
        """Negotiations lost to infrastructure, after every retry."""
        self.failed: Exception | None = None
        """A fault of ours, or a full disk: DSPy's optimisers would swallow it and count the negotiation as 0."""
        self._halted: Halted | None = None
        self._stopped = stopped
        self._lock = threading.Lock()

    @property
    def halted(self) -> Halted | None:
        """Why nothing is played any more; None while the run goes on."""
        return self._halted or self._stopped()

    def begin(self, phase: str, negotiations: int) -> None:
        """Name what is played from here on, and announce it."""
        self.phase = phase
        self.watcher.phase(phase, negotiations)

    def play(self, program: Any, case: Case, seed: int, *, fresh: bool = False, playing: Program | None = None) -> Any:
        """One negotiation, from the ledger if it was played before.

        Args:
            program: any program of the kind; its fingerprint is part of the key.
            case: a training or validation debtor.
            seed: of the debtor's behaviour and of sampling.
            fresh: play even what is in the ledger, as whoever needs the trace must; its calls were paid before.
            playing: what to call here in place of `program`, which then only says whose negotiation it is; it lets
                the executor make the calls first (`Executor.rehearsed`).

        Raises:
            Halted: a cap was reached, or someone stopped the run.
        """
        sha256 = program.sha256
        key = self._key(sha256, case, seed)
        known = self.ledger.get(key)
        if known is not None and not fresh:
            self._count(known, reused=True)
            return self.kind.record(known.negotiation)
        if (why := self.failed or self.halted) is not None:
            raise why
        negotiation, account = self._tried(playing or self.executor.placed(program), case, seed)
        if broken(negotiation):
            with self._lock:
                self.unscored += 1
            self.watcher.lost(case.case_id, negotiation.failure or "unknown")
            return negotiation
        self._keep_program(program, sha256)
        line = known or self._line(key, sha256, seed, negotiation, account)
        self.ledger.add(line)
        self._count(line, reused=known is not None)
        return negotiation

    def evaluate(self, program: Any, cases: Sequence[Case], seed: int, words: str = "") -> Evaluation[Any, Any]:
        """All `cases` with the same seed; what infrastructure broke for good is unscored.

        Args:
            program: the candidate.
            cases: training or validation debtors.
            seed: of every negotiation.
            words: what the candidate is, for the watcher; empty where it is none worth telling of.

        Raises:
            Halted: a cap was reached, or someone stopped the run.
        """

        def playing(case: Case, seed: int) -> SimpleNamespace:
            return SimpleNamespace(negotiation=self.play(program, case, seed))

        result = evaluate(playing, cases, seed=seed, threads=self.threads, retries=0, kind=self.kind)
        if words and result.scored:
            self.watcher.candidate(program.sha256, words, result.mean("objective"), result.scored)
        return result

    def recorded(self, program: Any, cases: Sequence[Case], seed: int) -> Evaluation[Any, Any]:
        """As `evaluate` would find it if nothing could be played any more: what is in the ledger, no more."""
        sha256 = program.sha256
        found = (self.ledger.get(self._key(sha256, case, seed)) for case in cases)
        negotiations = [self.kind.record(line.negotiation) for line in found if line is not None]
        return scored_evaluation(negotiations, [0] * len(negotiations), self.kind)

    def best(self, cases: Sequence[Case], seed: int) -> str | None:
        """`sha256` of the candidate with the highest mean objective among those that were fully evaluated.

        Fully: with enough of `cases` in the ledger (`LEAST_COVERAGE`). Ties go to the one that played first; None if
        there is no such candidate.
        """
        wanted = {case.case_id for case in cases}
        scores: dict[str, dict[str, float]] = {}
        for line in self.ledger:
            if line.seed == seed and line.case_id in wanted:
                scores.setdefault(line.candidate, {})[line.case_id] = line.score
        enough = LEAST_COVERAGE * len(wanted)
        means = {sha256: sum(s.values()) / len(s) for sha256, s in scores.items() if len(s) >= enough}
        return max(means, key=means.__getitem__, default=None)

    def restored(self, sha256: str) -> Any:
        """A candidate as it played."""
        content = json.loads((self.folder.candidates_path / f"{sha256}.json").read_text())
        return self.kind.restored(content, self.debtors)

    def halt(self, why: Halted) -> Halted:
        """Let nothing be played any more; returns `why`, or what halted the run before."""
        self._halted = self._halted or self._stopped() or why
        return self._halted

    def _key(self, sha256: str, case: Case, seed: int) -> str:
        return Ground(sha256, lm_id(self.lm), self.debtor, self.kind).key(case, seed)

    def _tried(self, program: Program, case: Case, seed: int) -> tuple[Any, CostAccount]:
        account = CostAccount()
        with account.watching(), listening(partial(self.watcher.turn, case.case_id)):
            for _ in range(RETRIES + 1):
                try:
                    negotiation = program(case=case, seed=seed).negotiation
                except Halted as why:
                    raise self.halt(why) from None
                except Exception as error:
                    self.failed = self.failed or error
                    raise
                if not broken(negotiation):
                    break
        return negotiation, account

    def _count(self, line: LedgerLine, *, reused: bool) -> None:
        with self._lock:
            self.scored += 1
        self.watcher.played(line, reused=reused)

    def _keep_program(self, program: Any, sha256: str) -> None:
        path = self.folder.candidates_path / f"{sha256}.json"
        if not path.exists():
            content = {"settings": program.settings.model_dump(mode="json"), "state": program_state(program)}
            replace_file(path, json.dumps(content).encode(), durable=True)

    def _line(self, key: str, sha256: str, seed: int, negotiation: Any, account: CostAccount) -> LedgerLine:
        values: dict[str, Any] = self.kind.score([negotiation])[0].values()
        return LedgerLine(
            key=key,
            candidate=sha256,
            phase=self.phase,
            case_id=negotiation.case.case_id,
            seed=seed,
            ending=negotiation.ending.value,
            score=values.pop("objective"),
            metrics=values,
            cost=asdict(account.total),
            negotiation=negotiation.model_dump(mode="json", exclude_none=True),
        )
