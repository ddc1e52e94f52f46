"""Links by which contractors hand in what they fixed."""

import sqlalchemy as sa
from alembic import op

from models.migrations.columns import BIG, UTC

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hazard_links",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("hazard_id", BIG, nullable=False),
        sa.Column("contractor", sa.String(length=200), nullable=False),
        sa.Column("made_by", BIG, nullable=False),
        sa.Column("made_at", UTC, nullable=False),
        sa.Column("expires_at", UTC, nullable=False),
        sa.Column("used_at", UTC, nullable=True),
        sa.ForeignKeyConstraint(
            ["hazard_id"], ["hazards.id"], name=op.f("fk_hazard_links_hazard_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["made_by"], ["people.id"], name=op.f("fk_hazard_links_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazard_links")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_hazard_links_code_hash")),
    )
    with op.batch_alter_table("hazard_links", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hazard_links_hazard_id"), ["hazard_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_hazard_links_made_by"), ["made_by"], unique=False)
