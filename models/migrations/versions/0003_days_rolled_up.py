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
        "day_figures",
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("figure", sa.String(length=60), nullable=False),
        sa.Column("value", BIG, nullable=False),
        sa.PrimaryKeyConstraint("topic", "day", "figure", name=op.f("pk_day_figures")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "day_shares",
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("value", BIG, nullable=False),
        sa.PrimaryKeyConstraint("topic", "day", "person_id", name=op.f("pk_day_shares")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "stale_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
    )
    with op.batch_alter_table("stale_days", schema=None) as batch_op:
        batch_op.create_index("ix_stale_days_day", ["day", "topic"], unique=False)

    with op.batch_alter_table("hazards", schema=None) as batch_op:
        batch_op.create_index("ix_hazards_person", ["found_by", "day"], unique=False)

    with op.batch_alter_table("inspections", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inspections_person_id"))
        batch_op.create_index("ix_inspections_person", ["person_id", "day"], unique=False)
