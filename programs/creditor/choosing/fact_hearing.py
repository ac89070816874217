"""What the debtor tells in words alone: sentences with a figure that no offer and no claim explains are asked about.

A model says what such a sentence means; code holds it against the sentence and the debtor's own moves, and the support
computes what follows. Where every figure is explained no model is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import dspy

from data.amounts import minor_digits
from data.domain import Disclosure, Speaker, Turn
from data.steps import Step, steps
from data.terms import Terms
from programs.creditor.briefing import Briefing
from programs.creditor.settings import ProgramSettings
from programs.creditor.support.told_in_words import ToldInWords
from programs.models.calls import call
from programs.reader.message_parts import sentences_of
from programs.reader.stated.plain import plain
from programs.reader.stated.stated_figures import Unit, figures
from programs.table import words
from programs.table.failures import UnparseableOutput
from signatures.options import FactsHeard, HearFacts
from wording import mark

MOST_SENTENCES = 2
"""Of one message that are asked about."""
LEAST_FIGURE = 2
"""A one is seldom a figure."""
MOST_TIMES_CLAIMED = 3
"""A second income above so many times the own one was misheard."""
INCOME = mark("heard: more income each month")
LIMIT = mark("heard: a limit a month")
WAIT = mark("heard: nothing can be paid before a day")


class FactHearing(dspy.Module):
    """Understands what is said in passing (paper: communicating agent, who sees the dialogue)."""

    def __init__(self, settings: ProgramSettings) -> None:
        super().__init__()
        self.settings = settings
        self.predict = dspy.Predict(HearFacts)

    def forward(self, briefing: Briefing, known: ToldInWords, seed: int = 0) -> dspy.Prediction:
        """A `Prediction` with `heard` (ToldInWords: `known` and what the last message adds) and `notes`.

        Raises:
            InfrastructureFailure: see `programs.models.calls.call`.
        """
        heard = known
        for sentence in unexplained(briefing):
            try:
                said: FactsHeard = call(
                    self.predict, "negotiator", seed, self.settings.temperature, sentence=sentence
                ).heard
            except UnparseableOutput:
                continue
            heard = understood(said, sentence, briefing, heard)
        return dspy.Prediction(heard=heard, notes=tuple(_notes(known, heard)))


class ListeningNegotiator(dspy.Module):
    """The negotiator of a program that hears, and leaves the rest to what is computed."""

    def __init__(self, settings: ProgramSettings) -> None:
        super().__init__()
        self.hearing = FactHearing(settings)


def unexplained(briefing: Briefing) -> list[str]:
    """The sentences of the debtor's last message with a figure that is neither an offer's nor a claim's."""
    if not briefing.table.turns or briefing.table.turns[-1].speaker is not Speaker.DEBTOR:
        return []
    *_, last = steps(briefing.table.turns)
    explained = set(_explained(last, briefing.view.debt.currency))
    found = [one for one in sentences_of(words.heard(last.turn.dialogue)) if set(_figures(one)) - explained]
    return found[:MOST_SENTENCES]


def understood(said: FactsHeard, sentence: str, briefing: Briefing, known: ToldInWords) -> ToldInWords:
    """`known` with the facts whose figure the sentence has, if the debtor's own moves do not speak against them."""
    sums, waits = (
        {one.value for one in figures(plain(sentence)) if one.unit in units} - {None, Decimal(1)}
        for units in ((Unit.MONEY, Unit.BARE), (Unit.DAYS,))
    )
    minor, asked = 10 ** minor_digits(briefing.view.debt.currency), briefing.table.theirs
    income, limit, days = said.other_income_a_month, said.highest_payment_a_month, said.days_until_first_payment
    own = briefing.disclosed.monthly_income
    new: dict[str, int] = {}
    if income in sums and (own is None or income * minor <= MOST_TIMES_CLAIMED * own):
        new["second_income_minor"] = income * minor
    elif limit in sums and (asked is None or briefing.instalment(asked) <= limit * minor):
        new["most_monthly_minor"] = limit * minor
    if days in waits and (asked is None or asked.immediate_payment_days >= days):
        new["first_day"] = days
    return known.model_copy(update=new)


def _notes(before: ToldInWords, after: ToldInWords) -> Iterator[str]:
    changed = {name for name in ToldInWords.model_fields if getattr(before, name) != getattr(after, name)}
    found = (("second_income_minor", INCOME), ("most_monthly_minor", LIMIT), ("first_day", WAIT))
    return (note for name, note in found if name in changed)


def _figures(text: str) -> Iterator[Decimal]:
    return (one.value for one in figures(plain(text)) if one.value is not None and one.value >= LEAST_FIGURE)


def _explained(step: Step, currency: str) -> Iterator[Decimal]:
    """Numbers of the packages on the table and of what was claimed, in major units."""
    for terms in (step.after, step.own.standing, step.theirs.standing):
        yield from () if terms is None else _of(terms)
    yield from (Decimal(minor) / 10 ** minor_digits(currency) for minor in _claimed(step.turn, step.claims))


def _of(terms: Terms) -> Iterator[Decimal]:
    return (Decimal(repr(float(value))) for value in terms.model_dump().values())


def _claimed(turn: Turn, claims: Disclosure) -> list[int]:
    return [one for one in (claims.monthly_income, claims.monthly_expenses, claims.assets) if one is not None]
