"""Hazards to rectification: orders, events, signatures."""

import sqlalchemy as sa
from alembic import op

from models.migrations.columns import BIG, JSON, UTC

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None

_PEOPLE = ("ordered_by", "responsible_id", "fixed_by", "reviewed_by")
_COUNTS = ("reopened", "recurred", "escalated", "seq")


def upgrade() -> None:
    with op.batch_alter_table("hazards", schema=None) as hazards:
        hazards.add_column(sa.Column("feedback_id", BIG, nullable=True))
        hazards.add_column(
            sa.Column("source", sa.String(length=40), server_default="inspection", nullable=False)
        )
        hazards.add_column(sa.Column("ordered_by", BIG, nullable=True))
        hazards.add_column(sa.Column("issued_post", sa.String(length=40), nullable=True))
        hazards.add_column(sa.Column("responsible_id", BIG, nullable=True))
        hazards.add_column(sa.Column("measures", sa.Text(), nullable=True))
        hazards.add_column(sa.Column("funds", sa.String(length=200), nullable=True))
        hazards.add_column(sa.Column("interim", sa.Text(), nullable=True))
        hazards.add_column(sa.Column("asked_until", UTC, nullable=True))
        hazards.add_column(sa.Column("fixed_by", BIG, nullable=True))
        hazards.add_column(sa.Column("fixed_at", UTC, nullable=True))
        hazards.add_column(sa.Column("reviewed_by", BIG, nullable=True))
        for flag in ("on_spot", "suspended"):
            hazards.add_column(sa.Column(flag, sa.Boolean(), server_default="0", nullable=False))
        hazards.add_column(sa.Column("external_ref", sa.String(length=200), nullable=True))
        for count in _COUNTS:
            hazards.add_column(sa.Column(count, BIG, server_default="0", nullable=False))
        hazards.create_foreign_key(op.f("fk_hazards_feedback_id"), "feedback", ["feedback_id"], ["id"])
        for person in _PEOPLE:
            hazards.create_foreign_key(op.f(f"fk_hazards_{person}"), "people", [person], ["id"])
        hazards.create_index(op.f("ix_hazards_feedback_id"), ["feedback_id"], unique=False)
        hazards.create_index("ix_hazards_place", ["place", "item_key", "status"], unique=False)
        hazards.create_index("ix_hazards_responsible", ["responsible_id", "status"], unique=False)
    op.create_table(
        "hazard_events",
        sa.Column("id", BIG, nullable=False),
        sa.Column("hazard_id", BIG, nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("move", sa.String(length=40), nullable=False),
        sa.Column("before", sa.String(length=40), nullable=True),
        sa.Column("after", sa.String(length=40), nullable=False),
        sa.Column("person_id", BIG, nullable=True),
        sa.Column("contractor", sa.String(length=200), nullable=True),
        sa.Column("at", UTC, nullable=False),
        sa.Column("place", sa.String(length=24), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("photos", JSON, nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.ForeignKeyConstraint(["hazard_id"], ["hazards.id"], name=op.f("fk_hazard_events_hazard_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_hazard_events_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazard_events")),
        sa.UniqueConstraint("hazard_id", "seq", name=op.f("uq_hazard_events_hazard_id_seq")),
    )
    op.create_index(op.f("ix_hazard_events_person_id"), "hazard_events", ["person_id"], unique=False)
    op.create_table(
        "hazard_signatures",
        sa.Column("id", BIG, nullable=False),
        sa.Column("hazard_id", BIG, nullable=False),
        sa.Column("round", BIG, nullable=False),
        sa.Column("post", sa.String(length=40), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("stood_in_for", BIG, nullable=True),
        sa.Column("signed_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["hazard_id"], ["hazards.id"], name=op.f("fk_hazard_signatures_hazard_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_hazard_signatures_person_id")),
        sa.ForeignKeyConstraint(
            ["stood_in_for"], ["people.id"], name=op.f("fk_hazard_signatures_stood_in_for")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazard_signatures")),
        sa.UniqueConstraint(
            "hazard_id", "round", "post", name=op.f("uq_hazard_signatures_hazard_id_round_post")
        ),
        sa.UniqueConstraint(
            "hazard_id", "round", "person_id", name=op.f("uq_hazard_signatures_hazard_id_round_person_id")
        ),
    )
    op.create_index(op.f("ix_hazard_signatures_person_id"), "hazard_signatures", ["person_id"], unique=False)
    _begin_histories()


def _begin_histories() -> None:
    """What is known of the hazards there are already: that they were reported, by whom, when."""
    # What a correction of a sample found goes with the sample.
    of_samples = "SELECT i.id FROM inspections i JOIN inspections s ON s.number = i.number WHERE s.sample"
    op.execute(f"UPDATE hazards SET sample = (1 = 1) WHERE inspection_id IN ({of_samples})")  # noqa: S608 - ours
    op.execute(
        "INSERT INTO hazard_events"
        " (hazard_id, seq, move, before, after, person_id, contractor, at, place, note, photos, data)"
        " SELECT id, 1, 'report', NULL, CASE status WHEN 'fixed_on_spot' THEN status ELSE 'open' END,"
        " found_by, NULL, found_at, place, note, photos, '{}' FROM hazards"
    )
    op.execute("UPDATE hazards SET seq = 1")
