"""Days rolled up."""

import sqlalchemy as sa
from alembic import op

from models.migrations.columns import BIG

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rolled_figures",
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("part", BIG, nullable=False),
        sa.Column("figure", sa.String(length=60), nullable=False),
        sa.Column("value", BIG, nullable=False),
        sa.PrimaryKeyConstraint("topic", "period", "part", "figure", name=op.f("pk_rolled_figures")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rolled_shares",
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("part", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("value", BIG, nullable=False),
        sa.PrimaryKeyConstraint("topic", "period", "part", "person_id", name=op.f("pk_rolled_shares")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stale",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("part", BIG, nullable=False),
    )
    with op.batch_alter_table("stale", schema=None) as batch_op:
        batch_op.create_index("ix_stale_day", ["day", "topic", "part"], unique=False)

    with op.batch_alter_table("hazards", schema=None) as batch_op:
        batch_op.drop_index("ix_hazards_status")
        batch_op.create_index("ix_hazards_status", ["status", "due_at", "day", "found_by"], unique=False)
        batch_op.create_index("ix_hazards_person", ["found_by", "day"], unique=False)

    with op.batch_alter_table("inspections", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inspections_person_id"))
        batch_op.create_index(
            "ix_inspections_person",
            ["person_id", "day", "current", "failed", "presence", "too_fast", "sample", "id"],
            unique=False,
        )
