"""What the people responsible are shown: everything but what only a debtor's own book of finances holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from app.api.debtor_views import PlanView, plan_view
from app.api.program_view import ProgramView, program_view
from app.conversation.house import House
from app.conversation.plans.agreeing import pending_plan
from app.conversation.plans.repayment_plan import Plan
from app.database.case_findings import said_why
from app.database.stored_rows import turns_of, view_of
from app.database.tables import CaseFindingRow, MessageRow, NegotiationRow, Sender, Status
from data.dimensions import SPECS
from data.domain import Debt, DebtCase, Disclosure, Ending, Move, MoveKind, Negotiation, Speaker, standing_terms
from data.steps import Step, steps
from data.terms import Terms
from metrics.evaluator import score
from metrics.scorecard import INDICES, METRICS
from metrics.talk.conversation import FaultKind, soundness
from programs.creditor.seat import SeatMemory
from programs.maden import Maden
from programs.playing.rule_program import RuleProgram
from programs.table import words
from wording import mark, say, say_many
from wording.locale_formats import in_english
from wording.tags import SOURCE

FAULTS: dict[FaultKind, str] = {
    "protocol": mark("it is against the protocol of the talks"),
    "policy": mark("it is outside the creditor's policy"),
    "taken back": mark("it takes back an earlier concession"),
    "figures": mark("its words state figures that are not the move's"),
    "disclosure": mark("its words disclose an internal limit"),
    "conduct": mark("its words break a rule of conduct"),
}
"""What makes a turn unsound, for languages other than the sentences' own."""
CLAIMS = {"assets": mark("savings"), "reason": mark("reason:")}
"""Where a claim is called otherwise than its field."""


class Note(BaseModel):
    """What was done with a turn before it left."""

    language: str | None
    """BCP 47 tag, where it is another one than asked for."""
    by: str
    """guard, judge, words (what the model said was cut) or output (what it said could not be read)."""
    text: str


class FoundView(BaseModel):
    """What a rule of conduct found in a message."""

    rule: str
    name: str
    """Of the rule, for people."""
    action: str
    """A signal's outcome, or what was done with the program's words (`app.conduct.profile`)."""
    excerpt: str
    why: str
    source: str
    found_by: list[str] = []
    """Of a signal: code, classifier, reader, or asked, where the debtor said so."""
    sure: bool = True
    """False: the debtor was asked about it."""


class CaseFinding(BaseModel):
    """A signal that binds a conversation or its whole case until an operator lifts it."""

    id: int
    negotiation_id: str | None
    """Where it was said; None where that conversation was deleted."""
    position: int
    rule: str
    name: str
    """Of the rule, for people."""
    why: str
    silences: bool
    """Whether the program says nothing until it is lifted."""
    binds: bool
    """Whether no conversation about the case begins until it is lifted."""
    at: datetime
    lifted: datetime | None
    lifted_by: str | None
    reason: str | None


class OperatorMessage(BaseModel):
    """A message with what stands behind it."""

    position: int
    sender: Sender
    text: str
    at: datetime
    move: str | None
    """The binding part in words."""
    proposed: str | None
    """What the program would have done, where the guard did not let it."""
    asks_about: str | None
    claims: list[str]
    """What the debtor said of the finances."""
    understood: str | None
    """What a debtor's message was taken to mean, as it was said back."""
    thoughts: str | None
    rung: int | None
    """The rung of the ladder, from 1, on which the creditor stood then."""
    notes: list[Note]
    findings: list[FoundView]
    language: str | None
    """BCP 47 tag of what it is written in; None where nobody knows."""


class OperatorView(BaseModel):
    """One negotiation, whole."""

    id: str
    case_id: str
    name: str | None
    status: Status
    operator: str | None
    debt: str
    program: ProgramView
    profile: str
    timezone: str
    language: str
    """BCP 47 tag of what is spoken with the debtor."""
    ladder: list[str]
    """The rungs in words, firmest first."""
    rung: int | None
    """On which the creditor stands now, from 1."""
    knew_surplus: bool
    """Whether the ladder was planned with what the debtor has left each month."""
    question: str | None
    """What the plan wants to know of the debtor."""
    pending: PlanView | None
    agreed: PlanView | None
    findings: list[CaseFinding]
    """Of the case, whichever conversation they were noticed in."""
    messages: list[OperatorMessage]
    """The latest; positions begin at 1."""


class Scored(BaseModel):
    """A metric or an index with its value."""

    name: str
    aspect: str
    unit: str
    better: str | None
    """up or down; None where neither is better by itself."""
    value: float


class ScoreView(BaseModel):
    """The scorecard so far; a negotiation that goes on is scored as if it ended here without an agreement."""

    finished: bool
    values: dict[str, Scored]
    """By id, in the order of every table."""
    faults: list[str]
    """What makes a turn of the program unsound (DS)."""
    unscored: str = ""
    """Why there are no values; "" where there are some."""


def unscored() -> ScoreView:
    """Of a service that has accounts."""
    why = say("the scores need the debtor's finances, and the service has accounts, which hold none")
    return ScoreView(finished=False, values={}, faults=[], unscored=why)


