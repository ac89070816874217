"""From a name on the command line to something that can sit on the creditor's side.

A name is a variant (`vanilla`, `planned`, `judged`, `maden`: uncompiled), a rule-based creditor (`boulware`, ...), a
model (`openai/gpt-4o-mini`, `local:FILE.gguf`, `local:FOLDER`: the vanilla negotiator on it), a file of saved
negotiations (`*.jsonl`), or else a reference to an artifact (`maden@3`, `maden@champion`, a path).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, NoReturn

import dspy

from data.domain import CreditorPolicy, CreditorView
from plumbing.errors import UserError
from programs.artifacts.restoring import artifact_kind, restored
from programs.artifacts.store import ROOT as ARTIFACTS
from programs.artifacts.store import load_program, read_artifact
from programs.creditor.fingerprints import canonical_sha256
from programs.creditor.rule_seats import RULE_SEATS
from programs.creditor.settings import PROGRAM_NAMES, ProgramSettings, Variant
from programs.debtor.simulated import SimulatedDebtor
from programs.kinds.kind import Kind
from programs.kinds.known import PROGRAMS
from programs.kinds.negotiation_kind import NEGOTIATIONS
from programs.maden import DebtorFactory, Maden
from programs.models import make as models
from programs.playing.evaluate import Program
from programs.playing.rule_program import RuleProgram
from programs.playing.saved import SavedPlay, is_saved_play, read_saved_play
from programs.table.runner import CreditorSeat


@dataclass(frozen=True)
class Contestant:
    """A creditor that can be played: alone at a table, or whole as a program."""

    label: str
    """How tables call it."""
    program: Program
    """`program(case=, seed=)`; the result has a `negotiation`."""
    seat: Callable[[CreditorView, int], CreditorSeat]
    """Its chair at one table, for the case's view and a seed."""
    policy: CreditorPolicy
    fingerprint: str
    """Hash of what it does by itself: settings, prompts and demos, or the rule. Equal means the same program."""
    needs_lm: bool
    kind: Literal["variant", "baseline", "artifact", "model", "saved"]
    model: NamedModel | None = None
    """Its own, where it does not play on the comparison's."""
    saved: SavedPlay | None = None
    """Its negotiations, where it plays no more."""

    def own_program(self, cannot: str) -> Maden:
        """The program of a variant or an artifact.

        Args:
            cannot: what nothing else can do, for the sentence: "teach", "be served".

        Raises:
            UserError: it is a rule, a model alone or a file of negotiations.
        """
        if not isinstance(self.program, Maden) or self.model is not None:
            hint = "name a variant (maden, planned, ...) or an artifact (maden@champion)"
            raise UserError(f"{self.label} cannot {cannot}; {hint}")
        return self.program

    def served(self) -> Maden | RuleProgram:
        """The program that a service negotiates with: a rule's as well.

        Raises:
            UserError: it is a model alone or a file of negotiations.
        """
        return self.program if isinstance(self.program, RuleProgram) else self.own_program("be served")


def contestant(
    name: str,
    *,
    debtors: DebtorFactory = SimulatedDebtor,
    artifacts: Path = ARTIFACTS,
    policy: CreditorPolicy | None = None,
) -> Contestant:
    """The contestant called `name`.

    Args:
        name: a variant, a rule-based creditor, a model, a file of negotiations or an artifact reference.
        debtors: who the program plays against when it is called.
        artifacts: the folder of the artifacts.
        policy: limits of a variant or a rule, the default ones for None; an artifact has its own.

    Raises:
        UserError: there is nothing of that name, or the artifact does not fit.
    """
    if name in RULE_SEATS:
        return _baseline(name, debtors, policy or CreditorPolicy())
    if name in PROGRAM_NAMES:
        return _of(name, Maden(ProgramSettings.named(name, policy=policy or CreditorPolicy()), debtors), "variant")
    if is_saved_play(name):
        return _saved(name)
    if _looks_like_model(name):
        return _on_its_own_model(name, debtors, policy or CreditorPolicy())
    try:
        return _of(name, load_program(name, root=artifacts, debtors=debtors), "artifact")
    except UserError as error:
        if _looks_like_artifact(name, artifacts):
            raise
        raise UserError(f"no program is called {name!r}: {_known()}, or an artifact ({error})") from error


def contestants(
    names: list[str], *, debtors: DebtorFactory, artifacts: Path, policy: CreditorPolicy | None = None
) -> list[Contestant]:
    """All of them, under labels that differ even where a name stands twice."""
    found: list[Contestant] = []
    for name in names:
        one, times = (
            contestant(name, debtors=debtors, artifacts=artifacts, policy=policy),
            names[: len(found)].count(name),
        )
        found.append(replace(one, label=f"{name} ({times + 1})") if times else one)
    return found


def kind_of_names(names: Sequence[str], artifacts: Path = ARTIFACTS) -> Kind:
    """The kind of programs that all of `names` are of; a name that nobody knows is taken for a negotiation's.

    Raises:
        UserError: they are of two kinds, which cannot be compared.
    """
    kinds = {name: _kind_of_name(name, artifacts) for name in names}
    first = next(iter(kinds.values()))
    for name, kind in kinds.items():
        if kind is not first:
            raise UserError(
                f"{name} is a program for {kind.words.record}s and {names[0]} one for {first.words.record}s; compare "
                "programs of one kind"
            )
    return first


