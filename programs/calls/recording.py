"""A log of calls as negotiation records, and what to know of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from data.dimensions import DIMENSIONS
from data.domain import AccountRecord, CreditorPolicy, DebtCase, Ending, MoveKind, Negotiation, Speaker, Turn
from data.steps import steps
from data.terms import Terms
from data.transcripts.call import Call
from data.transcripts.call_log import CallLog
from data.transcripts.parties import Sides, WhoIsWho, parties
from metrics.money.simulation import LARGEST_AMOUNT
from plumbing.errors import UserError
from programs.calls.debts import DebtLedger, NoDebt
from programs.calls.walking import Walked, Walker, Words
from programs.reader.readers import Reader

CallRecord = Negotiation | AccountRecord
SOME_WEDNESDAY = date(2026, 1, 7)
"""What "by Friday" is counted from where nobody knows the day of a call."""
_SHOWN = 5
_UNREAD = "left out of the offer"


@dataclass(frozen=True)
class CallRecords:
    """What a log of calls comes to."""

    records: tuple[CallRecord, ...]
    told: tuple[str, ...]
    """What whoever uses them should know, one sentence each."""


def recorded(
    log: CallLog,
    ledger: DebtLedger,
    *,
    sides: Sides | None = None,
    policy: CreditorPolicy | None = None,
    on: date | None = None,
    reader: Reader | None = None,
) -> CallRecords:
    """The records of a log, in its order.

    Args:
        log: the calls.
        ledger: the debts that they are about.
        sides: what the user says of the speakers' names.
        policy: the limits that the creditor's people had; None: the default ones, as wide as what they offered.
        on: the day of calls that do not say theirs.
        reader: reads the debtors' words besides.

    Raises:
        UserError: not one call can be used; the sentence says why.
        InfrastructureFailure: the reader's model could not be reached.
    """
    records: list[CallRecord] = []
    left: list[str] = []
    others: Counter[str] = Counter()
    undated = 0
    met: Counter[str] = Counter()
    for call in log.calls:
        try:
            said, by_others = _said(call, sides or Sides())
            case = ledger.case(call)
        except (WhoIsWho, NoDebt) as fault:
            left.append(f"{call.place}, call {call.call_id}: {fault}")
            continue
        if case.debt.outstanding > LARGEST_AMOUNT:
            left.append(f"{call.place}, call {call.call_id}: {case.debt.outstanding} minor units are no debt")
            continue
        others.update(by_others)
        undated += call.on is None and on is None
        walked = Walker(call.on or on or SOME_WEDNESDAY, reader).walk(said, case.debt)
        records.append(_record(case, walked, met[case.case_id]))
        met[case.case_id] += 1
    if not records:
        raise UserError("\n".join(f"{log.path.name}, {one}" for one in left[:_SHOWN]))
    limits = policy or widened(records)
    told = _told(log, ledger, records, left, others, undated, limits if policy is None else None)
    return CallRecords(tuple(one.model_copy(update={"policy": limits}) for one in records), told)


def _said(call: Call, sides: Sides) -> tuple[list[Words], Counter[str]]:
    """The two sides in turn, and how many lines others have; what a side says without a break is one turn."""
    party = parties(call, sides)
    said: list[Words] = []
    others: Counter[str] = Counter()
    for line in call.lines:
        whose = party[line.speaker]
        if not isinstance(whose, Speaker):
            others[line.speaker] += 1
        elif said and said[-1].speaker is whose:
            said[-1] = Words(whose, f"{said[-1].text} {line.text}")
        else:
            said.append(Words(whose, line.text))
    return said, others


def _record(case: object, walked: Walked, times: int) -> CallRecord:
    """The record; a second call about a debt is its second trial."""
    kept: dict[str, object] = {
        "case": case,
        "turns": walked.turns,
        "ending": Ending.WALKED_AWAY if walked.agreed is None else Ending.AGREEMENT,
        "agreed": walked.agreed,
        "seed": times or None,
    }
    return (Negotiation if isinstance(case, DebtCase) else AccountRecord).model_validate(kept)


def widened(records: Sequence[CallRecord], policy: CreditorPolicy | None = None) -> CreditorPolicy:
    """The limits, as wide as what the creditor's people offered and took in all of the calls.

    Whoever does not say what the limits were has nobody's offers judged by them.
    """
    policy = policy or CreditorPolicy()
    packages = [terms for record in records for terms in _binding(record.turns)]
    bounds: dict[str, float] = {}
    for dimension in DIMENSIONS:
        low, high = policy.bounds(dimension)
        values = [getattr(terms, dimension) for terms in packages]
        bounds |= {f"min_{dimension}": min([low, *values]), f"max_{dimension}": max([high, *values])}
    return CreditorPolicy.model_validate({**policy.model_dump(), **bounds})


def _binding(turns: Sequence[Turn]) -> list[Terms]:
    found = []
    for step in steps(turns):
        if step.turn.speaker is Speaker.CREDITOR:
            took = step.turn.move.kind is MoveKind.ACCEPT
            terms = step.theirs.standing if took else step.after
            found += [terms] if terms is not None else []
    return found


def _told(
    log: CallLog,
    ledger: DebtLedger,
    records: Sequence[CallRecord],
    left: Sequence[str],
    others: Counter[str],
    undated: int,
    limits: CreditorPolicy | None,
) -> tuple[str, ...]:
    told = [log.told]
    if left:
        more = f"; and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
        told.append(f"{len(left)} of {len(log.calls)} calls left out: {'; '.join(left[:_SHOWN])}{more}")
    if others:
        names = ", ".join(f"{name!r} ({lines} lines)" for name, lines in others.most_common(_SHOWN))
        told.append(f"left out as neither side's: {names}; say whose they are with --creditor or --debtor")
    if ledger.assumed:
        guessed = ", ".join(f"{code} in {times} calls" for code, times in sorted(ledger.assumed.items()))
        told.append(f"the currency is taken from signs and words ({guessed}); give --currency if that is wrong")
    if undated:
        told.append(f'{undated} calls do not say their day: "by Friday" is counted from {SOME_WEDNESDAY}; give --date')
    if limits is not None:
        told.append(_limits_told(limits))
    if unread := sum(_UNREAD in note for one in records for turn in one.turns for note in turn.notes):
        told.append(f"{unread} figures that may belong to an offer could not be read; the turns' notes name them")
    unknown = sum(isinstance(record, AccountRecord) for record in records)
    if unknown:
        told.append(f"{unknown} of {len(records)} records are without the debtor's finances; --book adds them")
    return tuple(told)


def _limits_told(limits: CreditorPolicy) -> str:
    default = CreditorPolicy()
    wider = [
        f"{name} {value:g}"
        for name, value in limits.model_dump().items()
        if name != "round_limit" and value != getattr(default, name)
    ]
    wide = f", widened to what was offered: {', '.join(wider)}" if wider else ""
    return f"the limits are the default ones{wide}; give your people's with --policy, and offers are judged by them"
