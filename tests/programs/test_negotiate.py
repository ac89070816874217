from __future__ import annotations

import io
from pathlib import Path

import dspy
import pytest
from rich.console import Console

from data.book import read_book
from data.domain import Debtor, Ending, Move, MoveKind, Negotiation, Speaker, Turn
from data.terms import PartialTerms, Terms
from metrics.evaluator import score
from metrics.forgone import forgone
from metrics.money.simulation import payment_schedule
from metrics.scorecard import INDEX_IDS, METRIC_IDS
from programs.negotiate import negotiate
from programs.playing.contestants import contestant
from programs.table import words
from programs.table.runner import TableState
from programs.table.transcript import Transcript
from tests.data.builders import make_case
from tests.programs.command_line import CommandLine, Result, small_book
from tests.programs.players import playing, reads
from tests.scripted import scripted_lm

CASE = "d-0003"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return small_book(tmp_path, 8)


@pytest.fixture
def cli(monkeypatch, capsys) -> CommandLine:
    line = CommandLine(monkeypatch, capsys)
    line.use_model(None)
    return line


@pytest.fixture
def run(cli, book, tmp_path):
    def call(*argv: object) -> Result:
        given = () if "--book" in argv else ("--book", book)
        artifacts = ("--artifacts", tmp_path / "artifacts")
        return cli(negotiate, "python -m programs.negotiate", *argv, *given, *artifacts)

    return call


@pytest.fixture
def keyboard(monkeypatch):
    """Type these lines at the keyboard, then end the input (or raise what stands there)."""

    def type_(*lines: str | type[BaseException]) -> None:
        rest = list(lines)

        def read() -> str:
            if not rest:
                raise EOFError
            line = rest.pop(0)
            if isinstance(line, str):
                return line
            raise line

        monkeypatch.setattr("builtins.input", read)

    return type_


def record(path: Path) -> Negotiation:
    return Negotiation.model_validate_json(path.read_text())


class TestRule:
    def test_words_figures_ending_schedule_and_scorecard_are_those_of_the_record(self, run, tmp_path):
        result = run("--variant", "boulware", "--case", CASE, "--json", tmp_path / "r.json")
        assert result.code == 0, result.err
        played = record(tmp_path / "r.json")
        flat = " ".join(result.out.split())
        for turn in played.turns:
            assert turn.dialogue in flat
        assert "Round 1 of 10" in flat
        assert "[asks: discount 0% | first 50% in 1 d | 3 instalments]" in flat
        assert played.agreed is not None
        assert f"Terms: {words.package(played.agreed)}." in flat
        for number, (day, amount) in enumerate(payment_schedule(played.agreed, played.case.debt.outstanding).payments):
            name = f"instalment {number} " if number else "immediate payment "
            (row,) = [line for line in result.out.splitlines() if line.startswith(f"│ {name}")]
            assert words.money(amount, "CNY") in row
            assert f" {day} │" in row
        for name, value in score(played).values().items():
            (row,) = [line for line in result.out.splitlines() if line.startswith(f"│ {name} ")]
            assert f" {value:.4g} │" in row
        assert len(METRIC_IDS) + len(INDEX_IDS) == 18

    def test_the_record_is_one_line_without_nulls_and_the_program_plays_it_again(self, run, tmp_path, book):
        run("--variant", "linear", "--case", CASE, "--seed", 3, "--json", tmp_path / "r.json")
        text = (tmp_path / "r.json").read_text()
        assert text.count("\n") == 1
        assert "null" not in text
        assert record(tmp_path / "r.json") == contestant("linear").program(read_book(book).case(CASE), 3).negotiation

    def test_private_things_are_shown_only_on_demand(self, run, book):
        own = read_book(book).case(CASE).finances
        income = words.money(own.monthly_income, "CNY")
        assert income not in run("--variant", "hardball", "--case", CASE).out
        shown = " ".join(run("--variant", "hardball", "--case", CASE, "--show-private").out.split())
        assert f"Private: income {income} and living costs {words.money(own.monthly_expenses, 'CNY')}" in shown
        assert "job loss; hesitant" in shown

    def test_no_agreement_has_a_scorecard_and_no_schedule(self, run):
        result = run("--variant", "hardball", "--case", CASE)
        assert "No agreement: the debtor walked away" in result.out
        assert "Repayment schedule" not in result.out
        assert "│ objective │" in result.out


