"""Whether the agreed plans are those that the audit chain says were confirmed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.database.audit_log import BATCH, CONFIRMED, ERASED, RECORDED, UNBOUND
from app.database.tables import AuditRow, NegotiationRow, Status

_TOLD = (
    select(AuditRow.negotiation_id, AuditRow.action, AuditRow.detail)
    .where(AuditRow.action.in_([CONFIRMED, RECORDED, UNBOUND, ERASED]), AuditRow.negotiation_id.is_not(None))
    .order_by(AuditRow.number)
)
_KEPT = select(NegotiationRow.id, NegotiationRow.status, NegotiationRow.agreed).where(
    or_(NegotiationRow.agreed.is_not(None), NegotiationRow.status == Status.AGREED.value)
)


def changed_plans(session: Session) -> list[str]:
    """Ids of the negotiations whose agreed plan differs from the chain's, or stands on one side only."""
    told = _told(session)
    kept = {found: agreed if status == Status.AGREED else None for found, status, agreed in session.execute(_KEPT)}
    return sorted(
        found for found in told.keys() | kept.keys() if told.get(found) is None or told[found] != kept.get(found)
    )


def _told(session: Session) -> dict[str, dict[str, Any]]:
    """The plans that bind, as the chain has them, by negotiation."""
    plans: dict[str, dict[str, Any]] = {}
    with session.execute(_TOLD.execution_options(yield_per=BATCH)) as entries:
        for negotiation_id, action, detail in entries:
            if action in (CONFIRMED, RECORDED) and "agreed" in detail:
                plans[negotiation_id] = detail["agreed"]
            elif action in (UNBOUND, ERASED):
                plans.pop(negotiation_id, None)
    return plans
