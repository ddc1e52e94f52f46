"""Hazards rolled up anew: their figures say more now (handlers/summary_hazards.py).

No table changes. A step there has to be: every upgrade has all days rolled up again.
"""

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
