"""The figures of the reproduction table: a section a model, a row a creditor, and the comparisons between rows.

All rows of a section are about the same debtors with the same seed: those that every row with a model has played.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

from benchmarks.reproduce.play import PlaySpending
from data.domain import CreditorPolicy, DebtCase, Ending, Negotiation
from data.frozen import Frozen
from metrics.evaluator import score_many
from metrics.money.oracle import best_terms, firmest_kept, nominal_cri, plan_grid, regret
from metrics.scorecard import INDEX_IDS, METRIC_IDS, METRIC_VERSION
from metrics.statistics.intervals import Interval, holm, mean_interval, paired_difference, paired_p_value
from programs.comparison.paired import shown
from programs.debtor.simulated import acceptable_mask

MEASURES = (*METRIC_IDS, *INDEX_IDS, "regret", "over_concession")

OVER_CONCESSION_PAIRS = tuple(("vanilla", other) for other in ("linear", "boulware", "planned", "maden"))
"""(program, baseline): does vanilla give away more than these?"""
MODULE_PAIRS = (("planned", "vanilla"), ("judged", "vanilla"), ("maden", "planned"), ("maden", "judged"))
"""(program, baseline): what planning and judging each change, alone and on top of the other."""
RULE_PAIRS = (("planned", "linear"), ("maden", "linear"), ("planned", "rational"), ("maden", "rational"))
"""(program, baseline): do the model's decisions beat a rule, and what is computed alone?"""
LANGUAGE_PAIRS = (("maden:zh", "maden"),)
"""(program, baseline): the same debtors in Chinese."""
OVER_CONCESSION_MEASURES = ("over_concession", "CRI")
MODULE_MEASURES = ("objective", "CCI", "CRI", "DHI", "over_concession")

Values = Mapping[str, Mapping[str, float]]
"""Measure, then debtor: one value a negotiation; without an agreement there is no over-concession."""


class RowCost(Frozen):
    """What the negotiations of a row cost, as far as it was written down when they were played."""

    known: int
    """Negotiations whose cost is known; the sums are about these."""
    calls: int
    cached_calls: int
    seconds: float


class CreditorRow(Frozen):
    """One creditor."""

    label: str
    kind: Literal["oracle", "baseline", "variant", "artifact"]
    scored: int
    """Negotiations behind the means."""
    unscored: int = 0
    """Lost to infrastructure after all retries; never a score."""
    left_out: int = 0
    """Played and scored, but with debtors whom another row has not played yet."""
    owed: int = 0
    """Not played yet, the lost ones not counted."""
    agreed: int
    endings: dict[str, int]
    hard_breaches: int
    means: dict[str, Interval]
    """By measure; one is missing where there is nothing to average. Its `n` is the number of values behind it."""
    cost: RowCost | None = None


class PaperDifference(Frozen):
    """Program minus baseline in one measure, paired by debtor."""

    question: Literal["over-concession", "modules", "rules", "language"]
    program: str
    baseline: str
    measure: str
    difference: Interval
    """Its `n`: debtors on whom both have a value; for over-concession, with whom both agreed."""
    p: float
    """Two-sided, of flipping signs per debtor."""
    p_holm: float
    """Corrected over all differences of the section that ask the same question."""

    @property
    def shown(self) -> bool:
        """Whether interval and corrected test both leave out 0, with enough debtors."""
        return shown(self.difference, self.p_holm)


class Section(Frozen):
    """The table of one model."""

    model: dict[str, Any] | None
    """Model, engine and call settings; None where only rules play."""
    case_ids: tuple[str, ...]
    """The debtors of every row."""
    rows: tuple[CreditorRow, ...]
    differences: tuple[PaperDifference, ...]
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The model's name."""
        return str(self.model["model"]) if self.model else "rules only"


class Reproduction(Frozen):
    """Everything that `benchmarks.reproduce` found; its JSON is the machine-readable form."""

    schema_version: Literal[1] = 1
    metric_version: str = METRIC_VERSION
    command: str
    created: str
    """UTC, ISO 8601."""
    code: dict[str, Any]
    """Git revision, whether files were changed since, hash of the code that plays."""
    setting: dict[str, Any]
    sections: tuple[Section, ...]


class RowPlayed(Frozen):
    """What is stored of one row."""

    label: str
    kind: Literal["baseline", "variant", "artifact"]
    negotiations: dict[str, Negotiation]
    """By debtor."""
    spent: dict[str, PlaySpending]
    """By debtor, where it is known; a lost one has no negotiation."""


def section(model: dict[str, Any] | None, cases: Sequence[DebtCase], played: Sequence[RowPlayed], seed: int) -> Section:
    """The table of one model.

    Args:
        model: described; None for rules only.
        cases: the debtors asked for.
        played: the rows as far as they were played; a row without a negotiation is left out and noted.
        seed: of bootstrap and sign flips.
    """
    known = [row for row in played if row.negotiations]
    common = [case for case in cases if all(case.case_id in row.negotiations for row in known)]
    ids = [case.case_id for case in common]
    notes = [f"{row.label} has not been played yet" for row in played if not row.negotiations]
    if not common:
        notes.append("no debtor has been played by every row yet")
        return Section(model=model, case_ids=(), rows=(), differences=(), notes=tuple(notes))
    values = {row.label: measured([row.negotiations[case_id] for case_id in ids]) for row in known}
    rows = [_oracle_row(common, seed), *(_row(row, cases, ids, values[row.label], seed) for row in known)]
    notes += [
        f"{row.label}: {row.left_out} played negotiations are left out, since another row lacks those debtors"
        for row in rows
        if row.left_out and row.kind != "baseline"
    ]
    return Section(
        model=model,
        case_ids=tuple(ids),
        rows=tuple(rows),
        differences=(
            *_differences("over-concession", OVER_CONCESSION_PAIRS, OVER_CONCESSION_MEASURES, values, seed),
            *_differences("modules", MODULE_PAIRS, MODULE_MEASURES, values, seed),
            *_differences("rules", RULE_PAIRS, MODULE_MEASURES, values, seed),
            *_differences("language", LANGUAGE_PAIRS, MODULE_MEASURES, values, seed),
        ),
        notes=tuple(notes),
    )


