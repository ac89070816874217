from __future__ import annotations

import json
from pathlib import Path

import dspy
import pytest

from data.domain import Negotiation
from metrics.scorecard import INDEX_IDS, METRIC_IDS
from programs.artifacts.store import save_program
from programs.compare import compare
from programs.comparison.outputs import records_path
from programs.comparison.paired import FEWEST_DEBTORS, Comparison, DifferenceVerdict, compared
from programs.maden import Maden
from programs.playing.contestants import contestant
from programs.playing.evaluate import evaluate
from programs.playing.stage import chosen_debtors
from tests.data.builders import unlike
from tests.programs.command_line import CommandLine, Result, heldout, small_book
from tests.scripted import scripted_lm


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return small_book(tmp_path)


@pytest.fixture
def cli(monkeypatch, capsys) -> CommandLine:
    line = CommandLine(monkeypatch, capsys)
    line.use_model(None)
    return line


@pytest.fixture
def run(cli, book, tmp_path):
    def call(*argv: object) -> Result:
        folders = ("--runs", tmp_path / "runs", "--artifacts", tmp_path / "artifacts")
        given = () if "--book" in argv else ("--book", book)
        return cli(compare, "python -m programs.compare", *argv, *given, *folders)

    return call


def stored(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "runs").glob("compare-*/played.jsonl"))


class TestRules:
    def test_a_against_itself_differs_nowhere_and_says_why(self, run, tmp_path):
        result = run("boulware", "boulware", "--json", tmp_path / "out.json")
        assert result.code == 0
        assert "boulware (2) is the same program as boulware" in result.out
        assert "note: boulware and boulware (2) are the same program" in result.out
        comparison = Comparison.model_validate_json((tmp_path / "out.json").read_text())
        (pair,) = comparison.pairs
        assert pair.same_program
        assert set(pair.metrics) == {*METRIC_IDS, *INDEX_IDS}
        for found in pair.metrics.values():
            gap = found.difference
            assert (gap.mean, gap.low, gap.high, found.p) == (0, 0, 0, 1)
            assert found.verdict is DifferenceVerdict.SAME

    def test_table_shows_every_metric_the_verdicts_and_the_coverage(self, run, book):
        result = run("hardball", "boulware", "accept-all")
        n = len(heldout(book))
        assert result.code == 0
        assert f"heldout: {n} debtors x 1 trial, seed 0, debtor simulated, model none" in result.out
        for name in (*METRIC_IDS, *INDEX_IDS):
            assert sum(line.startswith(f"│ {name} ") for line in result.out.splitlines()) == 2, name
        assert "boulware is better than hardball (objective +0." in result.out
        assert f"│ hardball   │{n:>7} │        0 │" in result.out
        assert result.err == ""  # no progress bar where stderr is no terminal

    def test_json_holds_the_paired_difference_of_the_means(self, run, tmp_path, book):
        run("hardball", "boulware", "--json", tmp_path / "out.json")
        found = json.loads((tmp_path / "out.json").read_text())
        assert found["schema_version"] == 2
        assert (found["setting"]["split"], found["setting"]["book"]) == ("heldout", book.name)
        assert [p["label"] for p in found["programs"]] == ["hardball", "boulware"]
        old, new = (p["means"]["RR"]["mean"] for p in found["programs"])
        difference = found["pairs"][0]["metrics"]["RR"]["difference"]
        assert difference["mean"] == pytest.approx(new - old)
        assert difference["low"] < difference["mean"] < difference["high"]
        assert difference["n"] == found["pairs"][0]["debtors"] == len(heldout(book))
        assert found["pairs"][0]["metrics"]["objective"]["p_holm"] is None
        for name in METRIC_IDS:
            assert found["pairs"][0]["metrics"][name]["p_holm"] >= found["pairs"][0]["metrics"][name]["p"]

    @pytest.mark.parametrize(
        ("programs", "flag", "code"),
        [
            (("boulware", "hardball"), "--fail-if-worse", 1),
            (("boulware", "boulware", "hardball"), "--fail-if-worse", 1),
            (("boulware", "hardball"), None, 0),
            (("hardball", "boulware"), "--fail-if-worse", 0),
            (("boulware", "boulware"), "--fail-if-worse", 0),
        ],
    )
    def test_fail_if_worse_decides_the_exit_status(self, run, programs, flag, code):
        result = run(*programs, *([flag] if flag else []))
        assert result.code == code
        assert ("hardball is worse than boulware" in result.out) == (programs[-1] == "hardball")

    def test_few_debtors_get_no_verdict(self, run):
        result = run("boulware", "hardball", "--debtors", FEWEST_DEBTORS - 1, "--fail-if-worse")
        assert result.code == 0
        assert "hardball against boulware: too few debtors to say" in result.out
        assert "worse" not in result.out

    def test_one_debtor_alone_has_means_and_no_interval(self, run, tmp_path):
        result = run("boulware", "hardball", "--debtors", 1, "--json", tmp_path / "out.json")
        assert result.code == 0, result.err
        assert "95% interval none, 1 debtor)" in result.out
        found = json.loads((tmp_path / "out.json").read_text())["pairs"][0]["metrics"]["RR"]["difference"]
        assert (found["low"], found["high"], found["n"]) == (None, None, 1)

    def test_records_are_saved_one_file_a_program_in_the_record_format(self, run, tmp_path, book):
        result = run("hardball", "boulware", "--trials", 2, "--save-negotiations", tmp_path / "n.jsonl")
        assert str(tmp_path / "n.hardball.jsonl") in result.err
        for name in ("hardball", "boulware"):
            lines = (tmp_path / f"n.{name}.jsonl").read_text().splitlines()
            records = [Negotiation.model_validate_json(line) for line in lines]
            assert len(records) == 2 * len(heldout(book))
            assert {record.seed for record in records} == {0, 1}

    def test_other_seed_other_negotiations(self, run, tmp_path):
        for seed in (0, 1):
            run("hardball", "boulware", "--seed", seed, "--json", tmp_path / f"{seed}.json")
        means = [json.loads((tmp_path / f"{s}.json").read_text())["programs"][1]["means"] for s in (0, 1)]
        assert means[0]["objective"]["mean"] != means[1]["objective"]["mean"]


