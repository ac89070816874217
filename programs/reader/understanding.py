"""The one door from a debtor's words to a move: a reading, or none, held against the words themselves.

Nothing is guessed. A figure counts only where the words offer it now for this debt; whatever is unsure is asked
back with what was said, and every offer is said back before it counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from data.amounts import minor_digits
from data.dimensions import DIMENSIONS, SPECS, Dimension
from data.domain import Disclosure, Move, MoveKind
from data.messages.labels import ClaimKind, Intent, TermKind
from data.terms import PartialTerms, Terms
from programs.reader.agreement import Agreed, agreed
from programs.reader.arithmetic import DIRECT, Owed, terms
from programs.reader.currencies import other_currency
from programs.reader.opinions.whole_message import ACCEPTED, OFFERING
from programs.reader.stated import intents
from programs.reader.stated.dates import rest_by_a_date
from programs.reader.stated.plain import plain
from programs.reader.stated.roles import Role, too_many
from programs.reader.stated.stated_figures import figures, impossible_share
from programs.reader.understood import NotClear, Understood
from programs.table import words
from programs.table.runner import TableState
from signatures.reading import Reading, Said
from wording import mark, say, sentences

_MONEY = frozenset(kind for kind in TermKind if kind.value.endswith("_amount"))


def understand(
    text: str, reading: Reading | None, table: TableState, currency: str, outstanding: int, today: date
) -> Understood:
    """What `text` means as a move, as far as the text itself bears the reading out.

    What the words offer alone and a reading passes over is asked about: a small model takes every tenth offer for talk.

    Args:
        reading: a model's; None where there is none, then the words alone decide.
        table: the debtor's side of it.
        currency: of the debt, as an ISO code.
        outstanding: what is owed, in minor units.
        today: the debtor's; "on the 15th" is counted from it.

    Raises:
        NotClear: nothing definite is said, a figure is impossible or unsure, or figures and intent contradict.
    """
    shown = plain(text)
    _refuse_impossible(shown)
    if too_many(shown):
        raise NotClear(say("Your message has many figures. Which terms do you offer? Please name those alone."))
    debt = Owed(outstanding, currency, table.own or table.theirs)
    understood = _understood(text, reading, agreed(text, reading, today), table, debt)
    if reading is not None and understood.move.kind is MoveKind.REJECT and not understood.leaves:
        alone = agreed(text, None, today)
        _ask_what_words_say(_understood(text, None, alone, table, debt), alone, shown, debt)
    return understood


def _understood(text: str, reading: Reading | None, found: Agreed, table: TableState, debt: Owed) -> Understood:
    shown = plain(text)
    intent = _intent(text, shown, reading)
    named = _named(found, shown, debt)
    named = {d: value for d, value in named.items() if not _stands_already(d, value, table)}
    understood = _intended(intent, named, found, shown, table, debt)
    return _with_claims(understood, found, debt)


_TAKES_IT = mark("Do you accept the creditor's offer as it is?")


def _ask_what_words_say(alone: Understood, found: Agreed, text: str, debt: Owed) -> None:
    """Ask whether it is meant, where the words alone come to more than talk."""
    if alone.move.kind is MoveKind.ACCEPT:
        raise NotClear(say(_TAKES_IT))
    if alone.move.kind is MoveKind.ASK:
        raise NotClear(_asked_about([role for _, role in found.stands], text, debt, {}))


def _intent(text: str, shown: str, reading: Reading | None) -> Intent:
    """Without a model the words' intent; an acceptance if it is bare, or other people's words like these were one."""
    if reading is not None:
        return reading.intent
    said = intents.intent(shown)
    if said not in (Intent.ACCEPT, Intent.TALK):
        return said
    likely = ACCEPTED.likelihood(text)
    if said is Intent.ACCEPT:  # "go ahead", says whoever wants a booking cancelled
        believed = likely >= ACCEPTED.possible or intents.accepts_in_so_many_words(shown)
        return said if believed else intents.unless_accepted(shown)
    nothing_else = not intents.restricted(shown) and not figures(shown)
    return Intent.ACCEPT if likely >= ACCEPTED.sure and nothing_else else said


def terms_after(move: Move, table: TableState) -> Terms:
    """The whole package that an offer stands for: unnamed figures carry over as the table does it.

    Raises:
        NotClear: something is named by nobody yet.
    """
    package = (move.terms or PartialTerms()).over(table.own or table.theirs)
    if package is None:
        raise NotClear(say("There is no offer on the table yet: name all four figures."))
    return package


def acceptance(table: TableState) -> Understood:
    """The move that takes the creditor's offer; to be confirmed.

    Raises:
        NotClear: there is none.
    """
    if table.theirs is None:
        raise NotClear(say("There is no offer to accept yet."))
    sentence = say(
        "I understood: you accept the creditor's offer: {package}. Once you have confirmed it, that is binding.",
        package=words.package_said(table.theirs),
    )
    return Understood(Move.accept(), sentence)


def offer(named: dict[Dimension, float], table: TableState) -> Understood:
    """The move that offers `named`, said back whole."""
    move = Move.ask(PartialTerms.model_validate(named))
    package = words.package_said(terms_after(move, table))
    carried = [say(SPECS[d].label) for d in DIMENSIONS if d not in named]
    if not carried:
        return Understood(move, say("You offer: {package}.", package=package))
    return Understood(move, say(_TAKEN_FROM[table.own is not None], package=package, rest=say(", ").join(carried)))


_TAKEN_FROM = (
    mark("You offer: {package} (not named by you, taken from the creditor's offer: {rest})."),
    mark("You offer: {package} (not named by you, taken from your last offer: {rest})."),
)
"""The same where the debtor has made no offer before, and where there is one."""


def _named(found: Agreed, text: str, debt: Owed) -> dict[Dimension, float]:
    """The terms of the figures that stand."""
    said: dict[TermKind, Decimal] = {}
    for kind, role in found.stands:
        value = role.value
        if kind in _MONEY and (foreign := other_currency(text[slice(*role.span)], debt.currency)):
            raise NotClear(
                say(
                    "You name {words} in {foreign}; the debt is in {currency}. How much is it?",
                    words=_quoted(role, text),
                    foreign=foreign,
                    currency=debt.currency,
                )
            )
        if value is None or (kind in said and said[kind] != value):
            raise NotClear(_either(kind, [r for k, r in found.stands if k is kind], text))
        said[kind] = value
    days = {said[kind] for kind in (TermKind.IMMEDIATE_PAYMENT_DAYS, TermKind.FIRST_DATE) if kind in said}
    if len(days) > 1:
        either = say(" or ").join(f"{d:f}" for d in sorted(days))
        raise NotClear(say("When would the first payment be: in {either} days?", either=either))
    return terms(said, debt)


def _stands_already(dimension: Dimension, value: float, table: TableState) -> bool:
    """Naming what both sides' packages say anyway offers nothing."""
    sides = [side for side in (table.own, table.theirs) if side is not None]
    return bool(sides) and all(abs(getattr(side, dimension) - value) < 0.01 for side in sides)


