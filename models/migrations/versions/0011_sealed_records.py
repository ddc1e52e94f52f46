"""Submitted records in a chain of seals."""

import sqlalchemy as sa
from alembic import op

from models.migrations.columns import BIG, UTC

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seals",
        sa.Column("seq", BIG, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("record_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("salts", sa.Text(), nullable=False),
        sa.Column("sealed_at", UTC, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_seals")),
        sa.UniqueConstraint("kind", "record_id", name=op.f("uq_seals_kind_record_id")),
    )
    op.create_table(
        "unsealed",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("record_id", BIG, nullable=False),
    )
    with op.batch_alter_table("unsealed", schema=None) as batch_op:
        batch_op.create_index("ix_unsealed_record", ["kind", "record_id"], unique=False)

    # What corrects sample data is sample data, and goes with it.
    op.execute(
        "UPDATE inspections SET sample = true"
        " WHERE NOT sample AND number IN (SELECT number FROM inspections WHERE sample)"
    )
