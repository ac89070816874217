"""`compare --plan EFFECT`: how much would have to be played to show a difference, from what was played before."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from rich.console import Group
from rich.table import Table
from rich.text import Text

from metrics.statistics.power import POWER
from plumbing.errors import UserError
from programs.comparison.difference import FEWEST_DEBTORS
from programs.comparison.noise import Components, Design, components, paired_values, required
from programs.playing.contestants import Contestant
from programs.playing.evaluate import Evaluation
from programs.playing.stage import Stage


def planned(effect: float, stage: Stage, found: Sequence[Contestant]) -> Group:
    """For each program the designs that show `effect` of the objective against the first one; nothing is played.

    Raises:
        UserError: fewer than six debtors were met by both, or the effect is 0.
    """
    first, *others = found
    baseline = stage.stored(first)
    return Group(*(_for_pair(effect, first, baseline, other, stage) for other in others))


def _for_pair(effect: float, first: Contestant, baseline: Evaluation, other: Contestant, stage: Stage) -> Group:
    values, debtors = paired_values(baseline, stage.stored(other))
    pilot = len(set(debtors))
    if pilot < FEWEST_DEBTORS:
        raise UserError(
            f"--plan learns the noise from what was played: {other.label} and {first.label} have {pilot} debtors in "
            f"common here, {FEWEST_DEBTORS} are needed; run the same without --plan and with --debtors 20 --trials 2 "
            "(val debtors, --split val, are spent on nothing else)"
        )
    noise = components(values, debtors)
    head = f"{other.label} against {first.label}: to show a difference of {abs(effect):g} of the objective"
    return Group(
        Text(head, style="bold"),
        Text(_noise_sentence(noise, pilot, len(values))),
        _designs(required(effect, noise), stage, (first, other)),
    )


def _noise_sentence(noise: Components, pilot: int, pairs: int) -> str:
    said = f"from {pilot} debtors and {pairs} pairs: the difference varies by {sqrt(noise.debtor):.3f} between debtors"
    if noise.sampling is None:
        return f"{said}, sampling included (one trial each: play --trials 2 to tell the two apart)"
    return f"{said} and by {sqrt(noise.sampling):.3f} between trials (standard deviations)"


def _designs(designs: Sequence[Design], stage: Stage, pair: tuple[Contestant, Contestant]) -> Table | Text:
    if not designs:
        return Text("no number of debtors shows it: the effect is far below the noise")
    table = Table()
    for heading in ("debtors", "trials", "negotiations, both", "model calls, about"):
        table.add_column(heading, justify="right")
    each = [_calls_each(stage, one) for one in pair]
    for design in designs:
        calls = None if None in each else sum(one or 0 for one in each) * design.negotiations
        cells = (design.debtors, design.trials, 2 * design.negotiations)
        table.add_row(*(f"{cell:,}" for cell in cells), "unknown" if calls is None else f"{calls:,.0f}")
    table.caption = f"each with {POWER:.0%} power at the 5% level"
    return table


def _calls_each(stage: Stage, one: Contestant) -> float | None:
    """Calls of one of its negotiations, answered ones included; None where no cost was written down."""
    costs = stage.costs(one)
    return sum(cost.calls + cost.cached_calls for cost in costs) / len(costs) if costs else None
