"""An index for what a guard's own summary counts: the hazards they found that are open, or overdue."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_hazards_finder", "hazards", ["found_by", "status", "due_at", "day"])


def downgrade() -> None:
    """Remove it."""
    op.drop_index("ix_hazards_finder", "hazards")