def operator_view(
    row: NegotiationRow, messages: list[MessageRow], after: int, findings: list[CaseFindingRow], house: House
) -> OperatorView:
    """What stands in one negotiation, its messages after a position, and the findings of its case."""
    case, memory = view_of(row), SeatMemory.model_validate(row.memory)
    debt, pending = case.debt, pending_plan(row)
    return OperatorView(
        id=row.id,
        case_id=row.case_id,
        name=case.debtor.name,
        status=Status(row.status),
        operator=row.operator,
        debt=say(
            "{product}, {amount}, {days} overdue",
            product=say(debt.product),
            amount=words.money_said(debt.outstanding, debt.currency),
            days=say_many("{n} day", "{n} days", debt.overdue_days),
        ),
        program=program_view(row, house),
        profile=row.profile,
        timezone=row.timezone,
        language=row.language or SOURCE,
        ladder=[words.package_said(rung) for rung in memory.ladder],
        rung=_rung(standing_terms(turns_of(messages), Speaker.CREDITOR), memory.ladder),
        knew_surplus=memory.planned_with_surplus,
        question=say(memory.to_ask.value) if memory.to_ask else None,
        pending=plan_view(pending) if pending else None,
        agreed=plan_view(Plan.model_validate(row.agreed)) if row.agreed else None,
        findings=[finding_view(one) for one in findings],
        messages=[one for one in operator_messages(row, messages) if one.position > after],
    )


def operator_messages(row: NegotiationRow, messages: list[MessageRow]) -> list[OperatorMessage]:
    """Messages with what stands behind them; among them must be every turn that was before."""
    ladder, debt = SeatMemory.model_validate(row.memory).ladder, view_of(row).debt
    walk = steps(turns_of(messages))
    return [_message(one, next(walk) if one.turn else None, debt, ladder) for one in messages]


def finding_view(row: CaseFindingRow) -> CaseFinding:
    """A finding of a case."""
    told = {name: getattr(row, name) for name in CaseFinding.model_fields if name not in ("name", "why")}
    return CaseFinding(**told, name=say(row.rule.replace("_", " ")), why=said_why(row))


def record_of(
    program: Maden | RuleProgram, case: DebtCase, row: NegotiationRow, messages: list[MessageRow]
) -> Negotiation:
    """The negotiation as `metrics` reads it; the finances come from the book and are not stored here."""
    terms: Terms | None = Plan.model_validate(row.agreed).terms if row.agreed else None
    return Negotiation(
        case=case,
        turns=turns_of(messages),
        ending=Ending.AGREEMENT if terms else Ending.ROUND_LIMIT,
        agreed=terms,
        policy=program.settings.policy,
        ladder=SeatMemory.model_validate(row.memory).ladder,
    )


def score_view(record: Negotiation) -> ScoreView:
    """The scorecard of a record."""
    values = score(record).values()
    return ScoreView(
        finished=record.agreed is not None,
        values={
            one.id: Scored(
                name=say(one.name), aspect=say(one.aspect), unit=say(one.unit), better=one.better, value=values[one.id]
            )
            for one in (*METRICS, *INDICES)
        },
        faults=[
            say(
                "turn {number}: {fault}",
                number=one.turn + 1,
                fault=one.sentence if in_english() else say(FAULTS[one.kind]),
            )
            for one in soundness(record).faults
        ],
    )


def _message(row: MessageRow, step: Step | None, debt: Debt, ladder: tuple[Terms, ...]) -> OperatorMessage:
    turn = step.turn if step else None
    offer = step.after if step and step.turn.speaker is Speaker.CREDITOR else None
    return OperatorMessage(
        position=row.position,
        sender=Sender(row.sender),
        text=row.text,
        at=row.at,
        move=_move(turn.move, turn.speaker) if turn else None,
        proposed=_move(turn.proposed, turn.speaker) if turn and turn.proposed else None,
        asks_about=say(turn.inquiry.value) if turn and turn.inquiry else None,
        claims=_claims(turn.disclosed, debt.currency) if turn and turn.disclosed else [],
        understood=row.understood,
        thoughts=turn.thoughts if turn else None,
        rung=_rung(offer, ladder),
        notes=[_note(one) for one in turn.notes] if turn else [],
        findings=[_found(one) for one in row.findings],
        language=row.language,
    )


def _rung(own: Terms | None, ladder: tuple[Terms, ...]) -> int | None:
    return ladder.index(own) + 1 if own in ladder else None


def _move(move: Move, speaker: Speaker) -> str:
    if move.kind is MoveKind.ACCEPT:
        return say("accepts the other side's offer")
    if move.terms is None:
        return say("keeps the offer")
    whole, named = move.terms.over(None), move.terms.named.items()
    package = (
        words.package_said(whole) if whole else ", ".join(say(SPECS[d].clause).format(value) for d, value in named)
    )
    did = mark("offers {package}") if speaker is Speaker.CREDITOR else mark("proposes {package}")
    return say(did, package=package)


def _claims(said: Disclosure, currency: str) -> list[str]:
    values = {
        name.replace("_", " "): words.money_said(v, currency) if isinstance(v, int) else say(v.replace("_", " "))
        for name, v in said.model_dump(mode="json", exclude_none=True).items()
    }
    return [f"{say(CLAIMS.get(what, what))} {value}" for what, value in values.items()]


def _found(one: dict[str, Any]) -> FoundView:
    return FoundView.model_validate({**one, "name": say(one["rule"].replace("_", " ")), "why": say(one["why"])})


def _note(text: str) -> Note:
    by, said = text.partition(": ")[0], say(text)
    known = said != text or in_english()
    return Note(by=by, text=said.partition(": ")[2], language=None if known else SOURCE)
