"""Who is away from their post, and who stands in."""

import sqlalchemy as sa
from alembic import op

from models.migrations.columns import BIG, UTC

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.add_column(sa.Column("acting", sa.String(length=200), server_default=",", nullable=False))
    op.create_table(
        "stand_ins",
        sa.Column("id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("post", sa.String(length=40), nullable=False),
        sa.Column("deputy_id", BIG, nullable=True),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("entered_by", BIG, nullable=False),
        sa.Column("entered_at", UTC, nullable=False),
        sa.Column("ended_at", UTC, nullable=True),
        sa.ForeignKeyConstraint(["deputy_id"], ["people.id"], name=op.f("fk_stand_ins_deputy_id")),
        sa.ForeignKeyConstraint(["entered_by"], ["people.id"], name=op.f("fk_stand_ins_entered_by")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_stand_ins_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stand_ins")),
    )
    with op.batch_alter_table("stand_ins", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stand_ins_deputy_id"), ["deputy_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_stand_ins_person_id"), ["person_id"], unique=False)