def _intended(
    intent: Intent, named: dict[Dimension, float], found: Agreed, text: str, table: TableState, debt: Owed
) -> Understood:
    if intent is Intent.ACCEPT and named:
        raise NotClear(
            say(
                "You seem to accept, but name another {what} than the creditor's offer. "
                "Do you accept that offer, or do you make your own?",
                what=say(SPECS[next(iter(named))].label),
            )
        )
    if intent is Intent.LEAVE and named:
        raise NotClear(say("You seem to leave, but name terms. Do you leave, or do you make an offer?"))
    if intent is Intent.ACCEPT and any(_other_than_theirs(role, table) for role in found.unsure):
        told = say(", ").join(_quoted(role, text) for role in found.unsure[:4])
        sentence = mark("You seem to accept, but name {told}. Do you accept the creditor's offer as it is?")
        raise NotClear(say(sentence, told=told))
    if found.unsure and intent is not Intent.ACCEPT:
        raise NotClear(_asked_about(found.unsure, text, debt, named))
    if named and (made_up := _not_repeated(found.unfounded, table)):
        raise NotClear(_nothing_offered(made_up))
    if named and (rest := rest_by_a_date(text)):
        raise NotClear(say("You say '{rest}'. In how many monthly instalments would the rest be paid?", rest=rest))
    if named:  # whoever refuses and names terms makes a counter-offer; the sentence says so
        return offer(named, table)
    if intent is Intent.ACCEPT:
        return acceptance(table)
    if intent is Intent.LEAVE:
        return _leave(text)  # a model alone may not even propose it
    if intent is Intent.OFFER:
        raise NotClear(_nothing_offered(found.unfounded))
    if intent is Intent.TALK:
        _ask_what_is_likely(text, found, table)
    return Understood(Move.reject(), say(_STAYS[intent is Intent.REJECT, table.own is not None]))