def _kind_of_name(name: str, artifacts: Path) -> Kind:
    if name in PROGRAMS:
        return PROGRAMS[name]
    known = is_saved_play(name) or name in RULE_SEATS or _looks_like_model(name)
    if known or not _looks_like_artifact(name, artifacts):
        return NEGOTIATIONS
    return artifact_kind(read_artifact(name, root=artifacts))


def contestants_of(kind: Kind, names: Sequence[str], artifacts: Path = ARTIFACTS) -> list[Contestant]:
    """Programs of a kind that sits at no table: its uncompiled ones and artifacts, under labels that differ.

    Raises:
        UserError: there is nothing of a name, or the artifact does not fit.
    """
    found: list[Contestant] = []
    for name in names:
        times = list(names[: len(found)]).count(name)
        found.append(_without_table(kind, name, artifacts, f"{name} ({times + 1})" if times else name))
    return found


def _without_table(kind: Kind, name: str, artifacts: Path, label: str) -> Contestant:
    uncompiled = name in kind.programs
    program = (
        kind.uncompiled(name, policy=None, temperature=0.0, outside=None)
        if uncompiled
        else restored(read_artifact(name, root=artifacts))
    )

    def never(*_: object, **__: object) -> NoReturn:
        raise TypeError(f"{name} sits at no table")

    return Contestant(
        label,
        program,
        never,
        CreditorPolicy(),
        program.sha256,
        needs_lm=True,
        kind="variant" if uncompiled else "artifact",
    )


def variant_or_baseline(
    name: str, *, debtors: DebtorFactory = SimulatedDebtor, policy: CreditorPolicy | None = None
) -> Contestant:
    """The uncompiled variant or rule-based creditor called `name`.

    Raises:
        UserError: there is none; artifacts are not looked for.
    """
    if name not in RULE_SEATS and name not in PROGRAM_NAMES:
        raise UserError(f"no variant is called {name!r}; {_known()}")
    return contestant(name, debtors=debtors, policy=policy)


class NamedModel:
    """A model of the command line, made when it is first needed: rules, and a person's commands, need none.

    Args:
        name: `local`, `local:FILE.gguf` or a LiteLLM model string.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._made: dspy.LM | None = None

    def __getstate__(self) -> dict[str, object]:
        """What was made travels without what it was asked here; what was not is made where it is needed."""
        made = copy.copy(self._made)
        if made is not None:
            made.history = []
        return {"name": self.name, "_made": made}

    @property
    def made(self) -> bool:
        """Whether it has been needed."""
        return self._made is not None

    def get(self) -> dspy.LM:
        """The model.

        Raises:
            UserError: it cannot be made (`programs.models.make.make_lm`).
        """
        if self._made is None:
            self._made = models.make_lm(self.name)
        return self._made


def _baseline(name: str, debtors: DebtorFactory, policy: CreditorPolicy) -> Contestant:
    program = RuleProgram(name, debtors, policy)
    state = RULE_SEATS[name].state()
    identity = ["rule", name, policy.model_dump(mode="json"), *([state] if state else [])]
    fingerprint = canonical_sha256(identity)
    return Contestant(name, program, program.seat, policy, fingerprint, needs_lm=False, kind="baseline")


def _saved(name: str) -> Contestant:
    play_of_file = read_saved_play(Path(name))

    def never(*_: object, **__: object) -> NoReturn:
        raise TypeError(f"{name} holds negotiations and plays none")

    return Contestant(
        name, never, never, play_of_file.policy, play_of_file.sha256, needs_lm=False, kind="saved", saved=play_of_file
    )


def _on_its_own_model(name: str, debtors: DebtorFactory, policy: CreditorPolicy) -> Contestant:
    """The vanilla negotiator: what a model does with one plain prompt."""
    one = _of(name, Maden(ProgramSettings(variant=Variant.VANILLA, policy=policy), debtors), "model")
    # Two models with one prompt are two contestants, not the same program twice.
    return replace(one, model=NamedModel(name), fingerprint=canonical_sha256([one.fingerprint, name]))


def _of(label: str, program: Maden, kind: Literal["variant", "artifact", "model"]) -> Contestant:
    return Contestant(
        label=label,
        program=program,
        seat=program.seat,
        policy=program.settings.policy,
        fingerprint=program.sha256,
        needs_lm=True,
        kind=kind,
    )


def _known() -> str:
    return (
        f"there are the variants {', '.join(PROGRAM_NAMES)}, the rules {', '.join(RULE_SEATS)}, models such as "
        "openai/gpt-4o-mini, and files of negotiations (.jsonl)"
    )


def _looks_like_model(name: str) -> bool:
    """Whether it is `local`, `local:FILE.gguf` or PROVIDER/MODEL; a path to an artifact ends in .json or exists."""
    if name == models.LOCAL or name.startswith(f"{models.LOCAL}:"):
        return True
    return "/" in name and "@" not in name and not name.endswith(".json") and not Path(name).exists()


def _looks_like_artifact(name: str, artifacts: Path) -> bool:
    """Whether the user surely meant an artifact, so that its own fault is the one to report."""
    return "@" in name or name.endswith(".json") or "/" in name or (artifacts / name).exists()
