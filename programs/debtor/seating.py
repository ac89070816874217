"""Who sits on the debtor's side, by name; here and not in simulated.py, which knows no model."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from data.domain import DebtCase
from plumbing.errors import UserError
from programs.debtor.simulated import SimulatedDebtor
from programs.debtor.voice import LANGUAGES, Language
from programs.table.runner import DebtorSeat

if TYPE_CHECKING:
    import dspy

DEBTORS = ("simulated", "lm")


class LMSource(Protocol):
    """Hands out a model, made when it is first asked for."""

    def get(self) -> dspy.LM:
        """The model."""
        ...


def debtor_seat(
    spec: str, case: DebtCase, seed: int, lm: dspy.LM | None = None, language: Language | None = None
) -> DebtorSeat:
    """A debtor for one negotiation.

    Args:
        spec: "simulated" or "lm".
        case: whom it plays.
        seed: of its variation.
        lm: the LM debtor's own model.
        language: of the simulated debtor's words; None for the case's.

    Raises:
        UserError: no such debtor, or an LM debtor without a model.
    """
    if spec == "simulated":
        return SimulatedDebtor(case, seed, language)
    if spec != "lm":
        raise UserError(f"no debtor is called {spec!r}; there are {' and '.join(DEBTORS)}")
    if lm is None:
        raise UserError("an LM debtor needs a model of its own; name one, for example --debtor-lm local")
    from programs.debtor.modelled import LMDebtor

    return LMDebtor(case, seed, lm)


def debtor_factory(spec: str, model: LMSource, language: str | None = None) -> Callable[[DebtCase, int], DebtorSeat]:
    """Who sits on the debtor's side.

    Args:
        spec: `simulated` or `lm`.
        model: of an LM debtor; not made otherwise.
        language: of a simulated debtor's words, one of `LANGUAGES`; None for each case's own.

    Raises:
        UserError: no such debtor or language.
    """
    if spec not in DEBTORS:
        raise UserError(f"no debtor is called {spec!r}; there are {' and '.join(DEBTORS)}")
    spoken = _known(language) if language is not None else None
    return lambda case, seed: debtor_seat(spec, case, seed, model.get() if spec == "lm" else None, spoken)


def _known(language: str) -> Language:
    known = next((one for one in LANGUAGES if one == language), None)
    if known is None:
        raise UserError(f"no language is called {language!r}; there are {', '.join(LANGUAGES)}")
    return known