class TestModel:
    def test_a_second_run_and_a_larger_one_call_the_model_for_nothing_that_was_played(self, run, cli, tmp_path):
        lm = scripted_lm()
        cli.use_model(lm)
        first = run("vanilla", "maden", "--debtors", 3, "--json", tmp_path / "1.json")
        assert first.code == 0, first.err
        calls = len(lm.engine.prompts)
        assert calls > 6
        second = run("vanilla", "maden", "--debtors", 3, "--json", tmp_path / "2.json")
        assert len(lm.engine.prompts) == calls
        assert (tmp_path / "1.json").read_text() == (tmp_path / "2.json").read_text()
        assert second.out == first.out
        run("vanilla", "hardball", "--debtors", 3)
        assert len(lm.engine.prompts) == calls
        run("vanilla", "planned", "--debtors", 3)
        assert len(lm.engine.prompts) > calls

    def test_a_torn_last_line_is_played_again_alone(self, run, cli, tmp_path):
        lm = scripted_lm()
        cli.use_model(lm)
        run("vanilla", "maden", "--debtors", 3)
        (path,) = stored(tmp_path)
        whole = path.read_bytes()
        path.write_bytes(whole[:-20])
        calls = len(lm.engine.prompts)
        assert run("vanilla", "maden", "--debtors", 3).code == 0
        assert 1 < len(lm.engine.prompts) - calls < calls / 2
        assert len([line for line in path.read_bytes().splitlines() if line.endswith(b"}}")]) == 6

    def test_threads_play_the_same(self, run, cli, tmp_path):
        cli.use_model(scripted_lm())
        run("vanilla", "planned", "--debtors", 4, "--json", tmp_path / "1.json")
        (path,) = stored(tmp_path)
        path.unlink()
        run("vanilla", "planned", "--debtors", 4, "--threads", 3, "--json", tmp_path / "2.json")
        assert (tmp_path / "1.json").read_text() == (tmp_path / "2.json").read_text()

    def test_rules_can_meet_debtors_played_by_a_model_of_their_own(self, run, cli):
        lm = scripted_lm()
        asked = cli.use_model(lm)
        argv = ("hardball", "linear", "--debtors", 2, "--debtor", "lm", "--debtor-lm", "some/debtor")
        result = run(*argv)
        assert result.code == 0, result.err
        assert asked == ["some/debtor"]
        assert "debtor lm scripted/test, model none" in result.out
        calls = len(lm.engine.prompts)
        assert calls > 4
        run(*argv)
        assert len(lm.engine.prompts) == calls

    def test_a_model_that_does_not_answer_is_found_out_before_playing(self, run, cli, tmp_path):
        cli.use_model(scripted_lm(lambda prompt: dspy.lm15.RateLimitError("slow down")))
        result = run("hardball", "maden")
        assert result.code == 2
        assert "scripted/test refuses calls because of its rate limit" in result.err
        assert stored(tmp_path) == []

    def test_a_provider_that_dies_in_the_middle_stops_the_run_and_costs_nothing_played(self, run, cli, tmp_path):
        lm = scripted_lm()
        cli.use_model(lm)
        run("vanilla", "hardball", "--debtors", 3)
        (path,) = stored(tmp_path)
        kept, first_check = path.read_bytes(), lm.engine.prompts[0]
        lm.engine.answer = lambda prompt: None if prompt == first_check else dspy.lm15.RateLimitError("gone")
        result = run("vanilla", "hardball", "--trials", 2)
        assert result.code == 2
        assert "failed in 5 negotiations in a row" in result.err
        assert "run the same command again" in result.err
        assert "Traceback" not in result.err
        assert path.read_bytes() == kept

    def test_what_the_provider_lost_is_counted_and_never_scored(self, run, cli, tmp_path, book):
        lm = scripted_lm()
        cli.use_model(lm)
        run("vanilla", "hardball", "--debtors", 3)
        first_check, lost = lm.engine.prompts[0], len(heldout(book)) - 3
        lm.engine.answer = lambda prompt: None if prompt == first_check else dspy.lm15.RateLimitError("gone")
        result = run("vanilla", "hardball", "--json", tmp_path / "out.json")
        assert result.code == 0
        vanilla, hardball = json.loads((tmp_path / "out.json").read_text())["programs"]
        assert (vanilla["scored"], vanilla["unscored"], vanilla["endings"]["infrastructure"]) == (3, lost, lost)
        assert (hardball["scored"], hardball["unscored"]) == (3 + lost, 0)
        assert "3 debtors)" in result.out

    def test_artifacts_are_compared_with_the_variant_that_they_come_from(self, run, cli, tmp_path):
        """Version 1 is the uncompiled program, version 2 has another instruction (and DSPy's `_compiled` flag set)."""
        for instruction in ("", "Be firm."):
            program = Maden()
            if instruction:
                predictor = program.negotiator.predict
                predictor.signature = predictor.signature.with_instructions(instruction)
                program.negotiator._compiled = True
            save_program(program, "mine", root=tmp_path / "artifacts")
        cli.use_model(scripted_lm())
        result = run("maden-ladder", "mine@1", "mine@2", "--debtors", 2, "--json", tmp_path / "out.json")
        assert result.code == 0, result.err
        assert "mine@1 is the same program as maden-ladder" in result.out
        same, changed = Comparison.model_validate_json((tmp_path / "out.json").read_text()).pairs
        assert (same.same_program, changed.same_program) == (True, False)

    def test_a_variant_beside_an_artifact_of_its_name_gets_a_note(self, run, cli, tmp_path):
        (tmp_path / "artifacts" / "maden").mkdir(parents=True)
        cli.use_model(scripted_lm())
        assert "maden is the uncompiled variant; write maden@N" in run("maden", "hardball", "--debtors", 1).out


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (("boulware",), "name at least two programs"),
        (("boulware", "boulwaer"), "no program is called 'boulwaer'"),
        (("boulware", "nothing@3"), "nothing"),
        (("boulware", "hardball", "--split", "train"), "no split to compare on is called 'train'"),
        (("boulware", "hardball", "--split", "fresh"), "there are heldout, val"),
        (("reader", "reader", "--split", "train"), "there are heldout, val, fresh"),
        (("boulware", "hardball", "--debtors", "5000"), "ask for at most so many"),
        (("boulware", "hardball", "--debtor", "nobody"), "no debtor is called 'nobody'"),
        (("boulware", "hardball", "--book", "missing.csv"), "no debtor book at missing.csv"),
        (("boulware", "hardball", "--json", "no/such/folder/out.json"), "no folder no/such/folder"),
        (("boulware", "hardball", "--trials", "0"), "trials"),
    ],
)
def test_a_mistake_is_one_sentence_and_status_2(run, argv, sentence):
    result = run(*argv)
    assert result.code == 2
    assert sentence in result.err
    assert "Traceback" not in result.err
    assert result.out == ""


