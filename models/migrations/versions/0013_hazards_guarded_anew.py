"""What the database refuses about hazards, anew: it says more now (models/hazard_guards.py).

No table changes. A step there has to be: whatever the steps do, the triggers are off before and put on after.
"""

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
