"""Conversational ability: completeness (DC), soundness (DS) and rounds (DR) of a dialogue.

A creditor's turn is judged by the move that the program made (`proposed` where the guard repaired it), against
the offers that stood when it was made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from data.dimensions import DIMENSIONS, SPECS, Dimension
from data.domain import CreditorPolicy, Debt, Ending, Move, MoveKind, Record, Speaker, Turn
from data.steps import Side, steps
from data.terms import Terms
from metrics.talk.conduct import conduct_breaches
from metrics.talk.disclosure import limit_disclosures
from metrics.talk.figures import stray_figures

PERCENT_TOLERANCE = 0.5
"""Points within which two percentages count as the same in dialogue completeness."""

FaultKind = Literal["protocol", "policy", "taken back", "figures", "disclosure", "conduct"]


@dataclass(frozen=True)
class TurnFault:
    """One reason why a creditor turn is unsound."""

    turn: int
    """Index in the record, from 0."""
    kind: FaultKind
    sentence: str


@dataclass(frozen=True)
class Soundness:
    """What was found in the creditor's turns."""

    faults: tuple[TurnFault, ...]
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


def completeness(negotiation: Record) -> float:
    """DC: share of the four dimensions that are settled at the end, 0..1."""
    if negotiation.ending is Ending.AGREEMENT:
        return 1.0
    ours, theirs = negotiation.standing(Speaker.CREDITOR), negotiation.standing(Speaker.DEBTOR)
    if ours is None or theirs is None:
        return 0.0
    settled = sum(
        abs(getattr(ours, d) - getattr(theirs, d)) <= (PERCENT_TOLERANCE + 1e-9 if SPECS[d].unit == "percent" else 0)
        for d in DIMENSIONS
    )
    return settled / len(DIMENSIONS)


def rounds(negotiation: Record) -> int:
    """DR: rounds used, a round being one creditor turn and the debtor's answer."""
    return sum(turn.speaker is Speaker.CREDITOR for turn in negotiation.turns)


def soundness_faults(negotiation: Record) -> list[tuple[int, str]]:
    """(turn index, sentence) for everything that makes a creditor turn unsound."""
    return [(fault.turn, fault.sentence) for fault in soundness(negotiation).faults]


def soundness(negotiation: Record) -> Soundness:
    """Judge every creditor turn in one pass over the record."""
    faults: list[TurnFault] = []
    creditor_turns = legal_turns = 0
    hard, last_speaker = False, None
    softest: dict[Dimension, float] = {}
    for step in steps(negotiation.turns):
        turn, own, theirs = step.turn, step.own, step.theirs
        if turn.speaker is Speaker.CREDITOR:
            creditor_turns += 1
            move = turn.proposed or turn.move
            talks = only_talks(turn, own)
            answered = last_speaker is not Speaker.CREDITOR
            illegal = (_protocol_fault(move, own, theirs) if not talks else None) if answered else _UNANSWERED
            legal_turns += illegal is None
            found = [("protocol", illegal)] if illegal else _policy_fault(move, own, theirs, negotiation.policy)
            words, breached = _word_faults(turn, _binding(turn.move, own, theirs), negotiation.case.debt, talks)
            hard = hard or breached
            faults += (
                TurnFault(step.index, kind, text) for kind, text in (*found, *_taken_back(move, softest), *words)
            )
            softest |= {d: SPECS[d].softer(softest.get(d, value), value) for d, value in turn.move.named.items()}
        last_speaker = turn.speaker
    return Soundness(tuple(faults), creditor_turns, legal_turns, hard)


Finding = tuple[FaultKind, str]


def only_talks(turn: Turn, own: Side) -> bool:
    """Whether a creditor's turn puts nothing on the table: a greeting, a question, whether it is the right person.

    A rejection before any own offer is one as well, where a log has no other name for it; what a program proposed and
    the guard had to repair is none.

    Args:
        turn: the creditor's.
        own: what the creditor had put on the table before it.
    """
    kind = turn.move.kind
    return turn.proposed is None and (kind is MoveKind.TALK or (kind is MoveKind.REJECT and own.standing is None))


_UNANSWERED = "it came before the debtor had answered the creditor's last turn"


def _protocol_fault(move: Move, own: Side, theirs: Side) -> str | None:
    """Why the protocol does not allow a move that is more than talk; None if it does."""
    if move.kind is MoveKind.ACCEPT and theirs.standing is None:
        return "it accepted although the debtor had no complete offer on the table"
    if move.kind is MoveKind.REJECT and own.standing is None:
        return "it rejected although there was no own offer to keep"
    if move.kind is MoveKind.ASK and not move.named:
        return "it asked without naming any terms"
    if move.kind is MoveKind.ASK and own.after(move).standing is None:
        return "it opened without naming all four terms"
    return None


def _policy_fault(move: Move, own: Side, theirs: Side, policy: CreditorPolicy) -> list[Finding]:
    terms = theirs.standing if move.kind is MoveKind.ACCEPT else own.after(move).standing
    if move.kind in (MoveKind.REJECT, MoveKind.TALK) or terms is None or not (breaches := policy.breaches(terms)):
        return []
    did = "accepted" if move.kind is MoveKind.ACCEPT else "offered"
    where = ", ".join(SPECS[d].words for d in breaches)
    return [("policy", f"it {did} terms outside the creditor's policy: {where}")]


def _taken_back(move: Move, softest: Mapping[Dimension, float]) -> list[Finding]:
    firmer = [d for d, value in move.named.items() if d in softest and SPECS[d].given(softest[d], value) < 0]
    return [("taken back", f"it took back an earlier concession on {SPECS[d].words}") for d in firmer]


def _binding(move: Move, own: Side, theirs: Side) -> Terms | None:
    """The package that the words of a turn must agree with."""
    return theirs.standing if move.kind is MoveKind.ACCEPT else own.after(move).standing


def _word_faults(turn: Turn, terms: Terms | None, debt: Debt, talks: bool) -> tuple[list[Finding], bool]:
    """Faults in what the debtor reads, and whether one of them is a hard breach of conduct.

    Words that only talk name what people name: the last digits of a card, a house number, the fee of last month. They
    are no move's figures, and what a trained classifier alone, unsurely, takes them for is as little to go by: it was
    trained on what is said in a negotiation, and takes one greeting in twenty for improper.
    """
    found: list[Finding] = []
    if turn.move.kind is not MoveKind.TALK and (stray := stray_figures(turn.dialogue, terms, debt)):
        found.append(("figures", f"its words state figures that are not the move's: {', '.join(stray)}"))
    if limits := limit_disclosures(turn.dialogue):
        found.append(("disclosure", f"its words disclose an internal limit: {limits[0]!r}"))
    breaches = conduct_breaches(turn.dialogue, doubts=not talks)
    found += (("conduct", f"conduct ({breach.rule}): {breach.why}: {breach.excerpt!r}") for breach in breaches)
    return found, any(breach.severity == "hard" for breach in breaches)
