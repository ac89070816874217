"""Call logs beside programs: paired where the debtors are the same, apart where they are not, and what that means."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

from metrics.statistics.unpaired import standardised_difference, unpaired_difference
from programs.compare import compare
from programs.comparison.apart.judging import ApartComparison
from programs.comparison.difference import DifferenceVerdict
from programs.comparison.paired import Comparison
from tests.programs.command_line import CommandLine, heldout, small_book


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    line = CommandLine(monkeypatch, capsys)
    line.use_model(None)
    folders = ("--runs", tmp_path / "runs", "--artifacts", tmp_path / "artifacts")
    return lambda *argv: line(compare, "python -m programs.compare", *argv, *folders)


def people(tmp_path, ids, outstanding=None, *, agreed=True, name="people.jsonl"):
    """Calls without finances: everybody is offered the same, and takes it or does not."""
    terms = {"discount_pct": 0, "immediate_payment_pct": 20, "immediate_payment_days": 7, "installment_periods": 6}
    lines = []
    for case_id, owed in ids.items():
        debt = {"product": "loan", "principal": owed, "outstanding": outstanding or owed, "overdue_days": 40}
        turns = [
            {"speaker": "creditor", "move": {"kind": "talk"}, "dialogue": "Hi, is this Robert?"},
            {"speaker": "debtor", "move": {"kind": "talk"}, "dialogue": "Yes."},
            {"speaker": "creditor", "move": {"kind": "ask", "terms": terms}, "dialogue": "20% and 6 instalments?"},
            {"speaker": "debtor", "move": {"kind": "accept" if agreed else "reject"}, "dialogue": "ok"},
        ]
        record = {"case": {"case_id": case_id, "debt": {**debt, "currency": "CNY"}}, "turns": turns}
        end = {"ending": "agreement", "agreed": terms} if agreed else {"ending": "walked_away"}
        lines.append(json.dumps(record | end) + "\n")
    (tmp_path / name).write_text("".join(lines))
    return tmp_path / name


def words(text: str) -> str:
    return " ".join(text.split())


def test_other_debtors_are_compared_apart_and_nothing_is_called_better(run, tmp_path):
    calls = people(tmp_path, {f"x-{i}": 500_000 for i in range(8)})
    out = tmp_path / "a.json"
    argv = ("--book", small_book(tmp_path), "--json", out, "--csv", tmp_path / "a.csv")
    result = run(calls, "linear", *argv)
    assert result.code == 0, result.err
    found = ApartComparison.model_validate_json(out.read_text())
    (pair,) = found.pairs
    assert (pair.paired, pair.shared, pair.debtors[0]) == (False, 0, 8)
    assert set(pair.metrics) == {"DC", "DS", "DR", "CONV", "PTP", "PRR", "PQRD", "PHRD", "PCRD", "PCRI"}
    assert not {one.verdict for one in pair.metrics.values()} & {DifferenceVerdict.BETTER, DifferenceVerdict.WORSE}
    assert found.programs[0].means["PTP"].mean == 1 and "SR" not in found.programs[0].means
    assert "SR" in found.programs[1].means
    said = words(result.out)
    assert "met different debtors" in said and "the objective cannot be told" in said
    rows = (tmp_path / "a.csv").read_text().splitlines()
    assert len(rows) == 1 + 8 + found.programs[1].scored


def test_the_same_debtors_of_a_book_are_paired_on_all_metrics(run, tmp_path):
    book = small_book(tmp_path)
    calls = people(tmp_path, {case.case_id: case.debt.outstanding for case in heldout(book)})
    result = run("linear", calls, "--book", book, "--json", tmp_path / "p.json")
    assert result.code == 0, result.err
    (pair,) = Comparison.model_validate_json((tmp_path / "p.json").read_text()).pairs
    assert pair.debtors == len(heldout(book)) and "objective" in pair.metrics


def test_two_logs_of_the_same_accounts_are_paired_on_what_is_known(run, tmp_path):
    ids = {f"x-{i}": 500_000 for i in range(6)}
    first, second = people(tmp_path, ids), people(tmp_path, ids, agreed=False, name="others.jsonl")
    result = run(first, second, "--json", tmp_path / "a.json")
    assert result.code == 0, result.err
    (pair,) = ApartComparison.model_validate_json((tmp_path / "a.json").read_text()).pairs
    assert (pair.paired, pair.shared) == (True, 6)
    assert pair.metrics["PCRI"].verdict is DifferenceVerdict.WORSE
    assert pair.metrics["DS"].verdict is DifferenceVerdict.UNDECIDED


def test_the_same_id_with_another_debt_is_another_debtor(run, tmp_path):
    ids = {f"x-{i}": 500_000 for i in range(6)}
    first, second = people(tmp_path, ids), people(tmp_path, ids, 400_000, name="others.jsonl")
    run(first, second, "--json", tmp_path / "a.json")
    (pair,) = ApartComparison.model_validate_json((tmp_path / "a.json").read_text()).pairs
    assert (pair.paired, pair.shared) == (False, 0)


@pytest.mark.parametrize("option", [("--html", "r.html"), ("--plan", 0.1), ("--fail-if-worse",)])
def test_what_only_pairs_have_is_refused(run, tmp_path, monkeypatch, option):
    monkeypatch.chdir(tmp_path)
    calls = people(tmp_path, {"x-1": 500_000})
    result = run(calls, "linear", "--book", small_book(tmp_path), *option)
    assert result.code == 2
    assert f"{option[0]} needs contestants that met the same debtors" in result.err


def test_the_unpaired_difference_is_welchs():
    a, b = np.array([1.0, 2, 3, 4, 5, 6]), np.array([4.0, 5, 6, 7, 8, 12, 9])
    found, p = unpaired_difference(a, b)
    assert found.mean == pytest.approx(b.mean() - a.mean()) and found.n == 13
    theirs = stats.ttest_ind(b, a, equal_var=False)
    assert (p, found.low, found.high) == pytest.approx((theirs.pvalue, *theirs.confidence_interval(0.95)))


def test_without_any_spread_chance_alone_is_counted():
    found, p = unpaired_difference(np.ones(3), np.zeros(3))
    assert (found.low, found.high, p) == (-1.0, -1.0, 0.1)
    assert unpaired_difference(np.ones(3), np.ones(4))[1] == 1.0
    alone, p = unpaired_difference(np.ones(1), np.zeros(4))
    assert alone.bounds is None and p == 1.0
    assert standardised_difference(np.ones(2), np.ones(2)) is None
