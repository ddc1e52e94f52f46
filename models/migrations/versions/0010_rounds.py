"""Scheduled rounds, shifts, hand-overs, spot checks; codes that can be revoked, and where places are."""

import sqlalchemy as sa
from alembic import op

from models.migrations.columns import BIG, JSON, UTC

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("places", schema=None) as batch_op:
        batch_op.add_column(sa.Column("token", sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column("latitude", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("longitude", sa.Float(), nullable=True))
    with op.batch_alter_table("inspections", schema=None) as batch_op:
        batch_op.add_column(sa.Column("away", BIG, nullable=True))
    with op.batch_alter_table("inspection_items", schema=None) as batch_op:
        few = sa.text("state = 'na'")
        batch_op.create_index(
            "ix_inspection_items_na",
            ["inspection_id"],
            unique=False,
            postgresql_where=few,
            sqlite_where=few,
        )
    _plans_and_rounds()
    _opening_days()
    _shifts()


def _plans_and_rounds() -> None:
    op.create_table(
        "round_plans",
        sa.Column("id", BIG, nullable=False),
        sa.Column("checklist", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=24), nullable=False),
        sa.Column("spread", sa.Boolean(), nullable=False),
        sa.Column("schedule", JSON, nullable=False),
        sa.Column("post", sa.String(length=40), nullable=True),
        sa.Column("person_id", BIG, nullable=True),
        sa.Column("remind", BIG, nullable=False),
        sa.Column("grace", BIG, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("since", UTC, nullable=False),
        sa.Column("created_by", BIG, nullable=False),
        sa.Column("created_at", UTC, nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_round_plans_created_by")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_round_plans_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_round_plans")),
    )
    with op.batch_alter_table("round_plans", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_round_plans_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_round_plans_sample"), ["sample"], unique=False)
    op.create_table(
        "rounds",
        sa.Column("id", BIG, nullable=False),
        sa.Column("plan_id", BIG, nullable=False),
        sa.Column("place", sa.String(length=24), nullable=False),
        sa.Column("checklist", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("due_at", UTC, nullable=False),
        sa.Column("opens_at", UTC, nullable=False),
        sa.Column("ends_at", UTC, nullable=False),
        sa.Column("post", sa.String(length=40), nullable=True),
        sa.Column("person_id", BIG, nullable=True),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("started_at", UTC, nullable=True),
        sa.Column("done_at", UTC, nullable=True),
        sa.Column("inspection_id", BIG, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("reason_by", BIG, nullable=True),
        sa.Column("reason_at", UTC, nullable=True),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspections.id"], name=op.f("fk_rounds_inspection_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_rounds_person_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["round_plans.id"], name=op.f("fk_rounds_plan_id")),
        sa.ForeignKeyConstraint(["reason_by"], ["people.id"], name=op.f("fk_rounds_reason_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rounds")),
        sa.UniqueConstraint("plan_id", "place", "due_at", name=op.f("uq_rounds_plan_id_place_due_at")),
    )
    with op.batch_alter_table("rounds", schema=None) as batch_op:
        figures = ["day", "status", "checklist", "person_id", "sample"]
        batch_op.create_index("ix_rounds_day", figures, unique=False)
        batch_op.create_index("ix_rounds_place", ["place", "checklist", "due_at"], unique=False)
        batch_op.create_index("ix_rounds_person", ["person_id", "day", "status"], unique=False)
        batch_op.create_index(batch_op.f("ix_rounds_sample"), ["sample"], unique=False)


def _opening_days() -> None:
    op.create_table(
        "opening_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=True),
        sa.Column("closes", sa.Time(), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("entered_by", BIG, nullable=False),
        sa.Column("entered_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["entered_by"], ["people.id"], name=op.f("fk_opening_days_entered_by")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_opening_days")),
    )


def _shifts() -> None:
    op.create_table(
        "shifts",
        sa.Column("id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("on_at", UTC, nullable=False),
        sa.Column("off_at", UTC, nullable=True),
        sa.Column("forgotten", sa.Boolean(), nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_shifts_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
    )
    with op.batch_alter_table("shifts", schema=None) as batch_op:
        still = sa.text("off_at IS NULL")
        batch_op.create_index(
            "ix_shifts_on", ["person_id"], unique=True, postgresql_where=still, sqlite_where=still
        )
        batch_op.create_index("ix_shifts_day", ["day", "person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_shifts_sample"), ["sample"], unique=False)
    op.create_table(
        "handovers",
        sa.Column("id", BIG, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("giver_id", BIG, nullable=False),
        sa.Column("taker_id", BIG, nullable=False),
        sa.Column("hazards", JSON, nullable=False),
        sa.Column("keys", sa.String(length=200), nullable=False),
        sa.Column("remarks", sa.Text(), nullable=True),
        sa.Column("photos", JSON, nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("dispute", sa.Text(), nullable=True),
        sa.Column("given_at", UTC, nullable=False),
        sa.Column("signed_at", UTC, nullable=True),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["giver_id"], ["people.id"], name=op.f("fk_handovers_giver_id")),
        sa.ForeignKeyConstraint(["taker_id"], ["people.id"], name=op.f("fk_handovers_taker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handovers")),
        sa.UniqueConstraint("number", name=op.f("uq_handovers_number")),
    )
    with op.batch_alter_table("handovers", schema=None) as batch_op:
        batch_op.create_index("ix_handovers_day", ["day"], unique=False)
        batch_op.create_index(batch_op.f("ix_handovers_giver_id"), ["giver_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_handovers_taker_id"), ["taker_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_handovers_sample"), ["sample"], unique=False)
    op.create_table(
        "spot_checks",
        sa.Column("id", BIG, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("subject_id", BIG, nullable=True),
        sa.Column("place", sa.String(length=24), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("photos", JSON, nullable=False),
        sa.Column("made_at", UTC, nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_spot_checks_person_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["people.id"], name=op.f("fk_spot_checks_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spot_checks")),
        sa.UniqueConstraint("number", name=op.f("uq_spot_checks_number")),
    )
    with op.batch_alter_table("spot_checks", schema=None) as batch_op:
        batch_op.create_index("ix_spot_checks_day", ["day"], unique=False)
        batch_op.create_index(batch_op.f("ix_spot_checks_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_spot_checks_subject_id"), ["subject_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_spot_checks_sample"), ["sample"], unique=False)
