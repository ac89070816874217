"""Conversational ability: completeness (DC), soundness (DS) and rounds (DR) of a dialogue.

A creditor's turn is judged by the move that the program made (`proposed` where the guard repaired it), against
the offers that stood when it was made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from data.domain import (
    CONCESSION_SIGN,
    DIMENSIONS,
    CreditorPolicy,
    Debt,
    Dimension,
    Ending,
    Move,
    MoveKind,
    Negotiation,
    Speaker,
    Terms,
    Turn,
)
from metrics.talk.conduct import conduct_breaches
from metrics.talk.disclosure import limit_disclosures
from metrics.talk.figures import stray_figures

PERCENT_TOLERANCE = 0.5
"""Points within which two percentages count as the same in dialogue completeness."""

DIMENSION_WORDS: dict[Dimension, str] = {
    "discount_pct": "the discount",
    "immediate_payment_pct": "the immediate payment",
    "immediate_payment_days": "the days until the immediate payment",
    "installment_periods": "the number of instalments",
}


FaultKind = Literal["protocol", "policy", "taken back", "figures", "disclosure", "conduct"]


@dataclass(frozen=True)
class Fault:
    """One reason why a creditor turn is unsound."""

    turn: int
    """Index in the record, from 0."""
    kind: FaultKind
    sentence: str


@dataclass(frozen=True)
class Soundness:
    """What was found in the creditor's turns."""

    faults: tuple[Fault, ...]
    """In the order of the turns; a turn can have several."""
    creditor_turns: int
    legal_turns: int
    """Creditor turns whose move the protocol allows, whether or not inside the policy."""
    hard_breach: bool

    @property
    def share(self) -> float:
        """DS: share of the creditor's turns without a fault; 0 without any creditor turn."""
        unsound = len({fault.turn for fault in self.faults})
        return (self.creditor_turns - unsound) / self.creditor_turns if self.creditor_turns else 0.0


def completeness(negotiation: Negotiation) -> float:
    """DC: share of the four dimensions that are settled at the end, 0..1."""
    if negotiation.ending is Ending.AGREEMENT:
        return 1.0
    ours, theirs = negotiation.standing(Speaker.CREDITOR), negotiation.standing(Speaker.DEBTOR)
    if ours is None or theirs is None:
        return 0.0
    settled = sum(
        abs(getattr(ours, d) - getattr(theirs, d)) <= (PERCENT_TOLERANCE + 1e-9 if d.endswith("_pct") else 0)
        for d in DIMENSIONS
    )
    return settled / len(DIMENSIONS)


def rounds(negotiation: Negotiation) -> int:
    """DR: rounds used, a round being one creditor turn and the debtor's answer."""
    return sum(turn.speaker is Speaker.CREDITOR for turn in negotiation.turns)


def soundness_faults(negotiation: Negotiation) -> list[tuple[int, str]]:
    """(turn index, sentence) for everything that makes a creditor turn unsound."""
    return [(fault.turn, fault.sentence) for fault in soundness(negotiation).faults]


def soundness(negotiation: Negotiation) -> Soundness:
    """Judge every creditor turn in one pass over the record."""
    faults: list[Fault] = []
    creditor_turns = legal_turns = 0
    hard, last_speaker = False, None
    sides = {Speaker.CREDITOR: _Side(), Speaker.DEBTOR: _Side()}
    for index, turn in enumerate(negotiation.turns):
        if turn.speaker is Speaker.CREDITOR:
            creditor_turns += 1
            own, theirs = sides[Speaker.CREDITOR], sides[Speaker.DEBTOR]
            move = turn.proposed or turn.move
            illegal = _protocol_fault(move, own, theirs, answered=last_speaker is not Speaker.CREDITOR)
            legal_turns += illegal is None
            found = [("protocol", illegal)] if illegal else _policy_fault(move, own, theirs, negotiation.policy)
            words, breached = _word_faults(turn, _binding(turn.move, own, theirs), negotiation.case.debt)
            hard = hard or breached
            faults += (Fault(index, kind, text) for kind, text in (*found, *_taken_back(move, own), *words))
        sides[turn.speaker].put(turn.move)
        last_speaker = turn.speaker
    return Soundness(tuple(faults), creditor_turns, legal_turns, hard)


