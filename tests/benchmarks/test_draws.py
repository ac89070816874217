"""The rules over several draws: every rule and every share, pooled."""

from __future__ import annotations

import json

import pytest

from benchmarks.draws import SHARES, main
from programs.creditor.rules import BASELINES
from tests.data.accounts_file import ACCOUNT, accounts_file
from tests.programs.command_line import CommandLine


def test_every_rule_and_share_is_pooled(monkeypatch, capsys, tmp_path):
    rows = [{**ACCOUNT, "case_id": f"k-{n}", "outstanding": f"{2000 * 1.3**n:.2f}"} for n in range(6)]
    argv = (accounts_file(tmp_path, *rows), "--draws", 3, "--json")
    result = CommandLine(monkeypatch, capsys)(main, "benchmarks.draws", *argv)
    assert result.code == 0, result.err
    told = json.loads(result.out)
    assert (told["accounts"], told["draws"]) == (6, 3)
    assert set(told["rows"]) == {*BASELINES, *SHARES}
    assert sum(told["rows"][name]["best_in"] for name in BASELINES) == 3
    keepable, hopeless = (told["rows"][name]["mean"] for name in ("keepable", "hopeless"))
    assert keepable + hopeless == pytest.approx(1)
