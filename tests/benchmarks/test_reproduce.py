from __future__ import annotations

import json
import re
from pathlib import Path
from statistics import fmean

import dspy
import pytest

from benchmarks.reproduce.__main__ import reproduce
from benchmarks.reproduce.play import CostBook, PlaySpending
from benchmarks.reproduce.plot import plotted
from benchmarks.reproduce.reproduction import (
    LANGUAGE_PAIRS,
    MEASURES,
    MODULE_PAIRS,
    OVER_CONCESSION_PAIRS,
    RULE_PAIRS,
    CreditorRow,
    Reproduction,
    measured,
)
from data.book import read_book
from data.domain import CreditorPolicy, DebtCase, Negotiation
from metrics.evaluator import score
from metrics.money.oracle import best_terms, over_concession, regret
from programs.creditor.rule_seats import RULE_SEATS
from programs.creditor.rules import RuleCreditor
from programs.debtor.simulated import SimulatedDebtor, would_accept
from programs.models import make as models
from programs.playing.stage import chosen_debtors
from programs.table.runner import play
from tests.programs.command_line import CommandLine, Result, small_book
from tests.programs.players import playing

pytestmark = pytest.mark.slow

VARIANTS = ("vanilla", "planned", "judged", "maden", "maden:zh")
DEBTORS = 3


@pytest.fixture
def no_plot(monkeypatch):
    """Half of a small run's time; tests of the files take the real one."""
    monkeypatch.setattr("benchmarks.reproduce.__main__.plotted", lambda found: b"")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return small_book(tmp_path)


@pytest.fixture
def cases(book) -> tuple[DebtCase, ...]:
    return chosen_debtors(read_book(book), "val", DEBTORS)


@pytest.fixture
def cli(monkeypatch, capsys) -> CommandLine:
    line = CommandLine(monkeypatch, capsys)
    line.use_model(None)
    return line


@pytest.fixture
def lm(cli) -> dspy.LM:
    scripted = playing()
    cli.use_model(scripted)
    return scripted


@pytest.fixture
def run(cli, book, tmp_path):
    def call(*argv: object) -> Result:
        size = () if "--debtors" in argv else ("--debtors", DEBTORS)
        where = ("--book", book, "--runs", tmp_path / "runs", "--out", tmp_path / "results" / "table")
        return cli(reproduce, "python -m benchmarks.reproduce", *argv, *size, *where)

    return call


@pytest.fixture
def found(tmp_path):
    return lambda: Reproduction.model_validate_json((tmp_path / "results" / "table.json").read_text())


def by_label(reproduction: Reproduction) -> dict[str, CreditorRow]:
    (section,) = reproduction.sections
    return {row.label: row for row in section.rows}


def figures(reproduction: Reproduction) -> str:
    """Everything but the date."""
    return reproduction.model_copy(update={"created": ""}).model_dump_json()


def stored(tmp_path: Path) -> dict[str, Negotiation]:
    (path,) = (tmp_path / "runs").glob("compare-*/played.jsonl")
    entries = [json.loads(line) for line in path.read_bytes().splitlines() if line]
    return {entry["key"]: Negotiation.model_validate(entry["negotiation"]) for entry in entries}


class StopsAt:
    """A model's answers up to the n-th call, where the user presses Ctrl-C."""

    def __init__(self, lm: dspy.LM, call: int) -> None:
        self._engine, self._answer, self._stop = lm.engine, lm.engine.answer, len(lm.engine.prompts) + call

    def __call__(self, prompt: str):
        if len(self._engine.prompts) >= self._stop:
            raise KeyboardInterrupt
        return self._answer(prompt)


