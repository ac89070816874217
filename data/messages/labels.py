"""What is labelled in a message: signals, intents, terms and claims of a debtor; breaches of a creditor."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class SignalKind(StrEnum):
    """What a debtor's words give notice of, the gravest need first."""

    DISTRESS = "distress"
    """A wish to die, self-harm, acute danger."""
    THREAT = "threat"
    """Against the creditor's people."""
    MINOR = "minor"
    DEATH = "death"
    """Of the debtor."""
    THIRD_PARTY = "third_party"
    """The writer is not the debtor."""
    STOP = "stop"
    """No contact any more, or a flat refusal ever to pay."""
    LAWYER = "lawyer"
    """Represented: a lawyer, a debt adviser, a guardian."""
    BANKRUPTCY = "bankruptcy"
    CAPACITY = "capacity"
    """Cannot follow what an agreement means."""
    DISPUTE = "dispute"
    """Of the debt or its amount, or a request for proof."""
    MILITARY = "military"
    """On active duty."""
    WANTS_PERSON = "wants_person"
    LANGUAGE = "language"
    """Wants, or writes in, a language that is not spoken here."""
    CONTACT_LIMIT = "contact_limit"
    """Hour, place, medium or other people that contact is to keep to or leave out."""
    VULNERABILITY = "vulnerability"
    """Illness, disability, bereavement and the like."""


def gravest_first(kinds: Collection[SignalKind]) -> tuple[SignalKind, ...]:
    """Signals in the order of what a person needs, each once."""
    return tuple(kind for kind in SignalKind if kind in kinds)


class Intent(StrEnum):
    """What a message does on the table."""

    OFFER = "offer"
    ACCEPT = "accept"
    REJECT = "reject"
    LEAVE = "leave"
    TALK = "talk"


class TermKind(StrEnum):
    """What a figure of an offer is: one of the four dimensions, or a sum or date that arithmetic makes one of."""

    DISCOUNT_PCT = "discount_pct"
    IMMEDIATE_PAYMENT_PCT = "immediate_payment_pct"
    IMMEDIATE_PAYMENT_DAYS = "immediate_payment_days"
    INSTALLMENT_PERIODS = "installment_periods"
    FIRST_AMOUNT = "first_amount"
    INSTALLMENT_AMOUNT = "installment_amount"
    """Each month."""
    WEEKLY_AMOUNT = "weekly_amount"
    FORTNIGHTLY_AMOUNT = "fortnightly_amount"
    TOTAL_AMOUNT = "total_amount"
    FIRST_DATE = "first_date"


class ClaimKind(StrEnum):
    """What a debtor says of the household now, each month, in major units of the currency."""

    MONTHLY_INCOME = "monthly_income"
    MONTHLY_EXPENSES = "monthly_expenses"


class BreachKind(StrEnum):
    """How a creditor's words are improper."""

    THREAT = "threat"
    FALSE_LEGAL = "false_legal"
    SHAME = "shame"
    DISCLOSURE = "disclosure"
    PRESSURE_TO_BORROW = "pressure_to_borrow"
    PRESSURE_TO_FORGO = "pressure_to_forgo"
    FALSE_URGENCY = "false_urgency"
    DECEPTION = "deception"


class Severity(StrEnum):
    """How grave a creditor's words are."""

    HARD = "hard"
    SOFT = "soft"
    OK = "ok"
