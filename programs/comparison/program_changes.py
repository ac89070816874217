"""The single changes between two versions of a program, and the program that has only some of them."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, Literal

from data.frozen import Frozen
from plumbing.errors import UserError
from programs.artifacts.diff import changes
from programs.creditor.fingerprints import program_state
from programs.creditor.settings import ProgramSettings
from programs.maden import Maden


class AtomicChange(Frozen):
    """One part that differs between two programs of one variant, and that either can have of the other."""

    kind: Literal["setting", "instruction", "demos"]
    key: str
    """The setting's name, or the predictor's."""
    a: str
    """What A has, in a few words."""
    b: str

    @property
    def name(self) -> str:
        """In words: `rungs`, `negotiator instruction`, `planner demos`."""
        return self.key if self.kind == "setting" else f"{self.key.removesuffix('.predict')} {self.kind}"


def atomic_changes(a: Maden, b: Maden, a_label: str = "A", b_label: str = "B") -> tuple[AtomicChange, ...]:
    """What differs from `a` to `b`: settings (the policy is one), then each predictor's instruction and demos.

    Raises:
        UserError: they are of different variants, or nothing differs.
    """
    if a.settings.variant is not b.settings.variant:
        raise UserError(
            f"{a_label} is a {a.settings.variant} program and {b_label} a {b.settings.variant} one: they do not have "
            "the same parts to swap; name two programs of one variant, such as an artifact and the one it came from"
        )
    states = program_state(a), program_state(b)
    found = [*_setting_changes(a.settings, b.settings)]
    for key in states[0]:
        found += _prompt_changes(key, states[0][key], states[1][key])
    if not found:
        raise UserError(f"{a_label} and {b_label} are the same program; there is no change to ablate")
    return tuple(found)


def with_changes(a: Maden, b: Maden, taken: Iterable[AtomicChange]) -> Maden:
    """`a` with what `taken` names as `b` has it; it plays against the debtors of `a`."""
    settings = a.settings.model_dump()
    state, of_b = copy.deepcopy(program_state(a)), program_state(b)
    for change in taken:
        if change.kind == "setting":
            settings[change.key] = b.settings.model_dump()[change.key]
        else:
            part = "signature" if change.kind == "instruction" else "demos"
            state[change.key][part] = copy.deepcopy(of_b[change.key][part])
    made = Maden(ProgramSettings.model_validate(settings), a.debtors)
    made.load_state(state)
    return made


def _setting_changes(a: ProgramSettings, b: ProgramSettings) -> list[AtomicChange]:
    dumps = a.model_dump(mode="json"), b.model_dump(mode="json")
    return [
        AtomicChange(kind="setting", key=key, a=_said(dumps[0][key], dumps[1][key]), b=_said(dumps[1][key], old))
        for key, old in dumps[0].items()
        if old != dumps[1][key]
    ]


def _prompt_changes(key: str, a: dict[str, Any], b: dict[str, Any]) -> list[AtomicChange]:
    found = []
    if a["signature"] != b["signature"]:
        words = [f"{len(one['signature']['instructions'].split())} words" for one in (a, b)]
        found.append(AtomicChange(kind="instruction", key=key, a=words[0], b=words[1]))
    if a["demos"] != b["demos"]:
        counts = [str(len(one["demos"])) for one in (a, b)]
        found.append(AtomicChange(kind="demos", key=key, a=counts[0], b=counts[1]))
    return found


def _said(value: Any, other: Any) -> str:
    """A setting's value; of the policy what differs from `other`."""
    if isinstance(value, dict) and isinstance(other, dict):
        return ", ".join(f"{change.key} {change.a}" for change in changes(value, other))
    return "none" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)
