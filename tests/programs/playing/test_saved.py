from __future__ import annotations

import json

import pytest

from programs.compare import compare
from programs.comparison.paired import Comparison
from programs.playing.saved import read_saved_play
from tests.programs.command_line import CommandLine, heldout, small_book
from tests.scripted import scripted_lm


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    line = CommandLine(monkeypatch, capsys)
    line.use_model(None)
    folders = ("--runs", tmp_path / "runs", "--artifacts", tmp_path / "artifacts")
    return lambda *argv: line(compare, "python -m programs.compare", *argv, *folders)


@pytest.fixture
def saved(run, tmp_path):
    """Two rules' negotiations, two trials each, and the comparison that was printed when they were played."""
    argv = ("--book", small_book(tmp_path), "--trials", 2)
    result = run(
        "hardball", "linear", *argv, "--save-negotiations", tmp_path / "n.jsonl", "--json", tmp_path / "1.json"
    )
    assert result.code == 0, result.err
    return tmp_path / "n.hardball.jsonl", tmp_path / "n.linear.jsonl"


def test_saved_negotiations_are_scored_again_with_the_same_result_and_no_book(run, saved, tmp_path):
    result = run(*saved, "--json", tmp_path / "2.json")
    assert result.code == 0, result.err
    played, again = (Comparison.model_validate_json((tmp_path / f"{i}.json").read_text()) for i in (1, 2))
    assert [one.means for one in again.programs] == [one.means for one in played.programs]
    assert again.pairs[0].metrics == played.pairs[0].metrics
    assert (again.setting["split"], again.setting["trials"], again.setting["lm"]) == ("saved", 2, "none")
    assert [one.kind for one in again.programs] == ["saved", "saved"]


def test_todays_metric_decides(run, saved, tmp_path):
    """An edited record is scored as it now reads: what was scored when it was played is not in the file."""
    lines = saved[1].read_text().splitlines()
    records = [json.loads(line) for line in lines]
    for record in records:
        record.pop("agreed", None)
        record["ending"] = "round_limit"
    saved[1].write_text("".join(json.dumps(record) + "\n" for record in records))
    run(*saved, "--json", tmp_path / "2.json")
    found = Comparison.model_validate_json((tmp_path / "2.json").read_text())
    assert found.programs[1].means["SR"].mean == 0


def test_saved_negotiations_beside_what_is_played_now(run, saved, tmp_path):
    book = tmp_path / "book.csv" if (tmp_path / "book.csv").exists() else small_book(tmp_path)
    result = run(saved[1], "linear", "--book", book, "--trials", 2, "--json", tmp_path / "2.json")
    assert result.code == 0, result.err
    (pair,) = Comparison.model_validate_json((tmp_path / "2.json").read_text()).pairs
    assert pair.debtors == len(heldout(book))
    assert all(found.difference.mean == 0 for found in pair.metrics.values())


def test_a_debtor_that_is_another_one_in_the_book_is_refused(run, saved, tmp_path):
    lines = saved[1].read_text().splitlines()
    record = json.loads(lines[0])
    record["case"]["finances"]["assets"] += 100
    saved[1].write_text("\n".join([json.dumps(record), *lines[1:]]) + "\n")
    result = run(*saved)
    assert result.code == 2
    assert f"debtor {record['case']['case_id']} of {saved[1]} is not the one of the book" in result.err


def test_one_debtor_and_seed_twice_is_refused(run, saved):
    saved[0].write_text(saved[0].read_text() * 2)
    result = run(*saved)
    assert result.code == 2
    assert "holds two negotiations with debtor" in result.err
    assert "Traceback" not in result.err


def test_files_without_a_debtor_in_common_are_compared_apart(run, saved):
    first, last = saved[0].read_text().splitlines()[:2], saved[1].read_text().splitlines()[-2:]
    saved[0].write_text("\n".join(first) + "\n")
    saved[1].write_text("\n".join(last) + "\n")
    result = run(*saved)
    assert result.code == 0, result.err
    assert "met different debtors (1 and 1, 0 in common), so nothing is paired" in " ".join(result.out.split())


def test_files_without_a_seed_in_common_are_refused(run, saved):
    lines = saved[0].read_text().splitlines()
    saved[0].write_text("".join(json.dumps(json.loads(line) | {"seed": 9}) + "\n" for line in lines[::2]))
    result = run(*saved)
    assert result.code == 2
    assert "have no debtor or no seed in common" in result.err


def test_a_file_knows_its_seeds_its_limits_and_its_debtors(saved):
    play = read_saved_play(saved[0])
    assert play.seeds == [0, 1]
    assert set(play.cases()) == {case_id for case_id, _ in play.records}


def test_plain_models_meet_the_same_debtors_side_by_side(monkeypatch, capsys, tmp_path):
    made = {}

    def model(name, *_, **__):
        made[name] = made.get(name) or scripted_lm(model=name)
        return made[name]

    line = CommandLine(monkeypatch, capsys)
    line.use_model(None)
    monkeypatch.setattr("programs.playing.contestants.models.make_lm", model)
    argv = ("vanilla", "some/small", "some/large", "--lm", "some/small", "--debtors", 2, "--book", small_book(tmp_path))
    folders = ("--runs", tmp_path / "runs", "--artifacts", tmp_path / "a", "--json", tmp_path / "out.json")
    result = line(compare, "python -m programs.compare", *argv, *folders)
    assert result.code == 0, result.err
    assert set(made) == {"some/small", "some/large"}
    found = Comparison.model_validate_json((tmp_path / "out.json").read_text())
    assert [one.kind for one in found.programs] == ["variant", "model", "model"]
    assert not any(pair.same_program for pair in found.pairs), "one prompt on two models"
    assert len({one.fingerprint for one in found.programs}) == 3
    assert len(made["some/large"].engine.prompts) > 2
