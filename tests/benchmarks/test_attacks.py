"""The scenarios that hurt the service: played for real, and their limits are kept to."""

from __future__ import annotations

import pytest

from benchmarks.service.attacks import __main__ as command
from benchmarks.service.attacks.scenarios import SCENARIOS, MeasuredFigure
from plumbing.errors import UserError

pytestmark = pytest.mark.slow


def test_a_scenario_is_played_against_a_real_server_and_told(capsys, tmp_path):
    command.attacks(["many-streams"], latency_ms=1, out=tmp_path / "attacks")
    held = next(line for line in capsys.readouterr().out.splitlines() if "held open" in line)
    assert held.split("held open")[1].split() == ["4", "5"]
    assert "|115 streams of one link|held open|4|5|" in (tmp_path / "attacks.md").read_text()


def test_a_limit_that_is_reached_is_too_much():
    assert [MeasuredFigure("", "", value, "s", limit).too_much for value, limit in ((1, 2), (2, 2), (9, None))] == [
        False,
        True,
        False,
    ]


def test_a_scenario_that_there_is_not_is_named_with_the_nearest():
    with pytest.raises(UserError, match=r"no scenario called .streams.; did you mean many-streams"):
        command.attacks(["streams"])
    assert len(SCENARIOS) == 5