@pytest.mark.usefixtures("no_plot")
class TestRules:
    def test_oracle_and_all_rules_need_no_model(self, run, found, cases):
        result = run("--rules-only")
        assert result.code == 0, result.err
        rows = by_label(found())
        assert list(rows) == ["oracle", *RULE_SEATS]
        assert {row.scored for row in rows.values()} == {DEBTORS}
        assert rows["boulware"].cost.calls == 0
        assert found().sections[0].model is None

    def test_figures_are_the_metrics_of_the_negotiations(self, run, found, cases):
        run("--rules-only")
        rows = by_label(found())
        for name in ("boulware", "hardball", "accept-all"):
            seats = [
                (case, RuleCreditor(name, case.creditor_view(), CreditorPolicy(), 0), SimulatedDebtor(case, 0))
                for case in cases
            ]
            played = [play(*three, CreditorPolicy(), 0) for three in seats]
            cards = [score(negotiation) for negotiation in played]
            for measure in ("CRI", "DHI", "CCI", "objective", "QRD", "L1D"):
                assert rows[name].means[measure].mean == pytest.approx(fmean(getattr(c, measure) for c in cards))
            assert rows[name].means["regret"].mean == pytest.approx(fmean(regret(n) for n in played))
            assert rows[name].agreed == sum(n.agreed is not None for n in played)

    def test_over_concession_is_that_against_what_the_debtor_would_accept(self, run, found, cases):
        run("--rules-only")
        rows = by_label(found())
        case = cases[0]
        negotiation = play(
            case,
            RuleCreditor("accept-all", case.creditor_view(), CreditorPolicy(), 0),
            SimulatedDebtor(case, 0),
            CreditorPolicy(),
            0,
        )
        ours = measured([negotiation])["over_concession"][case.case_id]
        assert ours == pytest.approx(over_concession(negotiation, would_accept))
        assert ours != pytest.approx(over_concession(negotiation))
        assert rows["accept-all"].means["over_concession"].n == rows["accept-all"].agreed == DEBTORS

    def test_without_an_agreement_there_is_no_over_concession(self, cases):
        policy = CreditorPolicy(round_limit=1)
        seat = RuleCreditor("hardball", cases[0].creditor_view(), policy, 0)
        negotiation = play(cases[0], seat, SimulatedDebtor(cases[0], 0), policy, 0)
        assert negotiation.agreed is None
        assert measured([negotiation])["over_concession"] == {}
        assert measured([negotiation])["regret"][cases[0].case_id] == pytest.approx(regret(negotiation))

    def test_the_oracle_has_no_regret_and_no_conversation(self, run, found, cases):
        run("--rules-only")
        oracle = by_label(found())["oracle"]
        assert oracle.means["regret"].mean == pytest.approx(0)
        assert oracle.means["CCI"].mean == pytest.approx(fmean(best.CCI for best in best_terms(cases)))
        assert {"DC", "DS", "DR", "objective"}.isdisjoint(oracle.means)

    def test_a_number_of_debtors_that_the_split_does_not_have_is_one_sentence(self, run):
        result = run("--rules-only", "--debtors", 999)
        assert result.code == 2
        assert "ask for at most so many" in result.err

    @pytest.mark.parametrize(
        ("argv", "words"),
        [
            (("--split", "test"), "no split is called 'test'"),
            (("--rows", "linear"), "linear is always in the table"),
            (("--rows", ","), "--rows names no row"),
            (("--rows", "vanila"), "no program is called 'vanila'"),
            (("--rules-only", "--lm", "local"), "leave --lm out"),
        ],
    )
    def test_a_mistake_is_one_sentence(self, run, argv, words):
        result = run(*argv)
        assert result.code == 2
        assert words in result.err
        assert "Traceback" not in result.err


