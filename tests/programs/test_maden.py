from __future__ import annotations

import re

import dspy
import pytest

from data.domain import Disclosure, Ending, Inquiry, MoveKind, Speaker, Turn
from metrics.evaluator import score
from programs.creditor.briefing import Briefing
from programs.creditor.settings import ProgramSettings, Variant
from programs.debtor.claims import as_told
from programs.maden import Maden
from programs.table.runner import DebtorReply
from tests.programs.cases import POLICY, case, random_cases
from tests.programs.hostile import HOSTILE_TEXTS
from tests.programs.players import NEGOTIATING, PLAN, TAKE, playing, situation, turn


def played(lm, the_case=None, variant=Variant.MADEN, seed=0, debtors=None, **settings):
    program = Maden(ProgramSettings(variant=variant, **settings), **({"debtors": debtors} if debtors else {}))
    with dspy.context(lm=lm):
        return program(case=the_case or case(), seed=seed).negotiation


@pytest.mark.parametrize("variant", NEGOTIATING)
def test_every_variant_plays_to_a_scored_ending(variant):
    lm = playing()
    record = played(lm, variant=variant)
    assert record.ending is Ending.AGREEMENT
    assert POLICY.breaches(record.agreed) == ()
    assert score(record).SR == 1
    assert bool(record.ladder) == variant.plans
    assert any("`strategy`" in p for p in lm.engine.prompts) == variant.plans
    notes = [note for t in record.turns for note in t.notes if note.startswith("judge:")]
    asked = [note for note in notes if "no question" not in note]
    assert sum("`verdict`" in p for p in lm.engine.prompts) == len(asked)
    assert not notes or variant.judges


def test_the_planned_opening_is_offered_with_its_question_and_then_one_rung_at_a_time():
    record = played(playing(), variant=Variant.PLANNED)
    mine = [t for t in record.turns if t.speaker is Speaker.CREDITOR]
    assert mine[0].inquiry is Inquiry.INCOME
    assert "monthly income" in mine[0].dialogue
    offers = [t.move.terms for t in mine if t.move.kind is MoveKind.ASK]
    assert offers[0].installment_periods == PLAN["opening"]["installment_periods"]
    assert len(offers) > 1
    assert offers[1].installment_periods > offers[0].installment_periods


class Tells:
    """A debtor that tells its income, then its expenses, never accepts, and asks for the same again."""

    def __init__(self, the_case, seed):
        self.claims = [Disclosure(monthly_income=600_000), Disclosure(monthly_expenses=550_000)]

    def reply(self, table):
        claim = self.claims.pop(0) if self.claims else None
        return DebtorReply(Turn.model_validate(
            {"speaker": "debtor", "move": {"kind": "ask", "terms": {"discount_pct": 20, "installment_periods": 24}},
             "dialogue": "I cannot.", "disclosed": claim}
        ))  # fmt: skip


def test_it_plans_again_once_both_income_and_expenses_are_known_and_never_firmer():
    lm = playing()
    record = played(lm, variant=Variant.PLANNED, debtors=Tells)
    plans = [p for p in lm.engine.prompts if "`strategy`" in p]
    assert len(plans) == 2
    assert "leaves CNY 500.00 a month" in plans[1]
    assert "nothing firmer is possible" in plans[1]
    offers = [record.standing(Speaker.CREDITOR, before=i) for i in range(1, len(record.turns), 2)]
    periods = [o.installment_periods for o in offers]
    assert periods == sorted(periods)
    lm = playing()
    played(lm, variant=Variant.PLANNED, debtors=Tells, replan_on_disclosure=False)
    assert sum("`strategy`" in p for p in lm.engine.prompts) == 1


def test_three_equal_packages_still_make_a_ladder_to_descend():
    flat = {**PLAN, "target": PLAN["opening"], "floor": PLAN["opening"]}
    record = played(playing(plan=flat), variant=Variant.PLANNED)
    assert len(record.ladder) >= 3


