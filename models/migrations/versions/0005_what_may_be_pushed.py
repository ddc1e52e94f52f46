"""How much may be pushed to an account."""

import sqlalchemy as sa
from alembic import op

from models.migrations.columns import BIG, UTC

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("push_left", BIG, nullable=True))
        batch_op.add_column(sa.Column("push_until", UTC, nullable=True))
