"""An index for what a guard's own summary counts: the hazards they found that are open, or overdue."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("hazards", schema=None) as batch_op:
        batch_op.create_index("ix_hazards_finder", ["found_by", "status", "due_at", "day"])
