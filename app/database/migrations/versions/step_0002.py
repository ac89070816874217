"""Signals bind a case; a debtor is asked whether something was meant, and reads what was understood."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the findings of a case, and what is asked and understood."""
    op.create_table(
        "case_findings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=200), nullable=False),
        sa.Column("negotiation_id", sa.String(length=32), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=100), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("silences", sa.Boolean(), nullable=False),
        sa.Column("binds", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=100), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["negotiation_id"],
            ["negotiations.id"],
            name=op.f("fk_case_findings_negotiation_id_negotiations"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_findings")),
    )
    op.create_index(op.f("ix_case_findings_case_id"), "case_findings", ["case_id"], unique=False)
    op.create_index(op.f("ix_case_findings_negotiation_id"), "case_findings", ["negotiation_id"], unique=False)
    op.add_column("negotiations", sa.Column("asked", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("messages", sa.Column("understood", sa.Text(), nullable=True))
    _bind()


def _bind() -> None:
    """What stopped or waits for a person already goes on binding its case, as the debtors were told."""
    connection = op.get_bind()
    found = connection.execute(
        sa.text(
            "SELECT n.id, n.case_id, m.position, m.at, m.findings FROM messages m"
            " JOIN negotiations n ON n.id = m.negotiation_id"
            " WHERE n.status IN ('stopped', 'with_a_person') AND m.sender = 'debtor' ORDER BY m.id"
        ).columns(at=sa.DateTime(timezone=True), findings=sa.JSON())
    ).all()
    rows = [
        {
            "case_id": case_id, "negotiation_id": negotiation_id, "position": position, "rule": one["rule"],
            "why": one["why"], "silences": True, "binds": one["rule"] != "asks_for_a_person", "at": at,
        }
        for negotiation_id, case_id, position, at, findings in found
        for one in findings or ()
        if one["action"] in ("stop", "hand_over", "pause")
    ]  # fmt: skip
    columns = [sa.column("at", sa.DateTime(timezone=True)), *map(sa.column, (
        "case_id", "negotiation_id", "position", "rule", "why", "silences", "binds"))]  # fmt: skip
    if rows:
        connection.execute(sa.insert(sa.table("case_findings", *columns)), rows)


def downgrade() -> None:
    """Take them away."""
    op.drop_column("messages", "understood")
    op.drop_column("negotiations", "asked")
    op.drop_index(op.f("ix_case_findings_negotiation_id"), table_name="case_findings")
    op.drop_index(op.f("ix_case_findings_case_id"), table_name="case_findings")
    op.drop_table("case_findings")