def steady(prompt: str) -> dict | None:
    """A planner, negotiator and judge that behave."""
    if "strategy" in prompt:
        package = {"discount_pct": 0, "immediate_payment_pct": 30, "immediate_payment_days": 3}
        return {
            "strategy": {
                "reasoning": "firm first",
                "opening": {**package, "installment_periods": 4},
                "target": {**package, "installment_periods": 10},
                "floor": {**package, "discount_pct": 5, "installment_periods": 18},
                "concede_first": "installment_periods",
                "ask_about": "income",
            }
        }
    if "verdict" in prompt:
        facts = {"gives_more_than_debtor": "no", "instalment_affordable": "unknown"}
        return {"verdict": {**facts, "decision": "approve", "advice": ""}}
    return {
        "turn": {
            "thoughts": "they will move first",
            "choice": "step_down",
            "inquiry": "none",
            "message": "Let us find a way together.",
        }
    }


class TestModel:
    def test_the_default_is_the_uncompiled_program_on_the_named_model(self, run, cli, tmp_path):
        asked = cli.use_model(playing())
        result = run("--case", CASE, "--lm", "some/model", "--json", tmp_path / "r.json")
        assert result.code == 0, result.err
        assert asked == ["some/model"]
        assert f"{CASE}: maden, seed 0" in result.out
        assert "Thank you for telling me." in result.out
        played = record(tmp_path / "r.json")
        assert played.ladder == ()
        assert forgone(played.turns[0]) is not None, "it picked among computed options"

    def test_show_private_adds_thoughts_ladder_and_judge(self, run, cli):
        cli.use_model(scripted_lm(steady))
        out = run("--variant", "maden-ladder", "--case", CASE, "--show-private").out
        assert "thoughts: they will move first" in out
        assert "ladder 1. no discount, 30% paid within 3 days, the rest in 4 monthly instalments" in out
        assert out.count("ladder 1.") <= 2  # at the opening, and where it was planned again
        assert "judge: " in out

    def test_what_the_guard_repaired_is_shown_as_it_left_the_table(self, run, cli, tmp_path):
        def generous(prompt: str) -> dict:
            terms = {"discount_pct": 90, "immediate_payment_pct": 0, "immediate_payment_days": 60}
            turn = {"thoughts": "t", "choice": "ask", "terms": {**terms, "installment_periods": 60}}
            return {"turn": {**turn, "inquiry": "none", "message": "Take it all."}}

        cli.use_model(scripted_lm(generous))
        argv = ("--variant", "vanilla", "--case", CASE, "--show-private", "--json", tmp_path / "r.json")
        out = run(*argv).out
        first = record(tmp_path / "r.json").turns[0]
        assert "[asks: discount 30% | first 5% in 14 d | 24 instalments]" in out
        assert first.notes[-1] in " ".join(out.split())
        assert "guard: the offer was outside the policy" in out
        assert "90%" not in out

    def test_a_failed_program_is_said_without_quoting_its_private_output(self, run, cli):
        cli.use_model(scripted_lm(lambda prompt: "my secret: they're desperate"))
        result = run("--variant", "vanilla", "--case", CASE)
        assert result.code == 0
        assert "No agreement: the program failed" in result.out
        assert "unparseable_output: the reply does not fit" in result.out
        assert "secret" not in result.out
        assert "secret" in run("--variant", "vanilla", "--case", CASE, "--show-private").out

    def test_a_broken_off_negotiation_is_kept_but_not_scored(self, run, cli, tmp_path):
        lm = playing()
        answer = lm.engine.answer

        def dies(prompt: str) -> dict | Exception:
            return dspy.lm15.RateLimitError("gone") if len(lm.engine.prompts) > 3 else answer(prompt)

        lm.engine.answer = dies
        cli.use_model(lm)
        result = run("--case", CASE, "--json", tmp_path / "r.json")
        assert result.code == 2
        assert "nothing is scored" in result.err
        assert "Scorecard" not in result.out
        assert record(tmp_path / "r.json").ending is Ending.INFRASTRUCTURE

    def test_a_model_can_be_the_debtor(self, run, cli):
        asked = cli.use_model(scripted_lm())
        argv = ("--variant", "hardball", "--case", CASE, "--debtor", "lm", "--debtor-lm", "some/debtor")
        result = run(*argv)
        assert result.code == 0, result.err
        assert asked == ["some/debtor"]
        assert "Scorecard" in result.out

    def test_a_model_that_does_not_answer_is_one_sentence(self, run, cli):
        cli.use_model(scripted_lm(lambda prompt: dspy.lm15.RateLimitError("slow down")))
        result = run("--case", CASE)
        assert (result.code, result.out) == (2, "")
        assert "rate limit" in result.err