def test_a_malformed_book_lists_its_faults(run, tmp_path):
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"case_id": "x"}\nnot json\n')
    result = run("boulware", "hardball", "--book", bad)
    assert result.code == 2
    assert "bad.jsonl" in result.err
    assert "Traceback" not in result.err


class TestChoice:
    def test_a_smaller_choice_is_part_of_a_larger_one_in_whatever_order_the_book_is(self, tmp_path):
        from data.book import DebtorBook

        cases = tuple(unlike(i) for i in range(120))
        one, other = DebtorBook(cases, "a"), DebtorBook(cases[::-1], "b")
        assert chosen_debtors(one, "heldout", 5) == chosen_debtors(other, "heldout", 9)[:5]
        assert set(chosen_debtors(one, "heldout", None)) == set(one.split("heldout"))


@pytest.mark.parametrize(
    ("label", "name"),
    [("maden@3", "out.maden-3.jsonl"), ("maden (2)", "out.maden-2.jsonl"), ("a/b.json", "out.a-b-json.jsonl")],
)
def test_records_path(label, name):
    assert records_path(Path("x/out.jsonl"), label) == Path("x") / name


def test_verdicts_follow_the_direction_of_the_metric():
    cases = [unlike(i) for i in range(30)]
    pair = [contestant("hardball"), contestant("accept-all")]
    evaluations = [evaluate(one.program, cases) for one in pair]
    found = compared(pair, evaluations, setting={}).pairs[0].metrics
    assert found["SR"].verdict is DifferenceVerdict.BETTER
    assert found["CRD"].verdict is DifferenceVerdict.BETTER
    assert found["CRD"].difference.mean < 0
    assert found["DHI"].verdict is DifferenceVerdict.WORSE
    assert not {found[f"L{tier}D"].verdict for tier in (2, 3, 4)} & {
        DifferenceVerdict.BETTER,
        DifferenceVerdict.WORSE,
        DifferenceVerdict.TOO_FEW,
    }
    assert found["DS"].verdict is DifferenceVerdict.SAME