class _Side:
    """One side's standing offer, kept as in `data.domain.standing_terms` but turn by turn, and its softest yet."""

    def __init__(self) -> None:
        self.named: dict[Dimension, float] = {}
        self.softest: dict[Dimension, float] = {}

    def put(self, move: Move) -> None:
        """Take an `ask` into account; other moves leave the offer as it stands."""
        for name, value in _asked(move).items():
            self.named[name] = value
            softer = max if CONCESSION_SIGN[name] > 0 else min
            self.softest[name] = softer(self.softest.get(name, value), value)

    def after(self, move: Move) -> Terms | None:
        """The standing package once `move` is made; None while a dimension was never named."""
        asked = _asked(move)
        return _package({**self.named, **asked})

    @property
    def standing(self) -> Terms | None:
        return _package(self.named)


Finding = tuple[FaultKind, str]


def _protocol_fault(move: Move, own: _Side, theirs: _Side, answered: bool) -> str | None:
    """Why the protocol does not allow the move; None if it does."""
    if not answered:
        return "it came before the debtor had answered the creditor's last turn"
    if move.kind is MoveKind.ACCEPT and theirs.standing is None:
        return "it accepted although the debtor had no complete offer on the table"
    if move.kind is MoveKind.REJECT and own.standing is None:
        return "it rejected although there was no own offer to keep"
    if move.kind is MoveKind.ASK and not _asked(move):
        return "it asked without naming any terms"
    if move.kind is MoveKind.ASK and own.after(move) is None:
        return "it opened without naming all four terms"
    return None


def _policy_fault(move: Move, own: _Side, theirs: _Side, policy: CreditorPolicy) -> list[Finding]:
    terms = theirs.standing if move.kind is MoveKind.ACCEPT else own.after(move)
    if move.kind is MoveKind.REJECT or terms is None or not (breaches := policy.breaches(terms)):
        return []
    did = "accepted" if move.kind is MoveKind.ACCEPT else "offered"
    where = ", ".join(DIMENSION_WORDS[d] for d in breaches)
    return [("policy", f"it {did} terms outside the creditor's policy: {where}")]


def _taken_back(move: Move, own: _Side) -> list[Finding]:
    named = _asked(move)
    firmer = [d for d in DIMENSIONS if d in named and d in own.softest and _below(d, named[d], own.softest[d])]
    return [("taken back", f"it took back an earlier concession on {DIMENSION_WORDS[d]}") for d in firmer]


def _below(dimension: Dimension, value: float, softest: float) -> bool:
    return CONCESSION_SIGN[dimension] * (value - softest) < 0


def _binding(move: Move, own: _Side, theirs: _Side) -> Terms | None:
    """The package that the words of a turn must agree with."""
    return theirs.standing if move.kind is MoveKind.ACCEPT else own.after(move)


def _word_faults(turn: Turn, terms: Terms | None, debt: Debt) -> tuple[list[Finding], bool]:
    """Faults in what the debtor reads, and whether one of them is a hard breach of conduct."""
    found: list[Finding] = []
    if stray := stray_figures(turn.dialogue, terms, debt):
        found.append(("figures", f"its words state figures that are not the move's: {', '.join(stray)}"))
    if limits := limit_disclosures(turn.dialogue):
        found.append(("disclosure", f"its words disclose an internal limit: {limits[0]!r}"))
    breaches = conduct_breaches(turn.dialogue)
    found += (("conduct", f"conduct ({breach.rule}): {breach.why}: {breach.excerpt!r}") for breach in breaches)
    return found, any(breach.severity == "hard" for breach in breaches)


def _asked(move: Move) -> dict[Dimension, float]:
    """The dimensions that an `ask` names; empty for other moves."""
    if move.kind is not MoveKind.ASK or move.terms is None:
        return {}
    return {d: value for d in DIMENSIONS if (value := getattr(move.terms, d)) is not None}


def _package(named: dict[Dimension, float]) -> Terms | None:
    # the values were checked when the move was read: constructing without a second check keeps scoring fast
    values: dict[Any, Any] = {**named}
    return Terms.model_construct(**values) if len(named) == len(DIMENSIONS) else None
