"""One plan binds a debt, and the audit chain has its amounts and dates."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

from app.database import audit_log as audit

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_INDEX = "uq_case_findings_binding_plan"
_FINDING = (
    "INSERT INTO case_findings (case_id, negotiation_id, position, rule, why, silences, binds, at)"
    " VALUES (:case_id, :negotiation_id, 0, 'plan_agreed', :why, :silences, :binds, :at)"
)


def upgrade() -> None:
    """Write what has been agreed so far into the chain; the first plan of each debt is the one that binds it."""
    where = sa.text("rule = 'plan_agreed' AND lifted IS NULL")
    op.create_index(_INDEX, "case_findings", ["case_id"], unique=True, sqlite_where=where, postgresql_where=where)
    connection = op.get_bind()
    found = connection.execute(
        sa.text(
            "SELECT id, case_id, updated, agreed FROM negotiations WHERE status = 'agreed' AND agreed IS NOT NULL"
            " ORDER BY updated, id"
        ).columns(updated=sa.DateTime(timezone=True), agreed=sa.JSON())
    ).all()
    finding = sa.text(_FINDING).bindparams(sa.bindparam("at", type_=sa.DateTime(timezone=True)))
    first = {case_id: (one, updated, agreed) for one, case_id, updated, agreed in reversed(found)}
    for case_id, (one, updated, agreed) in first.items():
        ends = date.fromisoformat(agreed["payments"][-1]["due"])
        why = f"a plan binds this debt, with its last payment by {ends}; lifting this ends that plan"
        about = {"case_id": case_id, "negotiation_id": one, "why": why, "at": updated}
        connection.execute(finding, {**about, "silences": False, "binds": True})
    with Session(connection) as session:  # appended by the code that reads the chain; Alembic commits
        for one, _, _, agreed in found:
            audit.record(session, "service", audit.RECORDED, one, agreed=agreed)


def downgrade() -> None:
    """Take them away; the chain keeps its entries."""
    op.execute("DELETE FROM case_findings WHERE rule = 'plan_agreed'")
    op.drop_index(_INDEX, table_name="case_findings")
