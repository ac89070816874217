"""The figures and the document of the demonstrations benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any, Literal

from benchmarks.demos.arms import RANDOM_TURN, TURN_AWARE, UNCOMPILED, Taught
from benchmarks.markdown import NONE, bullets, code_line, number, span, table
from benchmarks.reproduce.play import PlaySpending
from data.domain import Ending, Negotiation
from data.frozen import Frozen
from metrics.evaluator import score_many
from metrics.scorecard import INDEX_IDS, METRIC_VERSION
from metrics.statistics.intervals import Interval, holm, mean_interval, paired_difference, paired_p_value
from programs.comparison.paired import shown

MEASURES = ("objective", *(name for name in INDEX_IDS if name != "objective"))
COMPARISONS = ((TURN_AWARE, RANDOM_TURN), (TURN_AWARE, UNCOMPILED), (RANDOM_TURN, UNCOMPILED))
"""(arm, baseline); the first is the question, the others are for reference where the uncompiled program played."""

Trials = dict[str, list[float]]
"""By debtor, one value per seed."""


class SeedPlayed(Frozen):
    """One seed's arms and what they played."""

    seed: int
    taught: list[Taught]
    negotiations: dict[str, dict[str, Negotiation]]
    """By arm and debtor; a lost one is not there."""
    spent: dict[str, list[PlaySpending]]
    """By arm, as far as it is known."""


class ArmFigures(Frozen):
    """An arm over all seeds."""

    name: str
    means: dict[str, Interval]
    """By measure; a debtor's seeds are averaged first."""
    agreed: int
    endings: dict[str, int]
    negotiations: int
    lost: int
    """To infrastructure; never a score."""
    calls: int
    cached_calls: int
    seconds: float


class DemosEffect(Frozen):
    """Arm minus baseline, paired by debtor and seed, clustered by debtor."""

    arm: str
    baseline: str
    measure: str
    difference: Interval
    p: float
    """Two-sided, of flipping signs per debtor."""
    p_holm: float
    """Corrected over the measures of this comparison."""
    by_seed: dict[int, float]
    """The mean difference of each seed alone: how much the draw of training debtors matters."""

    @property
    def shown(self) -> bool:
        """Whether interval and corrected test both leave out 0, with enough debtors."""
        return shown(self.difference, self.p_holm)


class DemoComparison(Frozen):
    """Everything that `benchmarks.demos` found; its JSON is the machine-readable form."""

    schema_version: Literal[1] = 1
    metric_version: str = METRIC_VERSION
    command: str
    created: str
    """UTC, ISO 8601."""
    code: dict[str, Any]
    model: dict[str, Any]
    setting: dict[str, Any]
    taught: dict[int, tuple[Taught, ...]]
    """By seed."""
    arms: tuple[ArmFigures, ...]
    differences: tuple[DemosEffect, ...]


def compared(played: Sequence[SeedPlayed], **head: Any) -> DemoComparison:
    """The comparison over the seeds that were played so far; `head` are the document's other fields."""
    names = [taught.name for taught in played[0].taught]
    values = {name: [_values(one.negotiations[name]) for one in played] for name in names}
    seeds = [one.seed for one in played]
    pairs = [(arm, baseline) for arm, baseline in COMPARISONS if arm in names and baseline in names]
    return DemoComparison(
        **head,
        taught={one.seed: tuple(one.taught) for one in played},
        arms=tuple(_arm(name, played, values[name]) for name in names),
        differences=tuple(found for arm, baseline in pairs for found in _differences(arm, baseline, values, seeds)),
    )


def _values(negotiations: Mapping[str, Negotiation]) -> dict[str, dict[str, float]]:
    """By measure and debtor."""
    cards = dict(zip(negotiations, score_many(list(negotiations.values())), strict=True)) if negotiations else {}
    return {name: {i: float(getattr(card, name)) for i, card in cards.items()} for name in MEASURES}


def _arm(name: str, played: Sequence[SeedPlayed], values: Sequence[Mapping[str, Mapping[str, float]]]) -> ArmFigures:
    negotiations = [n for one in played for n in one.negotiations[name].values()]
    spent = [s for one in played for s in one.spent[name]]
    endings = {e.value: sum(n.ending is e for n in negotiations) for e in Ending}
    return ArmFigures(
        name=name,
        means={measure: mean_interval(_debtor_means(measure, values)) for measure in MEASURES},
        agreed=endings[Ending.AGREEMENT.value],
        endings={ending: count for ending, count in endings.items() if count},
        negotiations=len(negotiations),
        lost=sum(s.lost is not None for s in spent),
        calls=sum(s.calls for s in spent),
        cached_calls=sum(s.cached_calls for s in spent),
        seconds=sum(s.seconds for s in spent),
    )


def _debtor_means(measure: str, values: Sequence[Mapping[str, Mapping[str, float]]]) -> list[float]:
    by_debtor: Trials = {}
    for one in values:
        for case_id, value in one[measure].items():
            by_debtor.setdefault(case_id, []).append(value)
    return [fmean(by_debtor[case_id]) for case_id in sorted(by_debtor)]