@pytest.mark.usefixtures("no_plot")
class TestModel:
    def test_a_second_run_calls_the_model_for_nothing_and_finds_the_same(self, run, lm, found):
        first = run()
        assert first.code == 0, first.err
        calls, before = len(lm.engine.prompts), figures(found())
        assert calls > DEBTORS * len(VARIANTS)
        assert run().code == 0
        assert len(lm.engine.prompts) == calls
        assert figures(found()) == before

    def test_every_row_is_in_the_table_with_all_measures_and_the_same_n(self, run, lm, found):
        result = run()
        rows = by_label(found())
        assert list(rows) == ["oracle", *RULE_SEATS, *VARIANTS]
        for row in (rows[name] for name in VARIANTS):
            assert (row.scored, row.unscored, row.owed, row.left_out) == (DEBTORS, 0, 0, 0)
            assert set(MEASURES) - set(row.means) <= {"over_concession"}
            assert row.means["CRI"].n == DEBTORS
            assert row.means["CRI"].low <= row.means["CRI"].mean <= row.means["CRI"].high
        for name in rows:
            assert re.search(rf"^\|{name}\|{DEBTORS}\|", result.out, re.MULTILINE), name

    def test_figures_are_the_metrics_of_the_stored_negotiations(self, run, lm, found, tmp_path):
        run("--rows", "vanilla")
        kept = [n for n in stored(tmp_path).values() if n.seed == 0]
        cri = [score(n).CRI for n in kept[-DEBTORS:]]  # the rules were played first
        assert by_label(found())["vanilla"].means["CRI"].mean == pytest.approx(fmean(cri))

    def test_calls_are_counted_once_and_remembered(self, run, lm, found):
        run()
        calls = len(lm.engine.prompts) - 1  # the check before play
        run()
        costs = [by_label(found())[name].cost for name in VARIANTS]
        assert sum(cost.calls for cost in costs) == calls
        assert {cost.known for cost in costs} == {DEBTORS}
        assert all(cost.seconds > 0 for cost in costs)

    def test_differences_are_those_of_the_paired_rows(self, run, lm, found):
        run()
        rows, (section,) = by_label(found()), found().sections
        asked = {(d.program, d.baseline) for d in section.differences}
        assert asked == {*OVER_CONCESSION_PAIRS, *MODULE_PAIRS, *RULE_PAIRS, *LANGUAGE_PAIRS}
        for d in section.differences:
            if d.measure != "over_concession":  # those are about the debtors with whom both agreed
                gap = rows[d.program].means[d.measure].mean - rows[d.baseline].means[d.measure].mean
                assert d.difference.mean == pytest.approx(gap)
                assert d.difference.n == DEBTORS
            assert d.p <= d.p_holm <= 1
            assert not d.shown  # three debtors show nothing

    def test_rows_played_by_another_process_are_found(self, run, lm, found):
        run("--rows", "vanilla,judged")
        run("--rows", "planned,maden,maden:zh")
        calls = len(lm.engine.prompts)
        run("--render-only")
        assert len(lm.engine.prompts) == calls
        assert set(VARIANTS) < set(by_label(found()))

    def test_a_row_in_chinese_is_about_the_same_debtors_and_spoken_in_chinese(self, run, lm, found, tmp_path):
        result = run("--rows", "maden,maden:zh")
        assert result.code == 0, result.err
        spoken = {"en": [], "zh": []}
        for one in stored(tmp_path).values():
            spoken["zh" if one.case.debtor.language == "zh" else "en"].append(one)
        assert len(spoken["zh"]) == DEBTORS
        assert {one.case.case_id for one in spoken["zh"]} <= {one.case.case_id for one in spoken["en"]}
        chinese = "".join(turn.dialogue for one in spoken["zh"] for turn in one.turns)
        assert len(re.findall(r"[\u4e00-\u9fff]", chinese)) > len(re.findall(r"[a-z]", chinese))
        assert "Does the language matter?" in result.out

    def test_two_models_are_two_sections(self, run, cli, found):
        made = {name: playing(model=f"scripted/{name}") for name in ("a", "b")}
        cli._monkeypatch.setattr(models, "make_lm", made.get)
        assert run("--lm", "a", "--lm", "b", "--rows", "vanilla").code == 0
        assert [section.title for section in found().sections] == ["scripted/a", "scripted/b"]
        assert plotted(found()).startswith(b"<?xml")


