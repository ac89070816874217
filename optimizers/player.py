"""The one way a strategy plays negotiations: through the ledger, retried where infrastructure broke, counted, shown."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any, Protocol

import dspy

from data.domain import DebtCase, Ending, Negotiation
from metrics.evaluator import score
from optimizers.halt import Halted
from optimizers.ledger import Ledger, LedgerLine
from optimizers.runs import RunFolder
from programs import new_files
from programs.accounts import Account
from programs.evaluation import Evaluation, Program, evaluate
from programs.fingerprints import program_sha256, program_state
from programs.maden import DebtorFactory, Maden
from programs.played_store import Ground, lm_id
from programs.settings import ProgramSettings

RETRIES = 2
"""How often a negotiation that infrastructure broke is played again; each call was retried before."""


class Watcher(Protocol):
    """Who is told what a compile does: bars, a log, a tracking server."""

    def phase(self, name: str, negotiations: int) -> None:
        """A phase of at most `negotiations` begins."""
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
        debtors: who sits on the other side of restored candidates.
        debtor: the same as the command line names it, part of every key.
        watcher: told of every negotiation.
        threads: negotiations at once.
    """

    def __init__(
        self,
        folder: RunFolder,
        lm: dspy.LM,
        debtors: DebtorFactory,
        debtor: str,
        watcher: Watcher,
        threads: int = 1,
    ) -> None:
        self.folder, self.lm, self.debtors, self.debtor = folder, lm, debtors, debtor
        self.watcher, self.threads = watcher, threads
        self.ledger = Ledger(folder.ledger_path)
        self.phase = ""
        self.scored = 0
        self.unscored = 0
        """Negotiations lost to infrastructure, after every retry."""
        self.halted: Halted | None = None
        """Why nothing is played any more."""
        self._lock = threading.Lock()

    def begin(self, phase: str, negotiations: int) -> None:
        """Name what is played from here on, and announce it."""
        self.phase = phase
        self.watcher.phase(phase, negotiations)

    def play(
        self, program: Maden, case: DebtCase, seed: int, *, fresh: bool = False, playing: Program | None = None
    ) -> Negotiation:
        """One negotiation, from the ledger if it was played before.

        Args:
            program: any program; its fingerprint is part of the key.
            case: a training or validation debtor.
            seed: of the debtor's behaviour and of sampling.
            fresh: play even what is in the ledger, as whoever needs the trace must; its calls were paid before.
            playing: what to call in place of `program`, which then only says whose negotiation it is.

        Raises:
            Halted: a cap was reached, or someone stopped the run.
        """
        sha256 = program_sha256(program.settings, program_state(program))
        key = Ground(sha256, lm_id(self.lm), self.debtor).key(case, seed)
        known = self.ledger.get(key)
        if known is not None and not fresh:
            self._count(known, reused=True)
            return known.record
        if self.halted is not None:
            raise self.halted
        negotiation, account = self._tried(playing or program, case, seed)
        if negotiation.ending is Ending.INFRASTRUCTURE:
            with self._lock:
                self.unscored += 1
            self.watcher.lost(case.case_id, negotiation.failure or "unknown")
            return negotiation
        self._keep_program(sha256, program)
        line = known or _line(key, sha256, self.phase, seed, negotiation, account)
        self.ledger.add(line)
        self._count(line, reused=known is not None)
        return negotiation

    def evaluate(self, program: Maden, cases: Sequence[DebtCase], seed: int) -> Evaluation:
        """All `cases` with the same seed; what infrastructure broke for good is unscored.

        Raises:
            Halted: a cap was reached, or someone stopped the run.
        """

        def playing(case: DebtCase, seed: int) -> SimpleNamespace:
            return SimpleNamespace(negotiation=self.play(program, case, seed))

        return evaluate(playing, cases, seed=seed, threads=self.threads, retries=0)

    def best(self, cases: Sequence[DebtCase], seed: int) -> Maden | None:
        """The candidate with the highest mean objective among those that played all of `cases`; None if none did.

        Ties go to the one that played first.
        """
        wanted = {case.case_id for case in cases}
        scores: dict[str, dict[str, float]] = {}
        for line in self.ledger:
            if line.seed == seed and line.case_id in wanted:
                scores.setdefault(line.candidate, {})[line.case_id] = line.score
        whole = {sha256: sum(found.values()) for sha256, found in scores.items() if len(found) == len(wanted)}
        return self.restored(max(whole, key=whole.__getitem__)) if whole else None

    def restored(self, sha256: str) -> Maden:
        """A candidate as it played."""
        content = json.loads((self.folder.candidates_path / f"{sha256}.json").read_text())
        program = Maden(ProgramSettings.model_validate(content["settings"]), self.debtors)
        program.load_state(content["state"])
        return program

    def halt(self, why: Halted) -> Halted:
        """Let nothing be played any more; returns `why`, or what halted the run before."""
        with self._lock:
            self.halted = self.halted or why
            return self.halted

    def _tried(self, program: Program, case: DebtCase, seed: int) -> tuple[Negotiation, Account]:
        account = Account()
        with account.watching():
            for _ in range(RETRIES + 1):
                try:
                    negotiation: Negotiation = program(case=case, seed=seed).negotiation
                except Halted as why:
                    raise self.halt(why) from None
                if negotiation.ending is not Ending.INFRASTRUCTURE:
                    break
        return negotiation, account

    def _count(self, line: LedgerLine, *, reused: bool) -> None:
        with self._lock:
            self.scored += 1
        self.watcher.played(line, reused=reused)

    def _keep_program(self, sha256: str, program: Maden) -> None:
        path = self.folder.candidates_path / f"{sha256}.json"
        if path.exists():
            return
        path.parent.mkdir(exist_ok=True)
        content = {"settings": program.settings.model_dump(mode="json"), "state": program_state(program)}
        new_files.replace(path, json.dumps(content, ensure_ascii=False).encode(errors="backslashreplace"))


def _line(key: str, sha256: str, phase: str, seed: int, negotiation: Negotiation, account: Account) -> LedgerLine:
    values: dict[str, Any] = score(negotiation).values()
    return LedgerLine(
        key=key,
        candidate=sha256,
        phase=phase,
        case_id=negotiation.case.case_id,
        seed=seed,
        ending=negotiation.ending.value,
        score=values.pop("objective"),
        metrics=values,
        cost=asdict(account.total),
        negotiation=negotiation.model_dump(mode="json", exclude_none=True),
    )
