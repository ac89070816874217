"""Learning the decision support: play, fit, play again nearer to the best, fit, and measure on the validation split."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from data.domain import DebtCase
from data.frozen import Frozen
from programs.creditor.support.learned.finances import FinanceModel
from programs.creditor.support.learned.support_model import SupportModel
from programs.creditor.support.learned.table_features import FEATURES, RISING, TABLE_FEATURES
from programs.learning.beliefs import beliefs_scored
from programs.learning.forecast_reliability import Reliability, reliability
from programs.learning.games import Examples, Gathered, gather
from programs.learning.support_fitting import bent_times, finance_model, forest

FIRST_TREES = 40
"""Of the model that only plays the second half of the training negotiations."""
BENT_TREES = 40


class Recipe(Frozen):
    """How much is learned."""

    seed: int = 0
    steady_games: int = 3
    """Negotiations of each debtor with a steady creditor, to the end."""
    near_games: int = 3
    """Negotiations of each debtor with the support itself, as it is after the first half."""
    changed: float = 0.5
    """Share of them in changed worlds."""
    trees: int = 80


@dataclass(frozen=True)
class LearningProgress:
    """Who is told how far learning is; both do nothing by default."""

    stage: Callable[[str, int], None] = lambda name, steps: None
    """A stage begins, of so many steps."""
    step: Callable[[], None] = lambda: None
    """One of them is done."""


def learned(
    train: Sequence[DebtCase],
    val: Sequence[DebtCase],
    recipe: Recipe,
    provenance: Mapping[str, Any] | None = None,
    progress: LearningProgress | None = None,
) -> SupportModel:
    """A support model of the debtors of `train`, measured on those of `val`.

    Args:
        train: whom it learns from.
        val: whom it is measured on; they teach nothing.
        recipe: how much.
        provenance: kept in the file beside the counts and measures.
        progress: who is told.

    Raises:
        UserError: scikit-learn is not installed.
    """
    told = progress or LearningProgress()
    finances = finance_model(train, recipe.seed)
    times = bent_times(train, recipe.seed)
    steady = _played("steady creditors", train, finances, None, recipe.steady_games, recipe, told)
    first = _first_model(steady, finances, times, recipe, told)
    near = _played("nearly the best offers", train, finances, first, recipe.near_games, recipe, told)
    told.stage("fitting", 3)
    model = _fitted(_both(steady, near), finances, times, recipe, recipe.trees, told)
    measured = measure(model, val, recipe, told)
    told.stage("validation, beliefs", 1)
    beliefs = beliefs_scored(model, val, recipe.seed)
    told.step()
    counts = {
        "debtors": len(train),
        "negotiations": steady.negotiations + near.negotiations,
        "offers_now": sum(map(len, (*steady.now.answers, *near.now.answers))),
        "offers_later": sum(map(len, steady.later.answers)),
    }
    noted = {
        "learned": counts,
        "recipe": recipe.model_dump(),
        "validation": _dumped(measured, len(val)),
        "beliefs": beliefs,
    }
    return replace(model, provenance={**(provenance or {}), **noted})


def measure(
    model: SupportModel, cases: Sequence[DebtCase], recipe: Recipe, progress: LearningProgress | None = None
) -> dict[str, Reliability]:
    """How good the stated chances are on debtors that taught nothing, by what they are chances of."""
    told = progress or LearningProgress()
    seeds = _measuring(recipe)
    steady = _played("validation, steady creditors", cases, model.finances, None, 1, seeds, told)
    near = _played("validation, nearly the best offers", cases, model.finances, model, 1, seeds, told)
    found = {}
    for name, examples, trees in (
        ("accepted_now", near.now, model.accepted_now),
        ("accepted_later", steady.later, model.accepted_later),
        ("bent", near.bent, model.bent),
    ):
        rows, answers, _ = examples.joined()
        found[name] = reliability(trees.chance(rows), answers)
    return found


def _measuring(recipe: Recipe) -> Recipe:
    """The same with seeds that no training negotiation has."""
    return recipe.model_copy(update={"seed": recipe.seed + 7_919})


def _dumped(measured: Mapping[str, Reliability], debtors: int) -> dict[str, Any]:
    return {"debtors": debtors, **{name: one.model_dump() for name, one in measured.items()}}


def _played(
    name: str,
    cases: Sequence[DebtCase],
    finances: FinanceModel,
    model: SupportModel | None,
    games: int,
    recipe: Recipe,
    told: LearningProgress,
) -> Gathered:
    told.stage(name, games * len(cases))
    first = recipe.seed * 1_000 + (0 if model is None else 500)
    return gather(cases, finances, model, range(first, first + games), recipe.changed, told.step)


def _first_model(
    steady: Gathered,
    finances: FinanceModel,
    times: tuple[tuple[float, float, float], ...],
    recipe: Recipe,
    told: LearningProgress,
) -> SupportModel:
    """Good enough to play near the best, from what steady creditors were told at the end of their talks."""
    told.stage("fitting for the second half", 3)
    return _fitted(steady, finances, times, recipe, FIRST_TREES, told)


def _both(steady: Gathered, near: Gathered) -> Gathered:
    def joined(a: Examples, b: Examples) -> Examples:
        return Examples(a.rows + b.rows, a.answers + b.answers, a.debtors + b.debtors)

    return Gathered(
        joined(steady.now, near.now), joined(steady.later, near.later), joined(steady.bent, near.bent),
        steady.negotiations + near.negotiations,
    )  # fmt: skip


def _fitted(
    gathered: Gathered,
    finances: FinanceModel,
    times: tuple[tuple[float, float, float], ...],
    recipe: Recipe,
    trees: int,
    told: LearningProgress,
) -> SupportModel:
    def one(examples: Examples, names: Sequence[str], rising: Mapping[str, int], number: int) -> Any:
        fitted = forest(examples.joined(), names, rising, number, recipe.seed)
        told.step()
        return fitted

    return SupportModel(
        finances,
        one(gathered.now, FEATURES, RISING, trees),
        one(gathered.later, FEATURES, RISING, trees),
        one(gathered.bent, TABLE_FEATURES, {}, min(trees, BENT_TREES)),
        times,
    )