def measured(negotiations: Sequence[Negotiation]) -> dict[str, dict[str, float]]:
    """All measures of negotiations that have a score, by measure and debtor."""
    found: dict[str, dict[str, float]] = {name: {} for name in MEASURES}
    for negotiation, card in zip(negotiations, score_many(negotiations), strict=True):
        values = {**card.values(), **_reference(negotiation)}
        for name, value in values.items():
            found[name][negotiation.case.case_id] = value
    return found


def _reference(negotiation: Negotiation) -> dict[str, float]:
    """Regret, and over-concession against the known reservation of the simulated debtor where terms were agreed.

    The same as `metrics.money.oracle.over_concession` with the mask, but the grid is searched once a debtor, not once a
    row.
    """
    found = {"regret": regret(negotiation)}
    if negotiation.agreed is not None:
        firmest = _firmest_cri(negotiation.case, negotiation.policy)
        conceded = 0.0 if firmest is None else firmest - nominal_cri(negotiation.agreed, negotiation)
        found["over_concession"] = max(0.0, conceded)
    return found


@lru_cache(maxsize=4096)
def _firmest_cri(case: DebtCase, policy: CreditorPolicy) -> float | None:
    grid = plan_grid(policy)
    columns = (grid.discount_pct, grid.immediate_payment_pct, grid.immediate_payment_days, grid.installment_periods)
    firmest = firmest_kept(case, policy, acceptable_mask(case, *columns))
    return None if firmest is None else firmest.CRI


def _oracle_row(cases: Sequence[DebtCase], seed: int) -> CreditorRow:
    """The terms of highest CCI for each debtor: no dialogue, so neither conversation nor objective."""
    found: dict[str, dict[str, float]] = {name: {} for name in MEASURES}
    for case, best in zip(cases, best_terms(cases), strict=True):
        as_agreed = Negotiation(case=case, ending=Ending.AGREEMENT, agreed=best.terms)
        values = {name: getattr(best, name) for name in MEASURES if hasattr(best, name)}
        for name, value in {**values, **_reference(as_agreed)}.items():
            found[name][case.case_id] = float(value)
    return CreditorRow(
        label="oracle",
        kind="oracle",
        scored=len(cases),
        agreed=len(cases),
        endings={},
        hard_breaches=0,
        means=_means(found, seed),
    )


def _row(row: RowPlayed, cases: Sequence[DebtCase], ids: Sequence[str], values: Values, seed: int) -> CreditorRow:
    shown = [row.negotiations[case_id] for case_id in ids]
    lost = sum(one.lost is not None for case_id, one in row.spent.items() if case_id not in row.negotiations)
    spent = [row.spent[case_id] for case_id in ids if case_id in row.spent and row.spent[case_id].lost is None]
    return CreditorRow(
        label=row.label,
        kind=row.kind,
        scored=len(ids),
        unscored=lost,
        left_out=len(row.negotiations) - len(ids),
        owed=len(cases) - len(row.negotiations) - lost,
        agreed=sum(n.agreed is not None for n in shown),
        endings={ending.value: count for ending in Ending if (count := sum(n.ending is ending for n in shown))},
        hard_breaches=sum(card.hard_breach for card in score_many(shown)),
        means=_means(values, seed),
        cost=RowCost(
            known=len(spent),
            calls=sum(one.calls for one in spent),
            cached_calls=sum(one.cached_calls for one in spent),
            seconds=sum(one.seconds for one in spent),
        )
        if spent
        else None,
    )


def _means(values: Values, seed: int) -> dict[str, Interval]:
    return {name: mean_interval(list(by_case.values()), seed=seed) for name, by_case in values.items() if by_case}


def _differences(
    question: Literal["over-concession", "modules", "rules", "language"],
    pairs: Sequence[tuple[str, str]],
    measures: Sequence[str],
    values: Mapping[str, Values],
    seed: int,
) -> list[PaperDifference]:
    """Every pair whose two rows there are, in every measure that both have a value of."""
    made: list[dict[str, Any]] = []
    for program, baseline in pairs:
        for name in measures if program in values and baseline in values else ():
            new, old = values[program][name], values[baseline][name]
            both = [case_id for case_id in old if case_id in new]
            if not both:
                continue
            a, b = ({case_id: [side[case_id]] for case_id in both} for side in (old, new))
            gap = paired_difference(a, b, seed=seed)
            p = paired_p_value(a, b, seed=seed)
            made.append({"program": program, "baseline": baseline, "measure": name, "difference": gap, "p": p})
    corrected = holm([one["p"] for one in made])
    return [PaperDifference(question=question, p_holm=p, **one) for one, p in zip(made, corrected, strict=True)]
