"""Answers inside deliveries."""

import sqlalchemy as sa
from alembic import op

from models.migrations.columns import BIG

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("answers", sa.String(length=140), nullable=True))
        batch_op.add_column(sa.Column("claimed_by", BIG, nullable=True))
        batch_op.drop_column("claimed_until")
        batch_op.drop_index(batch_op.f("ix_outbox_due"))
        batch_op.drop_index(batch_op.f("ix_outbox_external"))
        batch_op.create_index(
            "ix_outbox_subject",
            ["account_id", "external_id"],
            unique=False,
            postgresql_where=sa.text("subject IS NOT NULL"),
            sqlite_where=sa.text("subject IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_outbox_unsent",
            ["account_id", "seq"],
            unique=False,
            postgresql_where=sa.text("status IN ('pending', 'sending', 'dead')"),
            sqlite_where=sa.text("status IN ('pending', 'sending', 'dead')"),
        )
