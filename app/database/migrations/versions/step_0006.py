"""A negotiation has a language, and so has what its debtor is sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the languages; what is there was said in English, and goes on so."""
    op.add_column("negotiations", sa.Column("language", sa.String(35), server_default="", nullable=False))
    op.add_column("messages", sa.Column("language", sa.String(35), nullable=True))


def downgrade() -> None:
    """Take them away."""
    op.drop_column("messages", "language")
    op.drop_column("negotiations", "language")
