"""A turn's options as a lettered menu, from firm to soft: what each costs, how likely it is, what it comes to.

The order says nothing of what is best, so that a model which reads no figures does not come out best by its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from data.domain import CreditorPolicy, MoveKind
from metrics.money.valuation import creditor_value
from programs.creditor.support.support_options import Option
from programs.table import words
from signatures.options import Letter

LETTERS: tuple[Letter, ...] = get_args(Letter)
NEAR = 0.03
"""Expected CCI that an acceptance may give away and still be shown."""
POINTS = 1000
"""Of a result: expected CCI in thousandths, since small models compare whole numbers better than decimals."""


@dataclass(frozen=True)
class Menu:
    """Options by letter."""

    options: tuple[Option, ...]
    """From firm to soft."""
    currency: str

    @property
    def letters(self) -> tuple[Letter, ...]:
        """Those that stand for something."""
        return LETTERS[: len(self.options)]

    def __getitem__(self, letter: Letter) -> Option:
        """The option of a letter; of one beyond the last the last."""
        return self.options[min(LETTERS.index(letter), len(self.options) - 1)]

    def letter_of(self, option: Option) -> Letter:
        """The letter of an option of the menu."""
        return LETTERS[self.options.index(option)]

    def named(self, letter: Letter) -> str:
        """One option without what is computed of it."""
        one = self[letter]
        what = "accept the debtor's offer: " if one.kind is MoveKind.ACCEPT else ""
        return f"{letter}. {what}{words.package(one.terms)}"

    def line(self, letter: Letter) -> str:
        """One option with its figures."""
        one = self[letter]
        fits = {True: ", fits what was told", False: ", above what was told", None: ""}[one.fits_told]
        chances = (
            "" if one.kind is MoveKind.ACCEPT else f"yes now {one.chance_now:.0%}, by the end {one.chance_later:.0%}; "
        )
        monthly = words.money(one.monthly_minor, self.currency)
        return (
            f"{self.named(letter)} ({monthly} a month{fits}); {chances}"
            f"kept {one.chance_kept:.0%}; result {points(one.value)}"
        )

    def text(self) -> str:
        """All of them, a line each."""
        return "\n".join(self.line(letter) for letter in self.letters)


def menu(options: tuple[Option, ...], policy: CreditorPolicy, currency: str) -> Menu:
    """The first options, as many as there are letters, and an acceptance that is near the best.

    An acceptance ends the talk and is never made good, so one that gives away more than `NEAR` is no option: left in
    the menu it was a third of a small model's wrong picks and nearly all of what they cost.
    """
    near = tuple(one for one in options if one.kind is not MoveKind.ACCEPT or options[0].value - one.value <= NEAR)
    most = len(LETTERS)
    kept = near[:most]
    acceptance = next((one for one in near[most:] if one.kind is MoveKind.ACCEPT), None)
    if acceptance is not None:
        kept = (*kept[:-1], acceptance)
    firm_first = sorted(kept, key=lambda one: (-creditor_value(one.terms, policy), one.kind is MoveKind.ACCEPT))
    return Menu(tuple(firm_first), currency)


def points(value: float) -> int:
    """A value in whole points."""
    return round(POINTS * value)
