"""What search chooses from: instructions x demonstrations x settings, and the program that each choice makes."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from math import prod
from typing import Any

from pydantic import Field

from data.frozen import Frozen
from optimizers.demonstrations.choosing import Chosen, described, with_demos
from optimizers.proposals.instructions import Instruction
from programs.creditor.fingerprints import program_state
from programs.creditor.settings import ProgramSettings

OWN = "own"
"""The choice of a dimension that leaves the program's own part."""
DEMOS = "demos"

Choice = str | int | float | bool | None
Point = dict[str, Choice]
"""One choice per dimension; Optuna's parameters of a trial."""

LADDER_KNOBS: dict[str, tuple[Choice, ...]] = {
    "rungs": (5, 8, 12),
    "floor": ("planned", "computed"),
    "floor_discount_share": (0.0, 1 / 3, 2 / 3, 1.0),
    "final_offer": ("next_rung", "last_rung", "matched"),
    "acceptance_reach": (None, 1, 3),
    "steps_down": ("chosen", "earned"),
}
JUDGE_KNOBS: dict[str, tuple[Choice, ...]] = {
    "max_revisions": (0, 1, 2),
    "judge_reviews": ("concessions_and_acceptances", "acceptances"),
}
PACES = (0.6, 1.4)
"""Shares of the round limit that are tried as `descent_rounds`: an early descent, and one that never arrives."""


class DemoSet(Frozen):
    """Demonstrations for the taught predictors."""

    name: str
    words: str
    """How many of which phase."""
    case_ids: tuple[str, ...]
    """The training debtors that they are from, sorted."""
    demos: dict[str, list[dict[str, Any]]]
    """By predictor, as DSPy's state holds them."""


class SearchSpace(Frozen):
    """Everything that a point can name; written into the run's folder, so that all its processes mean the same."""

    instructions: tuple[Instruction, ...] = ()
    """Beside the program's own."""
    demo_sets: tuple[DemoSet, ...] = ()
    settings: dict[str, tuple[Choice, ...]] = Field(default_factory=dict)
    """Values by field, the program's own first."""
    order: tuple[str, ...] = ()
    """Case ids of the training debtors as every candidate meets them."""
    screened: tuple[Point, ...] = ()
    """Changes of the settings that come first (`optimizers.strategies.search.screening`)."""

    @property
    def dimensions(self) -> dict[str, tuple[Choice, ...]]:
        """The choices of each dimension that has two or more, the program's own first."""
        by_predictor: dict[str, tuple[Choice, ...]] = {}
        for one in self.instructions:
            by_predictor[one.predictor] = (*by_predictor.get(one.predictor, (OWN,)), one.name)
        demos = {DEMOS: (OWN, *(one.name for one in self.demo_sets))}
        return {name: found for name, found in {**by_predictor, **demos, **self.settings}.items() if len(found) > 1}

    @property
    def uncompiled(self) -> Point:
        """The point that changes nothing."""
        return {name: choices[0] for name, choices in self.dimensions.items()}

    def __len__(self) -> int:
        """How many points there are; some make the same program."""
        return prod(len(choices) for choices in self.dimensions.values())

    def point(self, index: int) -> Point:
        """The point of that index, 0 (the uncompiled program) to `len(self) - 1`."""
        found: Point = {}
        for name, choices in self.dimensions.items():
            index, place = divmod(index, len(choices))
            found[name] = choices[place]
        return found

    def program(self, base: Any, point: Point) -> Any:
        """`base` with what `point` changes."""
        changed = {name: point[name] for name in self.settings if name in point}
        made = base.with_settings(_settings(base.settings, changed) if changed else base.settings)
        state = copy.deepcopy(program_state(base))
        for one in self.instructions:
            if point.get(one.predictor) == one.name:
                state[one.predictor]["signature"]["instructions"] = one.text
        if (shown := self._demo_set(point)) is not None:
            for name, demos in shown.demos.items():
                state[name]["demos"] = copy.deepcopy(demos)
        made.load_state(state)
        return made

    def shown(self, point: Point) -> frozenset[str]:
        """The training debtors whose turns `point` shows: on them it would be examined on what it was told."""
        found = self._demo_set(point)
        return frozenset(found.case_ids) if found is not None else frozenset()

    def words(self, point: Point) -> str:
        """What `point` changes, in words."""
        changed = {name: point[name] for name, own in self.uncompiled.items() if point[name] != own}
        if not changed:
            return "uncompiled"
        return "; ".join(self._said(name, choice) for name, choice in changed.items())

    def _said(self, name: str, choice: Choice) -> str:
        if name == DEMOS:
            return next(one.words for one in self.demo_sets if one.name == choice)
        return f"{name.removesuffix('.predict')}: {choice}" if name not in self.settings else f"{name} {choice}"

    def _demo_set(self, point: Point) -> DemoSet | None:
        return next((one for one in self.demo_sets if one.name == point.get(DEMOS)), None)


def demo_set(number: int, program: Any, chosen: Chosen, train: Sequence[Any]) -> DemoSet:
    """A choice of demonstrations as a set that can be written into a file."""
    state = program_state(with_demos(program, chosen, train))
    return DemoSet(
        name=f"set {number}",
        words=described(chosen),
        case_ids=tuple(sorted({made.case_id for some in chosen.values() for made in some})),
        demos={name: state[name]["demos"] for name in chosen},
    )


def knobs(settings: ProgramSettings) -> dict[str, tuple[Choice, ...]]:
    """The values to try of each setting that the program's variant has a use for, its own first."""
    limit = settings.policy.round_limit
    paces = {min(max(2, round(share * limit)), 60) for share in PACES}
    found: dict[str, tuple[Choice, ...]] = {}
    if settings.variant.plans and not settings.chooses:
        found |= {**LADDER_KNOBS, "descent_rounds": (None, *sorted(paces))}
    if settings.variant.judges and not settings.chooses:
        found |= JUDGE_KNOBS
    own = {name: getattr(settings, name) for name in found}
    return {name: (own[name], *(v for v in values if v != own[name])) for name, values in found.items()}


def _settings(base: ProgramSettings, changed: Point) -> ProgramSettings:
    """`base` changed, and what then has no effect left as it is, so that equal programs are seen to be equal."""
    made = {**base.model_dump(), **changed}
    if made["max_revisions"] == 0:
        made["judge_reviews"] = base.judge_reviews
    return ProgramSettings.model_validate(made)
