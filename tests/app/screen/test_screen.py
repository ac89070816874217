from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from app.conduct.profile import load_profile
from app.conversation.answering import LEAVE, NOT_SURE
from app.screen import debtors
from app.screen.comparison import message_shares, wilson, words_shares
from app.screen.creditors import screen_words
from app.screen.debtors import screen_message
from app.screen.expected import expected_message, expected_words
from app.screen.screened_lines import ScreenLine, read_lines
from app.screen.screening_report import _debt, _terms
from data.domain import Move
from data.messages.corpus import STANDING
from data.terms import PartialTerms
from plumbing.errors import UserError
from programs.debtor.commands import NotClear, Understood

DEBT = _debt(6000, "USD")
NEUTRAL = load_profile()


def screened(text: str, read=None):
    return screen_message(text, DEBT, STANDING, NEUTRAL, read)


def reads(meant: Understood | NotClear):
    def read(text, table, debt):
        assert table.theirs == STANDING
        if isinstance(meant, NotClear):
            raise meant
        return meant

    return read


OFFER = Understood(Move.ask(PartialTerms(installment_periods=18)), "You offer: 18 instalments; is that right?")


def command(*options: str, text: str | bytes = b"") -> subprocess.CompletedProcess:
    raw = text.encode() if isinstance(text, str) else text
    return subprocess.run(
        [sys.executable, "-m", "app", "screen", *options], input=raw, capture_output=True, check=False,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "outcome", "rule"),
    [
        ("Stop writing to me.", "stop", "stop_request"),
        ("Dejen de escribirme.", "stop", "stop_request"),
        ("不要再联系我", "stop", "stop_request"),
        ("I want to die.", "hand_over", "distress"),
        ("I never borrowed this money.", "pause", "dispute"),
        ("Don't text me after 8pm", "answer", "contact_limit"),
        ("I was in hospital.", "note", "vulnerability"),
        ("Eighteen months?", "-", None),
    ],
)
def test_a_message_has_the_outcome_that_the_service_would_give_it(text, outcome, rule):
    row = screened(text).row()
    assert list(row) == ["text", "outcome", "signals", "move", "asks_back", "understood"]
    sure = [one["id"] for one in row["signals"] if one["sure"]]
    assert (row["outcome"], sure) == (outcome, [rule] if rule else [])
    assert all({"outcome", "words", "found_by"} <= set(one) for one in row["signals"])


def test_of_several_signals_the_gravest_outcome_is_told():
    assert screened("I was in hospital. I never borrowed this money. Stop writing to me!").outcome == "stop"


def test_a_move_is_read_with_what_was_understood():
    row = screened("18 months", reads(OFFER)).row()
    assert row["move"] == {"kind": "ask", "terms": {"installment_periods": 18}, "leaves": False}
    assert (row["understood"], row["asks_back"]) == (OFFER.sentence, None)


def test_who_leaves_is_asked_and_what_is_not_clear_is_asked_back():
    left = screened("bye", reads(Understood(Move.reject(), "You end it.", leaves=True))).row()
    assert (left["move"]["leaves"], left["asks_back"]) == (True, LEAVE)
    unclear = screened("200", reads(NotClear("200 of what?"))).row()
    assert (unclear["move"], unclear["asks_back"]) == (None, "200 of what?")


def test_where_a_signal_silences_no_model_is_asked():
    def never(text, table, debt):
        raise AssertionError

    assert screened("Stop writing to me.", never).row()["move"] is None


def test_a_weak_signal_is_asked_about_and_silences_nobody(monkeypatch):
    from dataclasses import replace

    real = debtors.noticed
    monkeypatch.setattr(debtors, "noticed", lambda *of: tuple(replace(one, sure=False) for one in real(*of)))
    row = screened("Stop writing to me.").row()
    assert row["outcome"] == "-"
    assert row["asks_back"].startswith(NOT_SURE)
    assert screened("I want to die.").outcome == "hand_over"


@pytest.mark.parametrize(
    ("text", "worst", "leaves"),
    [("You will be arrested. Good day.", "hard", "Good day."), ("Good morning.", "ok", "Good morning.")],
)
def test_a_creditors_words_have_their_worst_breach_and_what_is_left(text, worst, leaves):
    row = screen_words(text, NEUTRAL).row()
    assert list(row) == ["text", "breaches", "worst", "leaves"]
    assert (row["worst"], row["leaves"]) == (worst, leaves)


