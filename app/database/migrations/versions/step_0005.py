"""Tries, and messages that use up no round, are counted; leases are of a thread of a process."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COUNTS = ("tries", "asides", "unreadable")


def upgrade() -> None:
    """Add the counts, and end the leases of before: whoever held them runs no more."""
    for name in COUNTS:
        op.add_column("negotiations", sa.Column(name, sa.Integer(), server_default="0", nullable=False))
    op.execute("UPDATE negotiations SET lease = NULL, lease_until = NULL")


def downgrade() -> None:
    """Take them away."""
    for name in COUNTS:
        op.drop_column("negotiations", name)