def _differences(
    arm: str, baseline: str, values: Mapping[str, Sequence[Mapping[str, Mapping[str, float]]]], seeds: Sequence[int]
) -> list[DemosEffect]:
    paired = {m: _paired(arm, baseline, m, values) for m in MEASURES}
    if not paired[MEASURES[0]][0]:
        return []
    p_values = {m: paired_p_value(old, new) for m, (old, new, _) in paired.items()}
    corrected = dict(zip(MEASURES, holm([p_values[m] for m in MEASURES]), strict=True))
    return [
        DemosEffect(
            arm=arm,
            baseline=baseline,
            measure=m,
            difference=paired_difference(old, new),
            p=p_values[m],
            p_holm=corrected[m],
            by_seed={seed: fmean(gaps) for seed, gaps in zip(seeds, by_seed, strict=True) if gaps},
        )
        for m, (old, new, by_seed) in paired.items()
    ]


def _paired(
    arm: str, baseline: str, measure: str, values: Mapping[str, Sequence[Mapping[str, Mapping[str, float]]]]
) -> tuple[Trials, Trials, list[list[float]]]:
    """Baseline's and arm's values where both have one, and the differences of each seed."""
    old: Trials = {}
    new: Trials = {}
    by_seed: list[list[float]] = []
    for first, second in zip(values[baseline], values[arm], strict=True):
        shared = sorted(set(first[measure]) & set(second[measure]))
        by_seed.append([second[measure][i] - first[measure][i] for i in shared])
        for case_id in shared:
            old.setdefault(case_id, []).append(first[measure][case_id])
            new.setdefault(case_id, []).append(second[measure][case_id])
    return old, new, by_seed


def markdown(found: DemoComparison) -> str:
    """The whole document."""
    s = found.setting
    facts = (
        ("date", found.created),
        ("code", code_line(found.code, found.metric_version)),
        ("model", f"`{found.model.get('model')}` ({found.model.get('engine')})"),
        ("compiles", f"seeds {', '.join(map(str, found.taught))} of {s['seeds']}, {s['train']} training debtors each"),
        (
            "met",
            f"{s['debtors']} debtors of the {s['split']} split of {s['book']} ({s['book_sha256'][:12]}), simulated",
        ),
    )
    return "\n\n".join(
        (
            "# Turn-aware against random-turn demonstrations",
            f"```\n{found.command}\n```",
            bullets(facts),
            _EQUAL_COST,
            "## Is the objective higher?",
            _in_words(found.differences),
            _difference_table(found.differences),
            "## The arms",
            _arm_table(found.arms),
            "## What each program was shown",
            _taught_table(found.taught),
        )
    )


_EQUAL_COST = (
    "Both ways are given the same training negotiations, played once by the uncompiled program, and the same threshold "
    "(what that program scores with them on average). Random-turn is DSPy's BootstrapFewShot: the first good "
    "negotiations in the seed's order, of each one call per predictor at random. Turn-aware may show no more "
    "demonstrations per predictor than random-turn found, and is bound to a token budget besides. Both programs then "
    "meet the same debtors with the same seed. A cell is a mean with its 95 % bootstrap interval over debtors, whose "
    "seeds are averaged first; it holds for these compiles. How much another draw of training debtors would change is "
    "told by the seeds' own differences."
)


def _in_words(differences: Sequence[DemosEffect]) -> str:
    main = next((d for d in differences if (d.arm, d.baseline, d.measure) == (*COMPARISONS[0], "objective")), None)
    if main is None:
        return "No debtor has been met by both yet."
    gap = (
        f"{number(main.difference.mean, sign='+')} {span(main.difference, sign='+')} (n = {main.difference.n} debtors)"
    )
    if main.shown:
        return f"Yes, {gap}." if main.difference.mean > 0 else f"No, it is lower: {gap}."
    return f"Not shown: the difference is {gap}, p = {main.p_holm:.3f} after Holm."


def _difference_table(differences: Sequence[DemosEffect]) -> str:
    heading = ("difference", "measure", "mean", "95 % interval", "n", "p", "p (Holm)", "by seed")
    return table(
        heading,
        [
            (
                f"{d.arm} − {d.baseline}",
                d.measure,
                number(d.difference.mean, sign="+"),
                span(d.difference, sign="+") or NONE,
                str(d.difference.n),
                f"{d.p:.3f}",
                f"{d.p_holm:.3f}",
                ", ".join(number(value, sign="+") for value in d.by_seed.values()),
            )
            for d in differences
        ],
    )


def _arm_table(arms: Sequence[ArmFigures]) -> str:
    heading = ("", *MEASURES, "negotiations", "agreements", "lost", "model calls", "cached", "seconds each")
    return table(
        heading,
        [
            (
                a.name,
                *(f"{number(a.means[m].mean)} {span(a.means[m])}".strip() for m in MEASURES),
                *(str(n) for n in (a.negotiations, a.agreed, a.lost, a.calls, a.cached_calls)),
                f"{a.seconds / max(a.negotiations, 1):.1f}",
            )
            for a in arms
        ],
    )


def _taught_table(taught: Mapping[int, Sequence[Taught]]) -> str:
    heading = ("seed", "arm", "demonstrations", "estimated tokens", "training debtors looked at", "threshold")
    return table(
        heading,
        [
            (str(seed), t.name, _each(t.demos), _each(t.tokens), str(t.train_played), f"{t.threshold:.3f}")
            for seed, some in taught.items()
            for t in some
        ],
    )


def _each(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name.removesuffix('.predict')} {count}" for name, count in counts.items())
