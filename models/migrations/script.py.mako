"""${message[:1].upper() + message[1:]}."""

import sqlalchemy as sa
from alembic import op

% if imports:
${imports}

% endif
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${"\n".join(line for line in upgrades.splitlines() if not line.lstrip().startswith("#")).lstrip() if upgrades else "pass"}
