"""Negotiations as chats that people read: who said what, what was binding, what was thought, judged and repaired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.domain import Disclosure, Move, MoveKind, Negotiation, Speaker, Terms, Turn, standing_terms
from metrics.money.schedule import payment_schedule
from metrics.scorecard import Scorecard
from programs.playing.evaluate import Evaluation, Played
from programs.table import words
from programs.table.transcript import ENDINGS, first_line, plain, short

SHOWN = 5
"""Best and worst negotiations of a pair."""
SCORES = ("objective", "CRI", "DHI", "CCI", "CONV", "SR", "DS", "DR")


@dataclass(frozen=True)
class Note:
    """What the judge or the guard did."""

    who: str
    """judge, guard or words."""
    text: str


@dataclass(frozen=True)
class Said:
    """One turn."""

    round: int
    speaker: str
    words: str
    move: str
    proposed: str | None
    """The move as the program made it, where the guard had to repair it."""
    thoughts: str | None
    notes: tuple[Note, ...]
    asked: str | None
    told: str | None
    """The debtor's typed claims."""


@dataclass(frozen=True)
class Payment:
    """One line of a repayment schedule; amounts with their currency."""

    what: str
    day: int
    amount: str
    left: str


@dataclass(frozen=True)
class Chat:
    """One negotiation."""

    program: str
    ending: str
    failure: str | None
    turns: tuple[Said, ...]
    ladder: tuple[str, ...]
    """The creditor's packages at the end, firmest first."""
    agreed: str | None
    schedule: tuple[Payment, ...]
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
    case, own = program.negotiation.case, program.negotiation.case.finances
    currency = case.debt.currency
    persona = f" Persona: {case.persona.value}." if case.persona else ""
    return Duel(
        case_id=case.case_id,
        trial=program.trial,
        account=clean(words.account(case.creditor_view())),
        private=clean(
            f"Income {words.money(own.monthly_income, currency)} and living costs "
            f"{words.money(own.monthly_expenses, currency)} a month, savings {words.money(own.assets, currency)}; "
            f"{own.reason.value.replace('_', ' ')}.{persona} {own.story}"
        ),
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
        turns=tuple(_said(negotiation, number) for number in range(len(negotiation.turns))),
        ladder=tuple(short(rung) for rung in negotiation.ladder),
        agreed=words.package(agreed) if agreed else None,
        schedule=_schedule(agreed, negotiation) if agreed else (),
        scores=tuple((name, float(getattr(card, name))) for name in SCORES) if card else (),
        hard_breach=bool(card and card.hard_breach),
    )


def _said(negotiation: Negotiation, number: int) -> Said:
    turn, before = negotiation.turns[number], negotiation.turns[:number]
    rounds = sum(one.speaker is Speaker.CREDITOR for one in negotiation.turns[: number + 1])
    return Said(
        round=max(1, rounds),
        speaker=turn.speaker.value,
        words=clean(turn.dialogue),
        move=figures(turn.move, turn, before),
        proposed=figures(turn.proposed, turn, before) if turn.proposed else None,
        thoughts=clean(turn.thoughts) if turn.thoughts else None,
        notes=tuple(_note(note) for note in turn.notes),
        asked=turn.inquiry.value if turn.inquiry else None,
        told=_told(turn.disclosed, negotiation.case.debt.currency) if turn.disclosed else None,
    )


def figures(move: Move, turn: Turn, before: Sequence[Turn]) -> str:
    """A move with the figures that it stands for."""
    other = Speaker.DEBTOR if turn.speaker is Speaker.CREDITOR else Speaker.CREDITOR
    own = standing_terms(list(before), turn.speaker)
    if move.kind is MoveKind.ACCEPT:
        return f"accepts: {short(standing_terms(list(before), other))}"
    if move.kind is MoveKind.REJECT:
        return f"rejects; own offer: {short(own)}"
    return f"asks: {short(move.terms.over(own) if move.terms else own)}"


def _note(text: str) -> Note:
    who, found, rest = clean(text).partition(": ")
    return Note(who, rest) if found and who in ("judge", "guard", "words") else Note("note", clean(text))


def _told(claims: Disclosure, currency: str) -> str:
    told = claims.model_dump(mode="json", exclude_none=True)
    values = {name: words.money(v, currency) if isinstance(v, int) else v.replace("_", " ") for name, v in told.items()}
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values.items())


def _schedule(terms: Terms, negotiation: Negotiation) -> tuple[Payment, ...]:
    debt = negotiation.case.debt
    schedule = payment_schedule(terms, debt.outstanding)
    left, lines = schedule.due_minor, []
    for number, (day, amount) in enumerate(schedule.payments):
        left -= amount
        what = "immediate payment" if number == 0 else f"instalment {number}"
        lines.append(Payment(what, day, words.money(amount, debt.currency), words.money(left, debt.currency)))
    return tuple(lines)


def clean(text: str) -> str:
    """`text` without control and direction codes, which could rearrange the page around it."""
    return plain(text).plain
