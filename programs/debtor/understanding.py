"""What a debtor's message means as a move: a command, or a model's reading held against the words themselves.

Nothing is guessed. A figure counts only if the message states it; what is ambiguous, impossible or contradicts the
intent is asked back. Small models fill gaps with the figures of the standing offer (measured: in 3 of 6 messages), so
a figure that is read but not said, and stands already, is no figure of the message.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from data.amounts import minor_digits
from data.dimensions import DIMENSIONS, SPECS, Dimension
from data.domain import Disclosure, Move
from data.terms import PartialTerms, Terms
from metrics.talk.figures import MINOR_PER_MAJOR
from metrics.talk.stated import Figure, stated_figures
from programs.table import words
from programs.table.runner import TableState
from signatures.reading import Reading

_PERCENT = re.compile(r"(-?\d+(?:[.,]\d+)?)\s*(?:%|\uff05|per ?cent)", re.IGNORECASE)


class NotClear(Exception):
    """The message cannot be taken as a move; the text asks back."""


@dataclass(frozen=True)
class Understood:
    """A message as a move, and the sentence that says so to the person."""

    move: Move
    sentence: str
    disclosed: Disclosure | None = None
    leaves: bool = False


def by_command(command: str, figures: list[str], table: TableState) -> Understood:
    """The move of a command.

    Raises:
        NotClear: there is no such command, nothing to accept, or a figure is missing or impossible.
    """
    if command == "offer":
        return _offer(_typed_figures(figures), table)
    if figures:
        raise NotClear(f"/{command} takes nothing behind it; /help lists the commands.")
    if command == "accept":
        return _acceptance(table)
    if command == "reject":
        return Understood(Move.reject(), "You refuse the creditor's offer.")
    if command == "leave":
        return Understood(Move.reject(), "You end the negotiation.", leaves=True)
    raise NotClear(f"There is no command /{command}; /help lists the commands.")


def understand(reading: Reading, text: str, table: TableState, currency: str) -> Understood:
    """What `text` means as a move, as far as the text itself bears the model's reading out.

    Raises:
        NotClear: a figure is not in the text or impossible, or the intent contradicts the figures.
    """
    _refuse_impossible(text)
    claims = {f: value for f in ("monthly_income", "monthly_expenses") if (value := getattr(reading, f)) is not None}
    figures = tuple(f for f in stated_figures(text, currency) if not f.overdue)
    named = _named(reading, figures, table.theirs)
    for dimension in named:
        _refuse_ambiguous(dimension, named, figures, table.theirs)
        _refuse_out_of_range(dimension, named[dimension])
    _demand_stated({SPECS[d].label: value for d, value in named.items()}, text, figures)
    _demand_stated({f.replace("_", " "): value for f, value in claims.items()}, text, figures)
    understood = _intended(reading.intent, named, table)
    if not claims:
        return understood
    minor = {field: value * 10 ** minor_digits(currency) for field, value in claims.items()}
    told = "; ".join(f"{field.replace('_', ' ')} {words.money(minor[field], currency)}" for field in minor)
    return Understood(
        understood.move, f"{understood.sentence} You tell: {told}.", Disclosure(**minor), understood.leaves
    )


def _named(reading: Reading, figures: tuple[Figure, ...], theirs: Terms | None) -> dict[Dimension, float]:
    """The terms of the message: as read, and where the reading only repeats what stands, as the words surely say."""
    named: dict[Dimension, float] = {}
    for dimension in DIMENSIONS:
        read = getattr(reading, dimension)
        stands = None if theirs is None else getattr(theirs, dimension)
        said = {f.value for f in figures if f.dimension == dimension and f.certain}
        if read is not None and (read != stands or read in said):
            named[dimension] = read
        elif reading.intent != "leave" and len(said - {stands}) == 1:
            named[dimension] = (said - {stands}).pop()
    return named


def _intended(intent: str, named: dict[Dimension, float], table: TableState) -> Understood:
    if intent == "accept":
        differing = [d for d, value in named.items() if table.theirs is None or getattr(table.theirs, d) != value]
        if differing:
            raise NotClear(
                f"You seem to accept, but name another {SPECS[differing[0]].label} than the creditor's offer. "
                "Do you accept that offer (/accept), or do you make your own?"
            )
        return _acceptance(table)
    if intent == "leave":
        if named:
            raise NotClear("You seem to leave, but name terms. Do you leave (/leave), or do you make an offer?")
        return Understood(Move.reject(), "I understood: you end the negotiation.", leaves=True)
    if named:  # whoever refuses and names terms makes a counter-offer; the confirmation says so
        return _offer(named, table)
    if intent == "offer":
        raise NotClear("Which terms do you offer? Name at least one figure, for example '12 monthly instalments'.")
    stays = "your offer stays as it is" if table.own else "you make no offer yet"
    did = "you refuse the creditor's offer" if intent == "reject" else "you make no new offer, your words are passed on"
    return Understood(Move.reject(), f"I understood: {did}; {stays}.")


def _acceptance(table: TableState) -> Understood:
    if table.theirs is None:
        raise NotClear("There is no offer to accept yet.")
    sentence = f"I understood: you accept the creditor's offer: {words.package(table.theirs)}. That is binding."
    return Understood(Move.accept(), sentence)


def _offer(named: dict[Dimension, float], table: TableState) -> Understood:
    move = Move.ask(PartialTerms.model_validate(named))
    carried = [SPECS[d].label for d in DIMENSIONS if d not in named]
    source = "your last offer" if table.own else "the creditor's offer"
    rest = f" (not named by you, taken from {source}: {', '.join(carried)})" if carried else ""
    return Understood(move, f"I understood: you offer {words.package(terms_after(move, table))}{rest}.")


def terms_after(move: Move, table: TableState) -> Terms:
    """The whole package that an offer stands for: unnamed figures carry over as the table does it."""
    terms = (move.terms or PartialTerms()).over(table.own or table.theirs)
    if terms is None:
        raise NotClear("There is no offer on the table yet: name all four figures.")
    return terms


def _typed_figures(figures: list[str]) -> dict[Dimension, float]:
    if len(figures) != len(DIMENSIONS):
        raise NotClear("/offer needs four figures: discount %, first payment %, days, months; - leaves one as it is.")
    named: dict[Dimension, float] = {}
    for dimension, typed in zip(DIMENSIONS, figures, strict=True):
        if typed == "-":
            continue
        spec = SPECS[dimension]
        low, high = spec.bounds
        number = typed.removesuffix("%")
        if not re.fullmatch(r"[0-9]{1,4}", number) or not low <= int(number) <= high:
            raise NotClear(f"{typed!r} is no {spec.label}: write a whole number from {low} to {high}, or -.")
        named[dimension] = int(number)
    if not named:
        raise NotClear("Name at least one figure of your own.")
    return named


def _refuse_impossible(text: str) -> None:
    """Percentages that cannot be: a bounded model output would have bent them to the nearest possible one."""
    for figure in _PERCENT.findall(text):
        if not 0 <= float(figure.replace(",", ".")) <= 100:
            raise NotClear(f"{figure}% cannot be: a share is from 0% to 100%. What do you mean?")


def _refuse_out_of_range(dimension: Dimension, value: float) -> None:
    spec = SPECS[dimension]
    low, high = spec.bounds
    if not low <= value <= high or (spec.step and not float(value).is_integer()):
        raise NotClear(f"{value:g} cannot be the {spec.label}: it is from {low} to {high}. What do you mean?")


def _refuse_ambiguous(
    dimension: Dimension, named: dict[Dimension, float], figures: tuple[Figure, ...], theirs: Terms | None
) -> None:
    """The text must not name two figures for one term, nor surely another one than was read."""
    value, elsewhere = named[dimension], {v for d, v in named.items() if d != dimension}
    meant = {f.value for f in figures if f.dimension == dimension and f.certain}
    if SPECS[dimension].unit == "percent":  # a percentage that does not say of what, and that was read as nothing else
        meant |= {f.value for f in figures if not f.certain} - elsewhere
    if len(meant) > 1 and theirs is not None:
        meant -= {getattr(theirs, dimension)}  # "not 50%, but 20%" quotes the creditor's figure to refuse it
    if len(meant) > 1:
        either = " or ".join(f"{v:g}" for v in sorted(meant))
        raise NotClear(f"You name more than one {SPECS[dimension].label}: do you mean {either}?")
    if meant and value not in meant:
        raise NotClear(f"I am not sure about the {SPECS[dimension].label}: do you mean {meant.pop():g}?")


def _demand_stated(read: dict[str, float], text: str, figures: tuple[Figure, ...]) -> None:
    stated = _numbers(text) | {f.value / MINOR_PER_MAJOR if f.dimension == "amount" else f.value for f in figures}
    for name, value in read.items():
        if value not in stated:
            raise NotClear(f"I do not find the {name} in your words: please write it in digits, if you mean one.")


def _numbers(text: str) -> set[float]:
    """Every number that the text states in digits, with or without thousands separators."""
    plain = re.sub(r"(?<=\d)[,\u00a0\u202f](?=\d{3}(?!\d))", "", text)
    return {float(number) for number in re.findall(r"\d+(?:\.\d+)?", plain)}
