"""One's own figures rolled up."""

import sqlalchemy as sa
from alembic import op

from models.migrations.columns import BIG

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rolled_own",
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("part", BIG, nullable=False),
        sa.Column("figure", sa.String(length=60), nullable=False),
        sa.Column("value", BIG, nullable=False),
        sa.PrimaryKeyConstraint("topic", "person_id", "period", "part", "figure", name=op.f("pk_rolled_own")),
        sqlite_with_rowid=False,
    )
