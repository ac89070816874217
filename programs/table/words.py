"""The creditor's figures in words: code states the offer, the model argues.

Every sentence here carries the move's figures and no others, so that what is said is what is binding.
"""

from __future__ import annotations

import re

from data.amounts import minor_digits
from data.domain import CreditorPolicy, CreditorView, Inquiry, MoveKind
from data.terms import Terms
from plumbing.plain_text import visible

QUESTIONS: dict[Inquiry, str] = {
    Inquiry.INCOME: "May I ask what your monthly income is at present?",
    Inquiry.EXPENSES: "May I ask what you need for living costs each month?",
    Inquiry.ASSETS: "May I ask what savings you could draw on?",
    Inquiry.REASON: "May I ask what made it hard to pay?",
}

_STATED = re.compile(r"(I cannot accept that\. )?(Our offer is|Our offer stays|Agreed): [^.]*\.")
"""What `statement` writes; no figure in it has a full stop, since models name whole numbers."""
_INTERNAL = re.compile(
    r"[\d%\u2460-\u24ff]|\b(the debtor|rungs?|ladder|step down|on pace|the pace|limits?|policy|floor)\b",
    re.IGNORECASE,
)
MAX_HEARD_CHARS = 600
"""How much of one debtor message a creditor prompt carries; a longer one is cut and says so."""


def money(amount_minor: int, currency: str) -> str:
    """`1234567, "CNY"` as `CNY 12,345.67`, with the decimals that the currency has."""
    digits = minor_digits(currency)
    whole, rest = divmod(amount_minor, 10**digits)
    return f"{currency} {whole:,}" + (f".{rest:0{digits}d}" if digits else "")


def package(terms: Terms) -> str:
    """The four figures as a clause."""
    discount = f"a {terms.discount_pct:g}% discount" if terms.discount_pct else "no discount"
    return (
        f"{discount}, {terms.immediate_payment_pct:g}% paid within {_count(terms.immediate_payment_days, 'day')}, "
        f"the rest in {_count(terms.installment_periods, 'monthly instalment')}"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def statement(kind: MoveKind, terms: Terms, repeated: bool) -> str:
    """The sentence that makes a move binding.

    Args:
        kind: the move.
        terms: the package that stands after it (for accept: the debtor's).
        repeated: whether the creditor stood there before.
    """
    if kind is MoveKind.ACCEPT:
        return f"Agreed: {package(terms)}."
    if kind is MoveKind.REJECT:
        return f"I cannot accept that. Our offer stays: {package(terms)}."
    return f"{'Our offer stays' if repeated else 'Our offer is'}: {package(terms)}."


def argument(dialogue: str, inquiry: Inquiry | None) -> str:
    """What is left of a creditor's words without the stated offer and the question: the model's own part."""
    rest = dialogue.replace(QUESTIONS[inquiry], "") if inquiry is not None else dialogue
    return " ".join(_STATED.sub("", rest).split())


def spoken_part(text: str, dialogue: str) -> str:
    """The sentences of a model's message that may be said: complete, new, no figures, nothing internal.

    The offer's figures are stated by code. A sentence about "the debtor", rungs or limits is the model's briefing and
    not said to a person; one that stands in the dialogue already is an echo, often in the debtor's own voice; one
    without an end was cut at the length limit.
    """
    said = dialogue.casefold()
    sentences = (s.strip() for s in re.findall(r"[^.!?\n]+[.!?]+[\"'”’]?", text))
    return " ".join(s for s in sentences if not _INTERNAL.search(s) and s.casefold().rstrip(".!?") not in said)


def heard(text: str, most_chars: int | None = MAX_HEARD_CHARS) -> str:
    """A debtor's words made safe for one line of a prompt: nothing invisible, no line breaks, bounded unless None.

    A message can then not imitate a prompt's own structure ("Creditor: ..." on a new line, field markers).
    """
    flat = " ".join(visible(text, keep_newlines=False).replace("[[", "[ [").replace("##", "#").split())
    return flat if most_chars is None or len(flat) <= most_chars else flat[:most_chars] + " ... (cut)"


def account(view: CreditorView) -> str:
    """The debt and the person as prompts show them."""
    debt, person = view.debt, view.debtor
    who = ", ".join(
        part for part in (person.name or "the debtor", f"{person.age} years old" if person.age else "") if part
    )
    return (
        f"{who}; {debt.product}; owes {money(debt.outstanding, debt.currency)} "
        f"(lent {money(debt.principal, debt.currency)}); {debt.overdue_days} days overdue"
    )


def limits(policy: CreditorPolicy) -> str:
    """The policy as prompts show it."""
    p = policy
    return (
        f"discount {p.min_discount_pct:g}-{p.max_discount_pct:g}%; "
        f"immediate payment {p.min_immediate_payment_pct:g}-{p.max_immediate_payment_pct:g}% "
        f"within {p.min_immediate_payment_days}-{p.max_immediate_payment_days} days; "
        f"{p.min_installment_periods}-{p.max_installment_periods} monthly instalments; {p.round_limit} rounds at most"
    )
