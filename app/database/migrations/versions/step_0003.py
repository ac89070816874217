"""Debtors' links have generations; operators have roles, can be locked, and may have a second factor."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_RESERVED = (
    "('assistant', 'command line', 'creditor', 'debtor', 'operator', 'person', 'program', 'service', 'system', 'you')"
)


def upgrade() -> None:
    """Add the columns; whoever has a name of the audit log's own is locked out."""
    op.add_column("negotiations", sa.Column("link_generation", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("operators", sa.Column("role", sa.String(length=16), nullable=False, server_default="acts"))
    op.add_column("operators", sa.Column("locked", sa.DateTime(timezone=True), nullable=True))
    op.add_column("operators", sa.Column("totp_secret", sa.String(length=64), nullable=True))
    op.add_column("operators", sa.Column("totp_step", sa.Integer(), nullable=True))
    op.execute(f"UPDATE operators SET locked = created WHERE lower(name) IN {_RESERVED}")
    op.execute(f"DELETE FROM logins WHERE lower(operator) IN {_RESERVED}")


def downgrade() -> None:
    """Take them away."""
    for column in ("totp_step", "totp_secret", "locked", "role"):
        op.drop_column("operators", column)
    op.drop_column("negotiations", "link_generation")
