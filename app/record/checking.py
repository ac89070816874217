"""What is wrong with a record: a chain that does not hold, one that was cut at its end, agreed plans that differ."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.database import audit_log as audit
from app.record.agreed_plans import changed_plans
from app.record.anchors import Anchor

CUT = "the log was cut, emptied or made anew"


def faults_of(session: Session, found: audit.Verified, expect: str | None, anchor: Anchor | None) -> list[str]:
    """Everything that is wrong, a sentence each; none where the record is whole.

    Args:
        session: the one in which the chain was walked.
        found: what the walk found.
        expect: a hash that an entry once had.
        anchor: the end that the chain once had; its signature is the caller's to check.
    """
    if found.broken_at is not None:
        return [f"broken at entry {found.broken_at}: changed, taken out or put in"]
    faults = [
        f"the agreed plan of negotiation {one} is not the one that was confirmed" for one in changed_plans(session)
    ]
    if expect is not None and not audit.has(session, expect):
        faults.append(f"no entry has the hash {expect}: {CUT}")
    if anchor is not None and not anchor.stands_in(session):
        faults.append(
            f"on {anchor.at:%Y-%m-%d %H:%M} entry {anchor.entries} was another one than it is now ({found.entries} "
            f"entries): {CUT}"
        )
    return faults
