from __future__ import annotations

import pytest

from programs.compare import compare
from programs.comparison.looks import FILE, Looked, record
from tests.programs.command_line import CommandLine, small_book


def look(**changes):
    values = {
        "at": "2026-11-23T00:00:00+00:00", "book_sha256": "b" * 64, "debtors": 40, "trials": 1, "seed": 0,
        "model": "some/model", "debtor": "simulated", "metric_version": "1",
        "programs": {"maden": "f0", "maden@1": "f1"}, "objective": {"maden@1": 0.1},
    }  # fmt: skip
    return Looked.model_validate({**values, **changes})


def test_the_first_look_and_the_same_question_again(tmp_path):
    for _ in range(3):
        found = record(tmp_path, look())
        assert (found.comparisons, found.programs) == (1, 2)
        assert "first comparison" in found.sentence
    assert len((tmp_path / FILE).read_text().splitlines()) == 1


def test_every_other_question_of_the_same_debtors_counts(tmp_path):
    record(tmp_path, look())
    record(tmp_path, look(seed=1))
    record(tmp_path, look(programs={"maden": "f0", "maden@2": "f2"}, objective={"maden@2": 0.0}))
    found = record(tmp_path, look(programs={"maden": "f0", "maden@3": "f3"}, objective={"maden@3": 0.0}))
    assert (found.comparisons, found.programs) == (4, 4)
    assert found.by_program == {"maden": 4, "maden@3": 1}
    assert "looked at in 4 comparisons with 4 programs" in found.sentence


def test_another_book_is_another_set_and_a_torn_line_no_look(tmp_path):
    record(tmp_path, look())
    (tmp_path / FILE).write_bytes((tmp_path / FILE).read_bytes() + b'{"at": "2026')
    assert record(tmp_path, look(book_sha256="c" * 64)).comparisons == 1
    assert record(tmp_path, look(seed=5)).comparisons == 2


@pytest.mark.parametrize(("split", "looks"), [("heldout", 1), ("val", 0)])
def test_a_comparison_leaves_a_look_at_held_out_debtors_only(monkeypatch, capsys, tmp_path, split, looks):
    line = CommandLine(monkeypatch, capsys)
    line.use_model(None)
    folders = ("--runs", tmp_path / "runs", "--artifacts", tmp_path / "artifacts")
    result = line(
        compare,
        "python -m programs.compare",
        "hardball",
        "linear",
        "--split",
        split,
        "--book",
        small_book(tmp_path),
        *folders,
    )
    assert result.code == 0, result.err
    ledger = tmp_path / "artifacts" / FILE
    assert ("first comparison on these held-out" in result.out) == bool(looks)
    assert (len(ledger.read_text().splitlines()) if ledger.exists() else 0) == looks


def test_a_ledger_that_cannot_be_written_costs_nobody_the_result(monkeypatch, capsys, tmp_path):
    line = CommandLine(monkeypatch, capsys)
    line.use_model(None)
    (tmp_path / "artifacts").write_text("a file where the folder should be")
    folders = ("--runs", tmp_path / "runs", "--artifacts", tmp_path / "artifacts", "--json", tmp_path / "out.json")
    result = line(compare, "python -m programs.compare", "hardball", "linear", "--book", small_book(tmp_path), *folders)
    assert result.code == 0, result.err
    assert "could not be written down" in " ".join(result.out.split())
    assert (tmp_path / "out.json").exists()