@pytest.mark.usefixtures("no_plot")
class TestStopped:
    def test_a_stopped_run_goes_on_where_it_was(self, run, lm, found, tmp_path):
        answer = lm.engine.answer
        lm.engine.answer = StopsAt(lm, 40)
        assert run().code == 130
        lm.engine.answer = answer
        kept = stored(tmp_path)
        assert len(RULE_SEATS) * DEBTORS < len(kept) < (len(RULE_SEATS) + len(VARIANTS)) * DEBTORS
        assert run().code == 0
        assert {key: stored(tmp_path)[key] for key in kept} == kept
        goes_on = {label: row.means for label, row in by_label(found()).items()}
        (path,) = (tmp_path / "runs").glob("compare-*/played.jsonl")
        path.unlink()
        run()
        assert goes_on == {label: row.means for label, row in by_label(found()).items()}

    def test_debtor_by_debtor_so_that_a_stopped_run_has_every_row_for_the_first_debtor(self, run, lm, found, cases):
        answer = lm.engine.answer
        run("--debtors", 1)
        lm.engine.answer = StopsAt(lm, 12)
        assert run().code == 130
        lm.engine.answer = answer
        calls = len(lm.engine.prompts)
        result = run("--render-only")
        assert result.code == 0, result.err
        assert len(lm.engine.prompts) == calls
        rows = by_label(found())
        assert {row.scored for row in rows.values()} == {1}
        assert found().sections[0].case_ids == (cases[0].case_id,)
        assert rows["vanilla"].left_out == 1
        assert rows["vanilla"].owed == 1
        assert rows["maden"].owed == 2
        assert "vanilla: 1 played negotiations are left out" in result.out

    def test_a_row_that_was_never_played_is_noted_and_holds_up_no_other(self, run, lm, found):
        run("--rows", "vanilla,planned")
        result = run("--render-only")
        assert "maden has not been played yet" in result.out
        rows = by_label(found())
        assert set(rows) == {"oracle", *RULE_SEATS, "vanilla", "planned"}
        assert rows["planned"].scored == DEBTORS

    def test_nothing_played_at_all_still_shows_oracle_and_rules(self, run, lm, found):
        assert run("--render-only").code == 0
        assert set(by_label(found())) == {"oracle", *RULE_SEATS}
        assert lm.engine.prompts == []

    def test_what_infrastructure_broke_is_counted_and_never_scored(self, run, lm, found):
        answer = lm.engine.answer
        run("--rows", "vanilla", "--debtors", 2)
        check = lm.engine.prompts[0]
        lm.engine.answer = lambda prompt: answer(prompt) if prompt == check else dspy.lm15.RateLimitError("gone")
        assert run("--rows", "vanilla").code == 0
        row = by_label(found())["vanilla"]
        assert (row.scored, row.unscored, row.owed) == (2, 1, 0)
        lm.engine.answer = answer
        run("--rows", "vanilla")
        row = by_label(found())["vanilla"]
        assert (row.scored, row.unscored, row.owed) == (3, 0, 0)

    def test_a_model_that_is_gone_stops_the_run(self, run, lm):
        check = "Answer with the one word: ok"
        lm.engine.answer = lambda prompt: "ok" if check in prompt else dspy.lm15.RateLimitError("gone")
        result = run("--debtors", 6)
        assert result.code == 2
        assert "failed in 5 negotiations in a row" in result.err


def test_files_say_how_they_came_about(run, lm, found, tmp_path):
    result = run("--render-only")
    text = (tmp_path / "results" / "table.md").read_text()
    assert text.strip() == result.out.strip()
    assert "python -m benchmarks.reproduce --debtors 3" in text
    assert "--render-only" not in text
    assert "scripted/test" in text
    assert "![CRI, DHI and over-concession](table.svg)" in text
    assert found().created[:10] in text
    assert found().code["playing_sha256"][:12] in text
    assert (tmp_path / "results" / "table.svg").read_text().count("accept-all") == 2


def test_the_same_figures_make_the_same_picture(run, found):
    run("--rules-only")
    assert plotted(found()) == plotted(found())


def test_progress_names_row_debtor_and_time_left(run, lm, cases):
    result = run("--rows", "vanilla")
    assert re.search(rf"3 of up to 3 vanilla {cases[-1].case_id}: \w+, \d+\.\d s, 0:00:00 left", result.err)


def test_a_torn_line_of_the_cost_book_loses_only_itself(tmp_path):
    book = CostBook(tmp_path / "costs.jsonl")
    book.add("a", PlaySpending(calls=1, cached_calls=0, seconds=0.5))
    book.path.write_bytes(book.path.read_bytes() + b'{"key": "b", "sp')
    book.add("c", PlaySpending(calls=2, cached_calls=1, seconds=1.5, lost="timeout"))
    assert {key: spent.calls for key, spent in book.read().items()} == {"a": 1, "c": 2}
