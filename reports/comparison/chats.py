"""Negotiations as chats that people read: who said what, what was binding, what was thought, judged and repaired."""

from __future__ import annotations

from dataclasses import dataclass

from data.domain import Negotiation
from metrics.scorecard import Scorecard
from programs.playing.evaluate import Evaluation, Played
from programs.table import words
from programs.table.lines import Line, PaymentLine, finances_text, lines, payments_of, short, told_text
from programs.table.transcript import ENDINGS, first_line, plain

SHOWN = 5
"""Best and worst negotiations of a pair."""
SCORES = ("objective", "CRI", "DHI", "CCI", "CONV", "SR", "DS", "DR")


@dataclass(frozen=True)
class ChatNote:
    """What the judge or the guard did."""

    who: str
    """judge, guard or words."""
    text: str


@dataclass(frozen=True)
class ChatTurn:
    """One turn."""

    round: int
    speaker: str
    words: str
    move: str
    proposed: str | None
    """The move as the program made it, where the guard had to repair it."""
    thoughts: str | None
    notes: tuple[ChatNote, ...]
    asked: str | None
    told: str | None
    """The debtor's typed claims."""


@dataclass(frozen=True)
class Chat:
    """One negotiation."""

    program: str
    ending: str
    failure: str | None
    turns: tuple[ChatTurn, ...]
    ladder: tuple[str, ...]
    """The creditor's packages at the end, firmest first."""
    agreed: str | None
    schedule: tuple[PaymentLine, ...]
    scores: tuple[tuple[str, float], ...]
    hard_breach: bool


@dataclass(frozen=True)
class Duel:
    """The same debtor and seed met by both programs of a pair."""

    case_id: str
    trial: int
    account: str
    """What the creditor knows."""
    private: str
    """What only the debtor knows."""
    difference: float
    """Objective of the program less the baseline's."""
    program: Chat
    baseline: Chat


def duels(labels: tuple[str, str], baseline: Evaluation, program: Evaluation) -> tuple[list[Duel], list[Duel]]:
    """The negotiations in which the program did best and worst against the baseline, at most `SHOWN` each.

    Args:
        labels: of baseline and program.
        baseline, program: what both played; a debtor and trial count where both have a score.

    Returns:
        (best, worst): the largest gains and the largest losses; a draw is neither.
    """
    of_baseline = {(p.case_id, p.trial): p for p in baseline.played if p.scorecard is not None}
    pairs = [
        (_objective(p) - _objective(of_baseline[p.case_id, p.trial]), of_baseline[p.case_id, p.trial], p)
        for p in program.played
        if p.scorecard is not None and (p.case_id, p.trial) in of_baseline
    ]
    ranked = sorted(pairs, key=lambda pair: (-pair[0], pair[2].case_id, pair[2].trial))
    best = [_duel(labels, *pair) for pair in ranked[:SHOWN] if pair[0] > 0]
    worst = [_duel(labels, *pair) for pair in reversed(ranked[-SHOWN:]) if pair[0] < 0]
    return best, worst


def _objective(played: Played) -> float:
    assert played.scorecard is not None
    return played.scorecard.objective


def _duel(labels: tuple[str, str], difference: float, baseline: Played, program: Played) -> Duel:
    case, own = program.negotiation.case, finances_text(program.negotiation.case)
    persona = f" Persona: {case.persona.value}." if case.persona else ""
    return Duel(
        case_id=case.case_id,
        trial=program.trial,
        account=clean(words.account(case.creditor_view())),
        private=clean(f"{own[0].upper()}{own[1:]}.{persona} {case.finances.story}"),
        difference=difference,
        program=chat(labels[1], program.negotiation, program.scorecard),
        baseline=chat(labels[0], baseline.negotiation, baseline.scorecard),
    )


def chat(label: str, negotiation: Negotiation, card: Scorecard | None) -> Chat:
    """One negotiation of the program called `label`."""
    agreed = negotiation.agreed
    return Chat(
        program=label,
        ending=ENDINGS[negotiation.ending],
        failure=clean(first_line(negotiation.failure)) if negotiation.failure else None,
        turns=tuple(_said(one) for one in lines(negotiation)),
        ladder=tuple(short(rung) for rung in negotiation.ladder),
        agreed=words.package(agreed) if agreed else None,
        schedule=tuple(payments_of(agreed, negotiation.case.debt)) if agreed else (),
        scores=tuple((name, float(getattr(card, name))) for name in SCORES) if card else (),
        hard_breach=bool(card and card.hard_breach),
    )


def _said(one: Line) -> ChatTurn:
    return ChatTurn(
        round=one.round,
        speaker=one.speaker.value,
        words=clean(one.words),
        move=one.move,
        proposed=one.proposed,
        thoughts=clean(one.thoughts) if one.thoughts else None,
        notes=tuple(_note(note) for note in one.notes),
        asked=one.asked,
        told=told_text(one.told) if one.told is not None else None,
    )


def _note(text: str) -> ChatNote:
    who, found, rest = clean(text).partition(": ")
    return ChatNote(who, rest) if found and who in ("judge", "guard", "words") else ChatNote("note", clean(text))


def clean(text: str) -> str:
    """`text` without control and direction codes, which could rearrange the page around it."""
    return plain(text).plain
