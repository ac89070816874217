"""The creditor's figures in words: code states the offer, the model argues.

Every sentence here carries the move's figures and no others, so that what is said is what is binding. What a person
is told (`statement`, `question`, `package_said`, `money_said`) is in the language that is spoken (`wording`); what
prompts and tables show (`package`, `money`, `account`) is English.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from data.amounts import minor_digits
from data.domain import CreditorPolicy, CreditorView, Inquiry, MoveKind
from data.terms import Terms
from plumbing.plain_text import visible
from wording import (
    LANGUAGES,
    english_name,
    language_spoken,
    mark,
    money_text,
    say,
    say_in,
    say_many,
    sentences,
    share_text,
)
from wording.tags import SOURCE, catalogue_tag

QUESTIONS: dict[Inquiry, str] = {
    Inquiry.INCOME: mark("May I ask what your monthly income is at present?"),
    Inquiry.EXPENSES: mark("May I ask what you need for living costs each month?"),
    Inquiry.ASSETS: mark("May I ask what savings you could draw on?"),
    Inquiry.REASON: mark("May I ask what made it hard to pay?"),
}
_AGREED = mark("Agreed: {package}.")
_REFUSED = mark("I cannot accept that. Our offer stays: {package}.")
_REPEATED = mark("Our offer stays: {package}.")
_OFFERED = mark("Our offer is: {package}.")
_INTERNAL = re.compile(
    r"[\d%\u2460-\u24ff]|\b(the debtor|rungs?|ladder|step down|on pace|the pace|limits?|policy|floor)\b",
    re.IGNORECASE,
)
# Words of the briefing that no creditor says to a person, between strokes; in a catalogue those of its language.
_INTERNAL_WORDS = mark("the debtor|rung|rungs|ladder|step down|on pace|the pace|limit|limits|policy|floor")
_ENDS = re.compile(r"([.!?\u3002\uff01\uff1f]+)[\"'\u201d\u2019\u300d\u300f]?|\n")
_ENDS_AS_OF_OLD = re.compile(r"([.!?]+)[\"'”’]?|\n")
"""Where no language is asked for: what was played before plays unchanged."""
_TO_A_FULL_STOP = r"(?:[^.\u3002]|(?<=\d)\.(?=\d))*"
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


def money_said(amount_minor: int, currency: str, *, short: bool = False) -> str:
    """An amount as a person reads it in the language that is spoken; `short`: no decimals where they are zero."""
    return money_text(amount_minor, currency, minor_digits(currency), short=short)


def package_said(terms: Terms) -> str:
    """The four figures as a clause in the language that is spoken; in English that of `package`."""
    share = share_text(terms.discount_pct)
    return say(
        "{discount}, {share} paid within {days}, the rest in {instalments}",
        discount=say("a {share} discount", share=share) if terms.discount_pct else say("no discount"),
        share=share_text(terms.immediate_payment_pct),
        days=say_many("{n} day", "{n} days", terms.immediate_payment_days),
        instalments=say_many("{n} monthly instalment", "{n} monthly instalments", terms.installment_periods),
    )


def question(inquiry: Inquiry) -> str:
    """What is asked, in the language that is spoken."""
    return say(QUESTIONS[inquiry])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def statement(kind: MoveKind, terms: Terms, repeated: bool) -> str:
    """The sentence that makes a move binding, in the language that is spoken.

    Args:
        kind: the move.
        terms: the package that stands after it (for accept: the debtor's).
        repeated: whether the creditor stood there before.
    """
    said = {MoveKind.ACCEPT: _AGREED, MoveKind.REJECT: _REFUSED}.get(kind, _REPEATED if repeated else _OFFERED)
    return say(said, package=package_said(terms))


def argument(dialogue: str, inquiry: Inquiry | None) -> str:
    """What is left of a creditor's words without the stated offer and the question: the model's own part."""
    if inquiry is not None:
        for tag in LANGUAGES:
            dialogue = dialogue.replace(say_in(tag, QUESTIONS[inquiry]), "")
    return " ".join(_stated().sub("", dialogue).split())


@lru_cache(maxsize=1)
def _stated() -> re.Pattern[str]:
    """What `statement` writes in any language: to its first full stop that is in no figure."""
    said = [say_in(tag, one) for tag in LANGUAGES for one in (_REFUSED, _REPEATED, _OFFERED, _AGREED)]
    return re.compile("|".join(_TO_A_FULL_STOP.join(map(re.escape, one.split("{package}"))) for one in said))


def spoken_part(text: str, dialogue: str) -> str:
    """The sentences of a model's message that may be said: complete, new, no figures, nothing internal.

    The offer's figures are stated by code. A sentence about "the debtor", rungs or limits is the model's briefing and
    not said to a person; one that stands in the dialogue already is an echo, often in the debtor's own voice; one
    without an end was cut at the length limit. Where a language is asked for (`wording.speaking`), what is in another
    one is left out as well.
    """
    said, asked = dialogue.casefold(), language_spoken()
    whole = [s.strip() for s in _ended(text, _ENDS if asked else _ENDS_AS_OF_OLD)]
    new = [s for s in whole if not _INTERNAL.search(s) and s.casefold().rstrip(".!?\u3002\uff01\uff1f") not in said]
    if asked is None:
        return " ".join(new)
    return sentences(*(s for s in new if _may_be_said(s, catalogue_tag(asked) or SOURCE)))


def _ended(text: str, ends: re.Pattern[str]) -> Iterator[str]:
    """The sentences that come to an end on their line, in time linear in the text's length."""
    start = 0
    for end in ends.finditer(text):
        if end[1] is None:
            start = end.end()
        elif end.start() == start:  # marks alone; a quote behind them opens the next sentence
            start = end.end(1)
        else:
            yield text[start : end.end()]
            start = end.end()


def _may_be_said(sentence: str, tag: str) -> bool:
    """Whether a sentence is in the language that was asked for, without that language's words of the briefing."""
    from screening.languages import written_in  # its library takes longer to load than a console may take to help

    return written_in(sentence, tag) and not _internal_words(tag).search(sentence)


@lru_cache(maxsize=8)
def _internal_words(tag: str) -> re.Pattern[str]:
    words = say_in(tag, _INTERNAL_WORDS).split("|")
    # Chinese has no spaces, so a word there has no borders
    bordered = [rf"\b{re.escape(one)}\b" if one[0] < "\u2e80" else re.escape(one) for one in words]
    return re.compile("|".join(bordered), re.IGNORECASE)


def heard(text: str, most_chars: int | None = MAX_HEARD_CHARS) -> str:
    """A debtor's words made safe for one line of a prompt: nothing invisible, no line breaks, bounded unless None.

    A message can then not imitate a prompt's own structure ("Creditor: ..." on a new line, field markers).
    """
    flat = " ".join(visible(text, keep_newlines=False).replace("[[", "[ [").replace("##", "#").split())
    return flat if most_chars is None or len(flat) <= most_chars else flat[:most_chars] + " ... (cut)"


def account(view: CreditorView) -> str:
    """The debt and the person as prompts show them."""
    debt, person = view.debt, view.debtor
    age = f"{person.age} years old" if person.age else ""
    speaks = f"speaks {english_name(tag)}" if (tag := other_tongue(view)) else ""
    who = ", ".join(part for part in (person.name or "the debtor", age, speaks) if part)
    return (
        f"{who}; {debt.product}; owes {money(debt.outstanding, debt.currency)} "
        f"(lent {money(debt.principal, debt.currency)}); {debt.overdue_days} days overdue"
    )


def other_tongue(view: CreditorView) -> str | None:
    """The language that the debtor is spoken to in, where it is not English; None where it is, or nobody knows."""
    tag = catalogue_tag(view.debtor.language)
    return None if tag == SOURCE else tag


def limits(policy: CreditorPolicy) -> str:
    """The policy as prompts show it."""
    p = policy
    return (
        f"discount {p.min_discount_pct:g}-{p.max_discount_pct:g}%; "
        f"immediate payment {p.min_immediate_payment_pct:g}-{p.max_immediate_payment_pct:g}% "
        f"within {p.min_immediate_payment_days}-{p.max_immediate_payment_days} days; "
        f"{p.min_installment_periods}-{p.max_installment_periods} monthly instalments; {p.round_limit} rounds at most"
    )
