"""Who answers for a place, letters of responsibility, and who wants no digest."""

import sqlalchemy as sa
from alembic import op

from models.migrations.columns import BIG, UTC

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "digest_choices",
        sa.Column("id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("chosen_at", UTC, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_digest_choices_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_choices")),
        sa.UniqueConstraint("person_id", name=op.f("uq_digest_choices_person_id")),
    )
    op.create_table(
        "letters",
        sa.Column("id", BIG, nullable=False),
        sa.Column("post", sa.String(length=40), nullable=False),
        sa.Column("year", BIG, nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("body_zh", sa.Text(), nullable=False),
        sa.Column("body_en", sa.Text(), nullable=False),
        sa.Column("issued_by", BIG, nullable=False),
        sa.Column("issued_at", UTC, nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["issued_by"], ["people.id"], name=op.f("fk_letters_issued_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
        sa.UniqueConstraint("post", "year", "version", name=op.f("uq_letters_post_year_version")),
    )
    with op.batch_alter_table("letters", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_letters_sample"), ["sample"], unique=False)
    op.create_table(
        "letter_copies",
        sa.Column("id", BIG, nullable=False),
        sa.Column("letter_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("sent_at", UTC, nullable=False),
        sa.Column("reminded_at", UTC, nullable=True),
        sa.Column("signed_at", UTC, nullable=True),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["letter_id"], ["letters.id"], name=op.f("fk_letter_copies_letter_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_letter_copies_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_copies")),
        sa.UniqueConstraint("letter_id", "person_id", name=op.f("uq_letter_copies_letter_id_person_id")),
    )
    with op.batch_alter_table("letter_copies", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_letter_copies_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_letter_copies_sample"), ["sample"], unique=False)
    op.create_table(
        "place_duties",
        sa.Column("id", BIG, nullable=False),
        sa.Column("place", sa.String(length=24), nullable=False),
        sa.Column("department", sa.String(length=200), nullable=False),
        sa.Column("person_id", BIG, nullable=True),
        sa.Column("set_by", BIG, nullable=True),
        sa.Column("set_at", UTC, nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_place_duties_person_id")),
        sa.ForeignKeyConstraint(["set_by"], ["people.id"], name=op.f("fk_place_duties_set_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_duties")),
        sa.UniqueConstraint("place", name=op.f("uq_place_duties_place")),
    )
    with op.batch_alter_table("place_duties", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_place_duties_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_place_duties_sample"), ["sample"], unique=False)
