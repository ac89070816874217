"""Creditors without a model, by name, wherever a name is taken."""

from __future__ import annotations

import pytest

from data.domain import CreditorPolicy, MoveKind, Speaker
from metrics.evaluator import score_many
from plumbing.errors import UserError
from programs.creditor.rule_seats import RULE_SEATS, rule_seat
from programs.debtor.simulated import SimulatedDebtor
from programs.playing.contestants import contestant
from programs.table.runner import play
from tests.programs.cases import POLICY, case, random_cases, terms
from tests.programs.creditor.test_rules import OUTSIDE, against, offers


@pytest.mark.parametrize("name", RULE_SEATS)
def test_every_name_is_a_contestant_that_plays_without_a_model(name):
    one = contestant(name)
    record = one.program(case=case(), seed=3).negotiation
    assert (one.kind, one.needs_lm, record.seed) == ("baseline", False, 3)
    assert record == one.program(case=case(), seed=3).negotiation
    seat = rule_seat(name, case().creditor_view(), POLICY, 3)
    assert record.turns == play(case(), seat, SimulatedDebtor(case(), 3), POLICY, 3).turns


def test_a_name_that_there_is_not_is_refused_with_those_that_there_are():
    with pytest.raises(UserError, match="'rational'"):
        rule_seat("ration", case().creditor_view(), POLICY, 0)


def test_what_the_support_learned_is_part_of_who_plays(monkeypatch):
    before = contestant("rational").fingerprint
    other = RULE_SEATS["rational"].__class__("other", RULE_SEATS["rational"].make, lambda: "another model")
    monkeypatch.setitem(RULE_SEATS, "rational", other)
    assert contestant("rational").fingerprint != before
    assert contestant("linear").fingerprint == contestant("linear", policy=CreditorPolicy()).fingerprint


def test_the_support_alone_is_sound_and_beats_the_rules():
    cases = random_cases(24)

    def objective(name):
        seats = [rule_seat(name, c.creditor_view(), POLICY, n) for n, c in enumerate(cases)]
        played = [
            play(c, s, SimulatedDebtor(c, n), POLICY, n) for n, (c, s) in enumerate(zip(cases, seats, strict=True))
        ]
        cards = score_many(played)
        assert {card.DS for card in cards} == {1.0}
        return sum(card.objective for card in cards) / len(cards)

    rational = objective("rational")
    assert all(rational > objective(name) + 0.02 for name in ("linear", "boulware", "micro"))


class TestMicro:
    def test_it_concedes_a_step_only_for_a_new_offer(self):
        held = offers(against("micro", OUTSIDE))
        assert len(set(held)) == 2  # one demand, so it answers with one step
        moving = [terms(60 - n, 0, 30, 36) for n in range(10)]
        assert len(set(offers(against("micro", *moving)))) == 10

    def test_its_steps_are_even_to_the_softest_package(self):
        moving = [terms(60 - n, 0, 30, 36) for n in range(10)]
        made = offers(against("micro", *moving))
        assert (made[0], made[-1]) == (POLICY.firmest(), POLICY.softest())

    def test_it_takes_what_is_as_good_as_its_next_offer(self):
        record = against("micro", POLICY.firmest())
        assert record.turns[-1].move.kind is MoveKind.ACCEPT and record.turns[-1].speaker is Speaker.CREDITOR


def test_the_support_alone_asks_in_the_language_of_its_offer():
    debt_case = case()
    spanish = debt_case.model_copy(update={"debtor": debt_case.debtor.model_copy(update={"language": "es"})})
    record = play(
        spanish, rule_seat("rational", spanish.creditor_view(), POLICY, 0), SimulatedDebtor(spanish, 0), POLICY
    )
    assert record.turns[0].inquiry is not None
    assert record.turns[0].dialogue.startswith("Nuestra oferta")
    assert "May I ask" not in record.turns[0].dialogue
