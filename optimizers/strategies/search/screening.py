"""Screening: which settings are worth a race, found without a model on debtors that it need not be paid for.

The program's stand-in (`optimizers.strategies.search.stand_in`) plays the ladder by the rules of the instructions
against simulated debtors. It is no model, so what it says of settings is a guess (a low-fidelity evaluation,
Peherstorfer, Willcox and Gunzburger 2018); the search examines its best guesses first and believes only what the model
then plays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from data.domain import DebtCase
from metrics.evaluator import score_many
from metrics.feedback import WORTH_SAYING
from optimizers.strategies.search.space import Choice, Point
from optimizers.strategies.search.stand_in import PLAYED_BY_STAND_IN, stand_in
from programs.creditor.settings import ProgramSettings

Scores = tuple[float, ...]


def screened(
    settings: ProgramSettings, choices: Mapping[str, Sequence[Choice]], cases: Sequence[DebtCase], seed: int, most: int
) -> list[Point]:
    """The most promising changes of `settings`, best first, at most so many; none that the stand-in gains nothing by.

    Coordinate ascent: one setting after another takes its best value, until a round through all of them changes none.
    Every point on the way is a guess; of those that played alike the one with the fewest changes is kept.

    Args:
        settings: the uncompiled program's; of a variant with a ladder, the others have no stand-in.
        choices: the values of each setting, the program's own first; those that a stand-in has no use for are left.
        cases: training debtors.
        seed: of their behaviour.
        most: points to return.
    """
    tried = {name: tuple(values) for name, values in choices.items() if name in PLAYED_BY_STAND_IN}
    if not settings.variant.plans or settings.chooses or not tried or most == 0:
        return []
    own: Point = {name: values[0] for name, values in tried.items()}
    known: dict[tuple[Choice, ...], Scores] = {}

    def mean(point: Point) -> float:
        key = tuple(point.values())
        if key not in known:
            known[key] = _scores(settings.model_copy(update=point), cases, seed)
        return fmean(known[key])

    _ascend(own, tried, mean)
    start = mean(own)
    points = [dict(zip(own, key, strict=True)) for key in known]
    ranked = sorted(points, key=lambda point: (-mean(point), len(_changes(point, own))))
    alike: set[Scores] = set()
    found: list[Point] = []
    for point in ranked:
        scores = known[tuple(point.values())]
        if len(found) < most and mean(point) - start > WORTH_SAYING and scores not in alike:
            alike.add(scores)
            found.append(_changes(point, own))
    return found


def _ascend(own: Point, tried: Mapping[str, Sequence[Choice]], mean: Callable[[Point], float]) -> None:
    best, before = dict(own), None
    while best != before:
        before = dict(best)
        for name, values in tried.items():
            # The value held so far comes first, so that among equals nothing changes.
            kept = (best[name], *(value for value in values if value != best[name]))
            best[name] = max(kept, key=lambda value, name=name: mean({**best, name: value}))  # type: ignore[misc]


def _changes(point: Point, own: Point) -> Point:
    return {name: value for name, value in point.items() if value != own[name]}


def _scores(settings: ProgramSettings, cases: Sequence[DebtCase], seed: int) -> Scores:
    played = stand_in(settings)
    return tuple(card.objective for card in score_many([played(case, seed) for case in cases]))