class TestAsDebtor:
    def test_commands_play_against_a_rule_without_any_model(self, run, keyboard, tmp_path):
        keyboard("/help", "/offer 10% 20% 7 12", "/accept")
        result = run("--variant", "hardball", "--case", CASE, "--as-debtor", "--json", tmp_path / "r.json")
        assert result.code == 0, result.err
        played = record(tmp_path / "r.json")
        assert played.ending is Ending.AGREEMENT
        assert [turn.move.kind.value for turn in played.turns] == ["ask", "ask", "ask", "accept"]
        assert "You are this debtor; only you know: income CNY 6,000.00" in result.out
        assert "[asks: discount 10% | first 20% in 7 d | 12 instalments]" in result.out
        assert "[accepts: discount 0% | first 50% in 1 d | 3 instalments]" in result.out
        assert "you> " in result.err.replace("you>", "you> ")

    def test_free_text_is_read_by_the_model_shown_and_confirmed(self, run, cli, keyboard, tmp_path):
        said = [
            {"words": "20% now", "kind": "immediate_payment_pct", "value": 20},
            {"words": "12 instalments", "kind": "installment_periods", "value": 12},
        ]
        asked = cli.use_model(scripted_lm(lambda prompt: reads("offer", said)))
        keyboard("I can pay 20% now and 12 instalments", "y")
        named = ("--variant", "hardball", "--case", CASE, "--as-debtor", "--json", tmp_path / "r.json")
        result = run(*named, "--lm", "openai/some")
        assert asked == ["openai/some"]
        flat = " ".join(result.out.split())
        assert "You offer: no discount, 20% paid within 0 days, the rest in 12 monthly instalments" in flat
        offer = record(tmp_path / "r.json").turns[1]
        assert offer.move.terms.installment_periods == 12
        assert offer.dialogue == "I can pay 20% now and 12 instalments"

    def test_beside_a_rule_no_model_is_loaded_and_what_is_definite_in_words_counts(self, run, keyboard, tmp_path):
        keyboard("I pay 20% now and the rest in 12 instalments", "y")
        result = run("--variant", "hardball", "--case", CASE, "--as-debtor", "--json", tmp_path / "r.json")
        assert "No model reads along" in result.out
        assert record(tmp_path / "r.json").turns[1].move.terms.installment_periods == 12

    def test_end_of_input_walks_away(self, run, keyboard):
        keyboard()
        result = run("--variant", "linear", "--case", CASE, "--as-debtor")
        assert result.code == 0
        assert "No agreement: the debtor walked away" in result.out

    def test_ctrl_c_is_status_130(self, run, keyboard):
        keyboard(KeyboardInterrupt)
        result = run("--variant", "linear", "--case", CASE, "--as-debtor")
        assert result.code == 130
        assert "interrupted" in result.err
        assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (("--case", "d-9999"), "no debtor 'd-9999' among the 8"),
        (("--case", CASE, "--variant", "linaer"), "no variant is called 'linaer'"),
        (("--case", CASE, "--variant", "maden@1"), "no variant is called 'maden@1'"),
        (("nothing@3", "--case", CASE), "nothing"),
        (("maden@1", "--case", CASE, "--variant", "maden"), "not both"),
        (("--case", CASE, "--language", "fr"), "no language is called 'fr'"),
        (("--case", CASE, "--debtor", "nobody"), "no debtor is called 'nobody'"),
        (("--case", CASE, "--book", "missing.csv"), "no debtor book at missing.csv"),
        (("--case", CASE, "--json", "no/such/r.json"), "no folder no/such"),
        ((), "--case"),
    ],
)
def test_a_mistake_is_one_sentence_and_status_2(run, argv, sentence):
    result = run(*argv)
    assert result.code == 2
    assert sentence in result.err
    assert "Traceback" not in result.err
    assert result.out == ""


def test_words_cannot_steer_the_terminal_or_the_markup():
    screen = io.StringIO()
    terms = Terms(discount_pct=0, immediate_payment_pct=20, immediate_payment_days=7, installment_periods=6)
    turn = Turn(
        speaker=Speaker.DEBTOR,
        move=Move(kind=MoveKind.ASK, terms=PartialTerms.of(terms)),
        dialogue="[red]mine[/red] \x1b[2Jgone \x9b31m \u202eback [/nonsense]",
    )
    transcript = Transcript(Console(file=screen, width=100), make_case())
    transcript.turn(turn, TableState(turns=(), round=1, round_limit=10, own=None, theirs=None))
    assert "[red]mine[/red] [2Jgone 31m back [/nonsense]" in screen.getvalue()
    assert not set("\x1b\x9b\u202e") & set(screen.getvalue())


@pytest.mark.parametrize(
    ("tag", "told"), [("pl", ", in English since pl cannot be spoken yet"), ("es", ""), (None, "")]
)
def test_the_title_says_which_language_cannot_be_spoken(tag: str | None, told: str) -> None:
    screen = io.StringIO()
    case = make_case().model_copy(update={"debtor": Debtor(language=tag)})
    Transcript(Console(file=screen, width=100), case).opening("linear", 3)
    assert screen.getvalue().splitlines()[0] == f"{case.case_id}: linear, seed 3{told}"