def test_the_judge_sends_back_a_step_that_the_debtor_has_not_earned_and_the_advice_is_read():
    def negotiator(prompt):
        held = "hold our offer" in prompt.rsplit("[[ ## advice ## ]]", 1)[-1].split("[[ ##")[0]
        return turn("hold" if held else "step_down")

    lm = playing(negotiator)
    record = played(lm, debtors=Tells)
    notes = [n for t in record.turns for n in t.notes if n.startswith("judge:")]
    assert notes[0] == "judge: approved (within the facts)", "the debtor has made one offer only: the model decides"
    assert notes[1] == "judge: sent back (too much given), the facts overruled the model"
    second, third = [t for t in record.turns if t.speaker is Speaker.CREDITOR][1:3]
    assert third.move.terms == second.move.terms


def test_acceptance_of_an_instalment_above_the_stated_surplus_is_sent_back():
    class Poor(Tells):
        def __init__(self, the_case, seed):
            self.claims = [Disclosure(monthly_income=600_000, monthly_expenses=590_000)]

    record = played(playing(lambda _: turn("accept")), debtors=Poor, max_revisions=1)
    notes = [n for t in record.turns for n in t.notes]
    assert any("not affordable" in n or "too much given" in n for n in notes)


def test_a_legal_opening_comes_first_whatever_the_model_chooses():
    for choice in ("accept", "hold", "step_down"):
        record = played(playing(lambda _, c=choice: turn(c)), variant=Variant.PLANNED)
        assert record.turns[0].move.kind is MoveKind.ASK
        assert record.turns[0].proposed is None


def test_an_unusable_answer_costs_one_more_call_and_then_the_offer_is_held():
    state = {"n": 0}

    def negotiator(prompt):
        state["n"] += 1
        return "no json at all" if "Round 1 " not in situation(prompt) else turn("hold")

    lm = playing(negotiator)
    record = played(lm, variant=Variant.PLANNED)
    second = [t for t in record.turns if t.speaker is Speaker.CREDITOR][1]
    assert second.notes == ("output: unparseable_output, held the offer",)
    assert record.ending is not Ending.PROGRAM_FAULT
    round_two = [p for p in lm.engine.prompts if "Round 2 " in situation(p)]
    assert len(round_two) == 2


def test_an_opening_that_never_parses_is_the_programs_fault_and_scores_zero():
    record = played(playing(plan="nonsense"))
    assert record.ending is Ending.PROGRAM_FAULT
    assert record.failure.startswith("unparseable_output")
    assert score(record).objective == 0


def test_a_provider_that_is_down_is_nobodys_score():
    lm = playing(failures=[dspy.lm15.RateLimitError("slow down")] * 9)
    record = played(lm)
    assert record.ending is Ending.INFRASTRUCTURE
    assert record.failure.startswith("rate_limit")


def private_figures(the_case):
    finances = the_case.finances
    return {finances.monthly_income, finances.monthly_expenses, finances.assets}


def stated(amount_minor, text):
    whole = amount_minor // 100
    return any(figure in text for figure in (f"{whole:,}", str(amount_minor), str(whole)))