def _ask_what_is_likely(text: str, found: Agreed, table: TableState) -> None:
    """Ask whoever takes an offer, or makes one, in words like other people's who did."""
    taken = ACCEPTED.likelihood(text) >= ACCEPTED.possible or intents.accepts(text)
    if table.theirs is not None and taken:
        raise NotClear(say(_TAKES_IT))
    understood = found.stands or found.claims  # what is on the table already is named by its figures
    if not understood and OFFERING.likelihood(text) >= OFFERING.possible:
        raise NotClear(_nothing_offered(()))


_STAYS = {
    (True, True): mark("I understood: you refuse the creditor's offer; your offer stays as it is."),
    (True, False): mark("I understood: you refuse the creditor's offer; you make no offer yet."),
    (False, True): mark("I understood: you make no new offer, your words are passed on; your offer stays as it is."),
    (False, False): mark("I understood: you make no new offer, your words are passed on; you make no offer yet."),
}
"""By whether the creditor's offer is refused, and whether the debtor has made one."""


def _other_than_theirs(role: Role, table: TableState) -> bool:
    """A figure that the offer, which is said to be accepted, does not have."""
    if role.doubt or role.value is None or table.theirs is None:
        return False
    return all(abs(getattr(table.theirs, d) - float(role.value)) >= 0.01 for d in DIMENSIONS)


def _leave(text: str) -> Understood:
    if not intents.leaves(text):
        raise NotClear(say("Do you want to end this conversation without an agreement, or shall we go on?"))
    return Understood(Move.reject(), say("I understood: you end the negotiation."), leaves=True)


def _not_repeated(unfounded: Sequence[Said], table: TableState) -> list[Said]:
    """Small models fill gaps with the standing offer's figures (measured: in 3 of 6 messages); those say nothing."""
    stands = set() if table.theirs is None else set(table.theirs.model_dump().values())
    return [said for said in unfounded if said.value not in stands]


def _nothing_offered(unfounded: Sequence[Said]) -> str:
    asked = say("Which terms do you offer? Name at least one figure, for example '12 monthly instalments'.")
    if not unfounded:
        return asked
    return sentences(say("I do not find {words} as a figure in your words.", words=repr(unfounded[0].words)), asked)


def _asked_about(unsure: Sequence[Role], text: str, debt: Owed, named: dict[Dimension, float]) -> str:
    told = say(", ").join(dict.fromkeys(_told(role, text, debt) for role in unsure[:4]))
    names = mark("You name {told} besides the terms that I understood.") if named else mark("You name {told}.")
    example = say(
        "Do you offer that for this debt, and as what? Say for example "
        "'10% off', '300 now', '200 a month' or '18 instalments'."
    )
    return sentences(say(names, told=told), example)


def _told(role: Role, text: str, debt: Owed) -> str:
    """A figure in the person's words, a sum in the debt's currency too."""
    money = role.value is not None and not role.vague and role.kind in _MONEY
    foreign = other_currency(text[slice(*role.span)], debt.currency)
    return f"{debt.money(role.value)} ({_quoted(role, text)})" if money and not foreign else _quoted(role, text)  # type: ignore[arg-type]


def _either(kind: TermKind, stand: Sequence[Role], text: str) -> str:
    either = say(" or ").join(dict.fromkeys(_quoted(role, text) for role in stand))
    what = say(SPECS[DIRECT[kind]].label if kind in DIRECT else kind.value.replace("_", " "))
    return say("You name more than one {what}: do you mean {either}?", what=what, either=either)


def _quoted(role: Role, text: str) -> str:
    return f"'{text[slice(*role.span)].strip()}'"


def _refuse_impossible(text: str) -> None:
    """Percentages that cannot be: a bounded model output would have bent them to the nearest possible one."""
    if (share := impossible_share(text)) is not None:
        raise NotClear(say("{share} cannot be: a share is from 0% to 100%. What do you mean?", share=share))


def _with_claims(understood: Understood, found: Agreed, debt: Owed) -> Understood:
    minor: dict[str, int] = {}
    for kind in ClaimKind:
        told = {role.value for k, role in found.claims if k is kind and role.value is not None}
        if len(told) == 1:  # two incomes of one person are no definite figure
            minor[kind.value] = int(told.pop().scaleb(minor_digits(debt.currency)))
    if not minor:
        return understood
    said = say("; ").join(
        f"{say(name.replace('_', ' '))} {words.money_said(amount, debt.currency)}" for name, amount in minor.items()
    )
    sentence = sentences(understood.sentence, say("You tell: {said}.", said=said))
    return Understood(understood.move, sentence, Disclosure(**minor), understood.leaves)
