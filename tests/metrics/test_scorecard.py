from __future__ import annotations

import pytest

from metrics.scorecard import BY_ID, INDICES, METRICS, Aspect


@pytest.mark.parametrize(
    ("metric", "value", "sign", "written"),
    [
        ("CRI", 0.12345, "", "0.123"),
        ("CRI", 0.12345, "+", "+0.123"),
        ("CRI", -0.0001, "+", "+0.000"),
        ("CRI", -0.0001, "", "0.000"),
        ("DR", 6.256, "", "6.26"),
        ("CRD", 366.04, "", "366.0"),
        ("CRD", -12.34, "+", "-12.3"),
    ],
)
def test_a_value_is_written_with_the_decimals_of_its_unit(metric: str, value: float, sign: str, written: str) -> None:
    assert BY_ID[metric].written(value, sign) == written


def test_each_aspect_of_the_paper_has_its_metrics() -> None:
    aspects = [metric.aspect for metric in METRICS]
    assert {aspect: aspects.count(aspect) for aspect in Aspect} == {
        Aspect.TALK: 3,
        Aspect.RECOVERY: 2,
        Aspect.EFFICIENCY: 3,
        Aspect.HEALTH: 5,
        Aspect.INDEX: 0,
    }
    assert {metric.aspect for metric in INDICES} == {Aspect.INDEX}
