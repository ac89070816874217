"""A whole comparison of played negotiations: what it counts, and what it says in words."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from rich.console import Console

from data.domain import Ending
from programs.comparison.comparison_text import rendered, slices_table, verdict_sentence
from programs.comparison.paired import Comparison, DifferenceVerdict, PairResult, compared
from programs.playing.contestants import contestant
from programs.playing.evaluate import Evaluation, evaluate
from tests.data.builders import unlike

SETTING = {"split": "heldout", "debtors": 40, "trials": 3, "seed": 0, "debtor": "simulated", "lm": "none"}


@pytest.fixture(scope="module")
def two():
    """Two rules and what they played: 40 debtors, three trials."""
    pair = [contestant("boulware"), contestant("conceder")]
    return pair, [evaluate(one.program, [unlike(i) for i in range(40)], trials=3) for one in pair]


@pytest.fixture(scope="module")
def comparison(two) -> Comparison:
    return compared(*two, setting=SETTING)


def told(comparison: Comparison) -> str:
    out = io.StringIO()
    Console(file=out, width=200).print(rendered(comparison))
    return out.getvalue()


def with_objective(comparison: Comparison, **changes: object) -> PairResult:
    """The pair with another verdict on the objective."""
    (pair,) = comparison.pairs
    objective = pair.objective.model_copy(update=changes)
    return pair.model_copy(update={"metrics": {**pair.metrics, "objective": objective}})


class TestFigures:
    def test_kept_pow_k_is_the_share_of_draws_of_k_trials_that_are_all_kept(self, two, comparison):
        (_, conceder), result = two[1], comparison.programs[1]
        kept: dict[str, list[bool]] = {}
        for p in conceder.played:
            kept.setdefault(p.case_id, []).append(p.scorecard.SR == 1 and not p.scorecard.hard_breach)
        for k in (1, 2, 3):
            share = np.mean([np.mean([all(draw) for draw in combinations(trials, k)]) for trials in kept.values()])
            assert result.kept_pow_k[k].mean == pytest.approx(share)
        assert list(result.kept_pow_k) == [1, 2, 3]

    def test_a_breach_of_conduct_is_not_kept(self, two):
        contestants, (boulware, conceder) = two
        breached = Evaluation(
            tuple(replace(p, scorecard=p.scorecard.model_copy(update={"hard_breach": True})) for p in conceder.played)
        )
        result = compared(contestants, [boulware, breached], setting={}).programs[1]
        assert result.kept_pow_k[1].mean == 0 and result.hard_breaches == 120

    def test_worst_decile_is_of_debtors(self, two, comparison):
        health = sorted(np.mean(trials) for trials in two[1][0].values("DHI").values())
        found = comparison.programs[0].worst_decile_dhi
        assert (found.mean, found.n) == (pytest.approx(np.mean(health[:4])), 4)
        assert found.mean < comparison.programs[0].means["DHI"].mean

    def test_failed_are_scored_and_unscored_are_not(self, two):
        contestants, (boulware, conceder) = two
        endings = [Ending.PROGRAM_FAULT, Ending.INFRASTRUCTURE, Ending.PROGRAM_FAULT]
        changed = [
            replace(
                p,
                negotiation=p.negotiation.model_copy(update={"ending": ending, "agreed": None}),
                scorecard=None if ending is Ending.INFRASTRUCTURE else p.scorecard,
            )
            for p, ending in zip(conceder.played, endings, strict=False)
        ]
        result = compared(contestants, [boulware, Evaluation((*changed, *conceder.played[3:]))], setting=SETTING)
        program = result.programs[1]
        assert (program.scored, program.unscored, program.failed) == (119, 1, 2)
        assert program.kept_pow_k[3].n == 39
        row = next(line for line in told(result).splitlines() if line.startswith("│ conceder") and " 119 " in line)
        assert [cell.strip() for cell in row.split("│")][2:4] == ["119", "1"]

    def test_differences_are_those_of_the_debtors_means(self, two, comparison):
        old, new = ({who: np.mean(v) for who, v in e.values("CRI").items()} for e in two[1])
        values = [new[who] - old[who] for who in old]
        found = comparison.pairs[0].metrics["CRI"]
        assert found.difference.mean == pytest.approx(np.mean(values))
        assert found.difference_90.low > found.difference.low
        assert found.margin == 0.02

    def test_margins_are_the_callers(self, two):
        wide = compared(*two, setting={}, margins={"objective": 5.0}).pairs[0].metrics
        assert wide["objective"].not_worse is True
        assert (wide["CRI"].margin, wide["CRI"].not_worse) == (None, None)

    def test_json_comes_back_and_is_the_same_for_the_same_seed(self, two, comparison):
        text = comparison.model_dump_json()
        assert Comparison.model_validate_json(text) == comparison
        assert compared(*two, setting=SETTING, seed=0).model_dump_json() == text
        assert compared(*two, setting=SETTING, seed=1).model_dump_json() != text
        assert json.loads(text)["schema_version"] == 2

    def test_slices_are_of_the_shared_debtors(self, comparison):
        (pair,) = comparison.pairs
        for dimension in ("persona", "reason", "debt to surplus"):
            assert sum(one.debtors for one in pair.slices if one.dimension == dimension) == pair.debtors == 40


class TestWords:
    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"verdict": DifferenceVerdict.BETTER}, "conceder is better than boulware (objective"),
            ({"verdict": DifferenceVerdict.WORSE}, "conceder is worse than boulware (objective"),
            (
                {"verdict": DifferenceVerdict.BETTER, "margin": 9.0},
                "is better than boulware, by less than the margin of 9 (",
            ),
            ({"verdict": DifferenceVerdict.SAME, "margin": 0.02}, "against boulware: no difference as large as 0.02 ("),
            ({"verdict": DifferenceVerdict.TOO_FEW, "not_worse": None}, "against boulware: too few debtors to say ("),
            (
                {"verdict": DifferenceVerdict.UNDECIDED, "not_worse": True, "margin": 0.02, "more_debtors": 1234},
                "40 debtors); it is not worse by 0.02 or more; about 1,234 more debtors would decide.",
            ),
            (
                {"verdict": DifferenceVerdict.UNDECIDED, "not_worse": False, "margin": 0.02, "more_debtors": 1},
                "40 debtors); that it is worse by 0.02 is not ruled out; about 1 more debtor would decide.",
            ),
            (
                {"verdict": DifferenceVerdict.UNDECIDED, "not_worse": None, "margin": None, "more_debtors": None},
                "40 debtors).",
            ),
        ],
    )
    def test_verdict_sentence(self, comparison, changes, words):
        assert words in verdict_sentence(with_objective(comparison, **changes))

    def test_tables_tell_everything(self, comparison):
        text = told(comparison)
        assert "conceder against boulware: objective by kind of debtor (exploratory)" in text
        for one in comparison.pairs[0].slices:
            assert f"{one.dimension}: {one.value.replace('_', ' ')} " in text
        for heading in ("failed", "unscored", "kept 2 of 2", "kept 3 of 3", "DHI of the worst tenth"):
            assert heading in text
        worst = comparison.programs[0].worst_decile_dhi
        assert f"{worst.mean:.3f} ({worst.low:.3f} to {worst.high:.3f})" in text

    def test_undecided_metrics_say_how_many_debtors_are_missing(self, comparison):
        pair = with_objective(comparison, verdict=DifferenceVerdict.UNDECIDED, more_debtors=1234)
        text = told(comparison.model_copy(update={"pairs": (pair,)}))
        assert "undecided (+1,234)" in text
        assert "(+N): about N more debtors would decide" in text

    def test_slices_stand_in_sections(self, comparison):
        assert slices_table(comparison.pairs[0]).row_count == len(comparison.pairs[0].slices)