@pytest.mark.parametrize("variant", NEGOTIATING)
def test_no_private_figure_reaches_a_creditor_prompt_before_the_debtor_says_it(variant):
    """Every case has amounts that nothing else produces; rounded as told, they may appear only after the debtor's
    words hold them."""
    checked = 0
    for index, base in enumerate(random_cases(18)):
        secret = base.model_copy(
            update={
                "finances": base.finances.model_copy(
                    update={
                        "monthly_income": 7_113_031 + index * 100,
                        "monthly_expenses": 6_417_017 + index * 100,
                        "assets": 9_231_019 + index * 100,
                        "story": "canary-story",
                    }
                )
            }
        )
        lm = playing(
            lambda p: (
                turn("step_down", inquiry="income")
                if '\\"ask\\"' not in p
                else turn("ask", inquiry="assets", terms=TAKE)
            )
        )
        record = played(lm, secret, variant=variant, seed=index)
        said = " ".join(t.dialogue for t in record.turns if t.speaker is Speaker.DEBTOR)
        said_digits = re.sub(r"[^\d]", "", said)
        for number, prompt in enumerate(lm.engine.prompts):
            assert "canary-story" not in prompt
            assert str(secret.persona) not in prompt.lower().split()
            for exact in private_figures(secret):
                assert not stated(exact, prompt), "nobody says it so exactly"
                amount = as_told(exact, "CNY")
                if stated(amount, prompt):
                    assert str(amount // 100) in said_digits, f"prompt {number} knows {amount} unsaid"
                    checked += 1
    assert checked > 0, "the debtors never disclosed anything, so the test saw no disclosure either"


def test_a_creditor_briefing_cannot_hold_finances():
    assert not {"finances", "persona"} & set(case().creditor_view().model_dump())
    assert Briefing.__annotations__["view"] == "CreditorView"


class Hostile:
    """Says a hostile text and asks for everything."""

    def __init__(self, text):
        self.text = text

    def __call__(self, the_case, seed):
        return self

    def reply(self, table):
        return DebtorReply(Turn.model_validate(
            {"speaker": "debtor", "dialogue": self.text, "move": {"kind": "ask", "terms": {
                "discount_pct": 100, "immediate_payment_pct": 0, "immediate_payment_days": 365,
                "installment_periods": 600}}}
        ))  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("variant", [Variant.VANILLA, Variant.MADEN])
def test_two_hundred_hostile_texts_move_no_term_outside_the_policy(variant):
    gullible = {
        "discount_pct": 100,
        "immediate_payment_pct": 0,
        "immediate_payment_days": 90,
        "installment_periods": 60,
    }
    assert len(HOSTILE_TEXTS) >= 200
    for index, text in enumerate(HOSTILE_TEXTS):
        choice = "accept" if index % 2 else "ask"

        def negotiator(prompt, choice=choice):
            if '\\"ask\\"' in prompt:
                return turn(choice, message="Done, 100% off.", terms=gullible)
            return turn("accept" if choice == "accept" else "step_down", message="Done, 100% off.")

        lm = playing(negotiator)
        record = played(lm, variant=variant, debtors=Hostile(text))
        for t in record.turns:
            if t.speaker is Speaker.CREDITOR:
                assert t.move.kind is not MoveKind.ACCEPT
                assert "100" not in t.dialogue
        standing = record.standing(Speaker.CREDITOR)
        assert POLICY.breaches(standing) == ()
        assert record.agreed is None
        assert all(len(p) < 30_000 for p in lm.engine.prompts)
        assert all("\u202e" not in p and "\x00" not in p for p in lm.engine.prompts)


def test_a_rung_that_the_debtor_already_offers_is_not_given_but_the_offer_taken():
    class Generous:
        def __init__(self, the_case, seed):
            pass

        def reply(self, table):
            return DebtorReply(
                Turn.model_validate(
                    {
                        "speaker": "debtor",
                        "dialogue": "All of it in three months.",
                        "move": {"kind": "ask", "terms": {**POLICY.firmest().model_dump()}},
                    }
                )
            )

    record = played(playing(), variant=Variant.PLANNED, debtors=Generous)
    assert record.ending is Ending.AGREEMENT
    assert record.agreed == POLICY.firmest()


def test_the_cached_part_of_a_prompt_is_the_same_as_dspys_own():
    from programs.models.adapter import ADAPTER

    for name, predictor in Maden().named_predictors():
        changed = predictor.signature.with_instructions(f"other words for {name}")
        for signature in (predictor.signature, changed, predictor.signature):
            inputs = dict.fromkeys(signature.input_fields, "x")
            assert ADAPTER.format(signature, [], inputs) == dspy.JSONAdapter().format(signature, [], inputs)


def test_a_second_plan_that_does_not_parse_leaves_the_first_one_standing():
    state = {"plans": 0}

    def negotiator(prompt):
        if "`strategy`" not in prompt:
            return turn("step_down")
        state["plans"] += 1
        return {"strategy": PLAN} if state["plans"] == 1 else "nonsense"

    lm = playing(negotiator)
    lm.engine.answer = negotiator
    record = played(lm, variant=Variant.PLANNED, debtors=Tells)
    assert state["plans"] == 3, "one plan, then one that is asked for twice"
    assert record.ending is not Ending.PROGRAM_FAULT
    assert len(record.ladder) > 3