def test_lines_are_text_or_json_and_what_is_damaged_is_told(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_bytes('\ufeffhello\r\n\n{"text": "hola", "currency": "MXN", "want": ["-"]}\n{curly} words\n'.encode())
    first, second, third = read_lines(path)
    assert (first.text, first.number, first.currency) == ("hello", 1, "USD")
    assert (second.text, second.currency, second.labels) == ("hola", "MXN", {"want": ["-"]})
    assert (third.text, third.number) == ("{curly} words", 4)
    for content, wrong in (
        (b'{"text": "x"', "line 1 begins like JSON"),
        (b'{"words": 1}', 'line 1 has no "text"'),
        (b'ok\n{"text": "x", "currency": "usd"}', "line 2: currency"),
        ("ca\u00f1a".encode("latin-1"), "line 1 is no UTF-8"),
    ):
        path.write_bytes(content)
        with pytest.raises(UserError, match=wrong):
            list(read_lines(path))
    with pytest.raises(UserError, match="cannot read"):
        list(read_lines(tmp_path / "nobody"))


@pytest.mark.parametrize("text", ["0,20,7", "a,b,c,d", "0,20,7,0", "200,20,7,12"])
def test_an_offer_that_is_none_is_told(text):
    with pytest.raises(UserError, match="is no offer"):
        _terms(text)


@pytest.mark.parametrize("amount", [0, -1, float("nan"), float("inf"), 0.001])
def test_a_debt_that_is_none_is_told(amount):
    with pytest.raises(UserError, match="is no debt"):
        _debt(amount, "USD")


def test_labels_of_both_forms_are_compared():
    cases = [
        (ScreenLine("Stop writing to me.", labels={"want": ["stop"]}), None),
        (ScreenLine("I filed for chapter 7", labels={"signals": ["bankruptcy"], "intent": "talk"}), None),
        (ScreenLine("hello", labels={"want": ["stop"], "topic": "x"}), None),
        (ScreenLine("I never borrowed this money.", labels={"signals": [], "intent": "talk"}), None),
        (ScreenLine("18 months", labels={"want_terms": {"installment_periods": 18}}), OFFER),
        (ScreenLine("6 months ago", labels={"want_terms": {}}), OFFER),
        (
            ScreenLine(
                "200 a month", labels={"intent": "offer", "terms": [["installment_amount", 200, "200 a month"]]}
            ),
            OFFER,
        ),
        (ScreenLine("half", labels={"want_terms": {"immediate_payment_pct": 50}}), NotClear("Half of what?")),
    ]
    pairs = [
        (screened(line.text, reads(meant) if meant else None), expected_message(line, NEUTRAL)) for line, meant in cases
    ]
    shares = {one.name.strip(): (one.hits, one.of) for one in message_shares(pairs)}
    assert shares["signals missed"] == (1, 3)
    assert shares["silenced without cause"] == (1, 2)
    assert shares["terms that nobody offered"] == (1, 6)
    assert shares["terms right or asked back"] == (3, 3)
    assert shares["asked without need"] == (0, 1)


def test_creditors_labels_are_compared():
    lines = [
        ScreenLine("You will be arrested.", labels={"want": ["hard", "soft"]}),
        ScreenLine("Good morning.", labels={"severity": "ok"}),
        ScreenLine("Twelve instalments it is.", labels={"severity": "hard"}),
    ]
    shares = words_shares([(screen_words(one.text, NEUTRAL), expected_words(one)) for one in lines])
    assert [(one.hits, one.of) for one in shares] == [(1, 2), (0, 1), (0, 1)]


@pytest.mark.parametrize("labels", [{}, {"want": ["maybe"]}, {"want_terms": {"x": 1}}, {"signals": ["x"]}])
def test_labels_that_are_none_are_told(labels):
    with pytest.raises(UserError, match="line 3"):
        expected_message(ScreenLine("x", labels=labels, number=3), NEUTRAL)


def test_wilsons_interval_is_the_known_one():
    assert wilson(0, 54) == pytest.approx((0.0, 0.0664), abs=1e-3)
    assert wilson(7, 10) == pytest.approx((0.397, 0.892), abs=1e-3)


@pytest.mark.slow
def test_the_command_writes_json_lines_and_a_table_beside_them():
    text = '{"text": "Stop writing to me.", "want": ["stop"]}\n{"text": "Hello \\ud800", "want": ["-"]}\n'
    ran = command("--no-model", "--expect", text=text)
    assert ran.returncode == 0, ran.stderr
    rows = [json.loads(line) for line in ran.stdout.decode().splitlines()]
    assert [one["outcome"] for one in rows] == ["stop", "-"]
    assert "signals missed: 0 of 1" in ran.stderr.decode()
    creditor = command("--creditor", text="You will be arrested.")
    assert json.loads(creditor.stdout)["worst"] == "hard"


@pytest.mark.slow
def test_what_cannot_be_had_is_told_in_a_sentence():
    for options, sentence in (
        (("--reader", "reader@champion"), "there is no artifact 'reader'"),
        (("--no-model", "--standing", "x"), "is no offer"),
        (("--no-model", "--expect"), "has no labels"),
    ):
        ran = command(*options, text="hello")
        assert ran.returncode == 2
        assert sentence in " ".join(ran.stderr.decode().split())
        assert "Traceback" not in ran.stderr.decode()
