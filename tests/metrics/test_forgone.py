"""What a turn gave up: notes of this version and of the earlier one, and what is made of them."""

from __future__ import annotations

import pytest

from data.domain import Ending, MoveKind, Negotiation, Turn
from metrics.evaluator import score
from metrics.feedback import feedback
from metrics.forgone import forgone, forgone_note, lost_turns
from tests.programs.cases import case

EARLIER = "support: 0.0213 of expected CCI below the best option (the acceptance)"


def said(*notes: str, speaker: str = "creditor") -> Turn:
    return Turn.model_validate({"speaker": speaker, "move": {"kind": "ask"}, "dialogue": "Well.", "notes": notes})


def record(*turns: Turn) -> Negotiation:
    return Negotiation(case=case(), turns=turns, ending=Ending.ROUND_LIMIT)


def test_a_note_says_what_was_picked_where_that_cost_something():
    note = forgone_note(0.0213, MoveKind.ASK, "C. no discount", "A. a 5% discount")
    assert note.endswith("(an offer); picked C. no discount; better A. a 5% discount")
    assert forgone(said(note)) == pytest.approx(0.0213)
    assert forgone_note(0.001, MoveKind.ASK, "C. no discount", "A. a 5% discount").endswith("(an offer)")


def test_a_note_of_the_earlier_version_is_read_as_before():
    assert forgone_note(0.0213, MoveKind.ACCEPT) == EARLIER
    assert forgone(said(EARLIER)) == pytest.approx(0.0213)
    assert forgone(said("judge: approved")) is None
    assert lost_turns(record(said(EARLIER)))[0][2:] == ("", "")


def test_the_turns_that_lost_most_come_first_and_are_named_to_those_whose_doing_they_are():
    notes = [
        forgone_note(cost, MoveKind.ASK, f"C. pick {n}", f"A. best {n}") for n, cost in enumerate((0.01, 0.0, 0.03), 1)
    ]
    turns = [turn for note in notes for turn in (said(note), said(speaker="debtor"))]
    played = record(*turns)
    assert [(one.round, one.better) for one in lost_turns(played)] == [(3, "A. best 3"), (1, "A. best 1")]
    card = score(played)
    told = feedback(played, card, "negotiator")
    third = "In round 3 the pick came to 30 less than the best option: picked was C. pick 3; better was A. best 3."
    assert third in told
    assert told.index(third) < told.index("In round 1 the pick came to 10 less")
    assert "In round 2 the pick" not in told
    assert third in feedback(played, card, "judge")
    assert third in feedback(played, card)
    assert third not in feedback(played, card, "planner")
