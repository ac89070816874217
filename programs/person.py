"""A person on the debtor's side: what they type becomes a move, and nothing is binding before they confirm it.

Commands work without a model. Free text is read by one (signatures/reading.py), and what it read is checked against
the text: a figure that the message does not state, or that is impossible, is asked back, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import dspy

from data.amounts import minor_digits
from data.domain import DIMENSIONS, DebtCase, Dimension, Disclosure, Move, MoveKind, PartialTerms, Speaker, Terms, Turn
from data.errors import UserError
from metrics.figures import MINOR_PER_MAJOR
from metrics.stated import Figure, stated_figures
from programs import words
from programs.calls import call
from programs.failures import InfrastructureFailure, ProgramFault
from programs.table import DebtorReply, TableState
from signatures.reading import Reading, ReadMessage

Reader = Callable[[str, str], Reading]
"""(the creditor's standing offer in words, the message) -> what the message says."""

HELP = """\
Answer in your own words, or with a command:
  /offer DISCOUNT% FIRST% DAYS MONTHS
      your terms; /offer 5% 20% 7 12 is a 5% discount, 20% paid within 7 days and the rest in
      12 monthly instalments; - leaves a figure as it stands
  /accept   take the creditor's offer
  /reject   refuse it and keep yours
  /leave    end the negotiation
  /help     these lines
Your own words are binding only after you have confirmed how they were understood.
End of input (Ctrl-D) leaves the table."""

_LIMITS: dict[Dimension, tuple[int, int]] = {
    "discount_pct": (0, 100),
    "immediate_payment_pct": (0, 100),
    "immediate_payment_days": (0, 365),
    "installment_periods": (1, 600),
}
"""What arithmetic allows; the creditor's own limits are not the debtor's business."""
_NAMES: dict[Dimension, str] = {
    "discount_pct": "discount in percent",
    "immediate_payment_pct": "immediate payment in percent",
    "immediate_payment_days": "days until the immediate payment",
    "installment_periods": "number of monthly instalments",
}
_PERCENT = re.compile(r"(-?\d+(?:[.,]\d+)?)\s*(?:%|\uff05|per ?cent)", re.IGNORECASE)
_YES = frozenset({"y", "yes", "ok", "是", "好", "对"})


class NotClear(Exception):
    """The message cannot be taken as a move; the text asks back."""


@dataclass(frozen=True)
class Understood:
    """A message as a move, and the sentence that says so to the person."""

    move: Move
    sentence: str
    disclosed: Disclosure | None = None
    leaves: bool = False


class PersonDebtor:
    """The debtor's seat taken by the person at the keyboard (programs.table.DebtorSeat).

    Args:
        case: the debtor whose part the person plays.
        read: asks for one line with the given prompt; raises EOFError at the end of input.
        say: shows one message.
        reader: reads free text; None where there is no model, then only commands work.
    """

    def __init__(
        self,
        case: DebtCase,
        read: Callable[[str], str] = input,
        say: Callable[[str], None] = print,
        reader: Reader | None = None,
    ) -> None:
        self.case, self._read, self._say, self._reader = case, read, say, reader

    def reply(self, table: TableState) -> DebtorReply:
        """The person's answer; asks until there is one that is clear and confirmed."""
        while True:
            try:
                text = self._read("you> ").strip()
                answer = self._answer(text, table) if text else None
            except EOFError:
                self._say("End of input: you leave the table.")
                return _reply(Understood(Move(kind=MoveKind.REJECT), "", leaves=True), "")
            except NotClear as question:
                self._say(str(question))
                continue
            if answer is not None:
                return answer

    def _answer(self, text: str, table: TableState) -> DebtorReply | None:
        """The reply that `text` makes, None if it was no move or was not confirmed."""
        if text.startswith("/"):
            command, *figures = text[1:].split()
            if command == "help":
                self._say(HELP)
                return None
            understood = by_command(command, figures, table)
            said = words.package(_after(understood.move, table)) if understood.move.terms else ""
            return _reply(understood, f"My offer: {said}." if said else _SAID.get(command, ""))
        understood = understand(self._reading(text, table), text, table, self.case.debt.currency)
        self._say(understood.sentence)
        if self._read("Is that what you mean? [y/n] ").strip().lower() not in _YES:
            self._say("Nothing was sent. Say it in other words, or see /help.")
            return None
        return _reply(understood, text)

    def _reading(self, text: str, table: TableState) -> Reading:
        if self._reader is None:
            raise NotClear("There is no model here to read your own words; use a command, /help lists them.")
        try:
            return self._reader(words.package(table.theirs) if table.theirs else "none yet", text)
        except UserError as error:
            raise NotClear(f"{error}. The commands need no model, see /help.") from None
        except ProgramFault:
            raise NotClear("I could not make that out. Say it in other words, or see /help.") from None
        except InfrastructureFailure as failure:
            raise NotClear(f"The model that reads your words failed ({failure}). Try again, or see /help.") from None


_SAID = {"accept": "I accept.", "reject": "I cannot accept that.", "leave": "I am leaving."}


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
        return Understood(Move(kind=MoveKind.REJECT), "You refuse the creditor's offer.")
    if command == "leave":
        return Understood(Move(kind=MoveKind.REJECT), "You end the negotiation.", leaves=True)
    raise NotClear(f"There is no command /{command}; /help lists the commands.")


def understand(reading: Reading, text: str, table: TableState, currency: str) -> Understood:
    """What `text` means as a move, as far as the text itself bears the model's reading out.

    Raises:
        NotClear: a figure is not in the text or impossible, or the intent contradicts the figures.
    """
    _refuse_impossible(text)
    named = {d: value for d in DIMENSIONS if (value := getattr(reading, d)) is not None}
    claims = {f: value for f in ("monthly_income", "monthly_expenses") if (value := getattr(reading, f)) is not None}
    figures = stated_figures(text, currency)
    for dimension in named:
        _refuse_ambiguous(dimension, named, figures, table.theirs)
    _demand_stated({_NAMES[d]: value for d, value in named.items()}, text, figures)
    _demand_stated({f.replace("_", " "): value for f, value in claims.items()}, text, figures)
    understood = _intended(reading.intent, named, table)
    if not claims:
        return understood
    minor = {field: value * 10 ** minor_digits(currency) for field, value in claims.items()}
    told = "; ".join(f"{field.replace('_', ' ')} {words.money(minor[field], currency)}" for field in minor)
    return Understood(
        understood.move, f"{understood.sentence} You tell: {told}.", Disclosure(**minor), understood.leaves
    )


def _intended(intent: str, named: dict[Dimension, int], table: TableState) -> Understood:
    if intent == "accept":
        differing = [d for d, value in named.items() if table.theirs is None or getattr(table.theirs, d) != value]
        if differing:
            raise NotClear(
                f"You seem to accept, but name another {_NAMES[differing[0]]} than the creditor's offer. "
                "Do you accept that offer (/accept), or do you make your own?"
            )
        return _acceptance(table)
    if intent == "leave":
        if named:
            raise NotClear("You seem to leave, but name terms. Do you leave (/leave), or do you make an offer?")
        return Understood(Move(kind=MoveKind.REJECT), "I understood: you end the negotiation.", leaves=True)
    if named:  # whoever refuses and names terms makes a counter-offer; the confirmation says so
        return _offer(named, table)
    if intent == "offer":
        raise NotClear("Which terms do you offer? Name at least one figure, for example '12 monthly instalments'.")
    stays = "your offer stays as it is" if table.own else "you make no offer yet"
    did = "you refuse the creditor's offer" if intent == "reject" else "you make no new offer, your words are passed on"
    return Understood(Move(kind=MoveKind.REJECT), f"I understood: {did}; {stays}.")


def _acceptance(table: TableState) -> Understood:
    if table.theirs is None:
        raise NotClear("There is no offer to accept yet.")
    sentence = f"I understood: you accept the creditor's offer: {words.package(table.theirs)}. That is binding."
    return Understood(Move(kind=MoveKind.ACCEPT), sentence)


def _offer(named: dict[Dimension, int], table: TableState) -> Understood:
    move = Move(kind=MoveKind.ASK, terms=PartialTerms.model_validate(named))
    carried = [_NAMES[d] for d in DIMENSIONS if d not in named]
    source = "your last offer" if table.own else "the creditor's offer"
    rest = f" (not named by you, taken from {source}: {', '.join(carried)})" if carried else ""
    return Understood(move, f"I understood: you offer {words.package(_after(move, table))}{rest}.")


def _after(move: Move, table: TableState) -> Terms:
    """The whole package that an offer stands for: unnamed figures carry over as the table does it."""
    terms = (move.terms or PartialTerms()).over(table.own or table.theirs)
    if terms is None:
        raise NotClear("There is no offer on the table yet: name all four figures.")
    return terms


def _typed_figures(figures: list[str]) -> dict[Dimension, int]:
    if len(figures) != len(DIMENSIONS):
        raise NotClear("/offer needs four figures: discount %, first payment %, days, months; - leaves one as it is.")
    named: dict[Dimension, int] = {}
    for dimension, typed in zip(DIMENSIONS, figures, strict=True):
        if typed == "-":
            continue
        low, high = _LIMITS[dimension]
        number = typed.removesuffix("%")
        if not re.fullmatch(r"[0-9]{1,4}", number) or not low <= int(number) <= high:
            raise NotClear(f"{typed!r} is no {_NAMES[dimension]}: write a whole number from {low} to {high}, or -.")
        named[dimension] = int(number)
    if not named:
        raise NotClear("Name at least one figure of your own.")
    return named


def _refuse_impossible(text: str) -> None:
    """Percentages that cannot be: a bounded model output would have bent them to the nearest possible one."""
    for figure in _PERCENT.findall(text):
        if not 0 <= float(figure.replace(",", ".")) <= 100:
            raise NotClear(f"{figure}% cannot be: a share is from 0% to 100%. What do you mean?")


def _refuse_ambiguous(
    dimension: Dimension, named: dict[Dimension, int], figures: tuple[Figure, ...], theirs: Terms | None
) -> None:
    """The text must not name two figures for one term, nor surely another one than was read."""
    value, elsewhere = named[dimension], {v for d, v in named.items() if d != dimension}
    meant = {f.value for f in figures if f.dimension == dimension and f.certain}
    if dimension.endswith("_pct"):  # a percentage that does not say of what, and that was read as nothing else
        meant |= {f.value for f in figures if not f.certain} - elsewhere
    if len(meant) > 1 and theirs is not None:
        meant -= {getattr(theirs, dimension)}  # "not 50%, but 20%" quotes the creditor's figure to refuse it
    if len(meant) > 1:
        either = " or ".join(f"{v:g}" for v in sorted(meant))
        raise NotClear(f"You name more than one {_NAMES[dimension]}: do you mean {either}?")
    if meant and value not in meant:
        raise NotClear(f"I am not sure about the {_NAMES[dimension]}: do you mean {meant.pop():g}?")


def _demand_stated(read: dict[str, int], text: str, figures: tuple[Figure, ...]) -> None:
    stated = _numbers(text) | {f.value / MINOR_PER_MAJOR if f.dimension == "amount" else f.value for f in figures}
    for name, value in read.items():
        if value not in stated:
            raise NotClear(f"I do not find the {name} in your words: please write it in digits, if you mean one.")


def _numbers(text: str) -> set[float]:
    """Every number that the text states in digits, with or without thousands separators."""
    plain = re.sub(r"(?<=\d)[,\u00a0\u202f](?=\d{3}(?!\d))", "", text)
    return {float(number) for number in re.findall(r"\d+(?:\.\d+)?", plain)}


def _reply(understood: Understood, dialogue: str) -> DebtorReply:
    turn = Turn(
        speaker=Speaker.DEBTOR, move=understood.move, dialogue=words.heard(dialogue), disclosed=understood.disclosed
    )
    return DebtorReply(turn, leaves=understood.leaves)


def model_reader(lm: Callable[[], dspy.LM]) -> Reader:
    """A reader on a model that is made when the first free text comes, so that commands need none.

    Args:
        lm: gives the model; called once a message.
    """
    predictor = dspy.Predict(ReadMessage)

    def read(standing_offer: str, message: str) -> Reading:
        # Not part of the program that is played: no trace, no demos, no optimiser.
        with dspy.context(lm=lm(), trace=None):
            answer = call(predictor, "debtor", 0, 0.0, standing_offer=standing_offer, message=words.heard(message))
        reading: Reading = answer.reading
        return reading

    return read
