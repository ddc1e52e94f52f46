"""First tables."""

import sqlalchemy as sa
from alembic import op

from models.migrations.columns import BIG, JSON

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "checklists",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("version", BIG, nullable=False),
        sa.Column("title_zh", sa.String(length=200), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.Column("body", JSON, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklists")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_checklists_code_version")),
    )
    op.create_table(
        "due",
        sa.Column("id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("attempts", BIG, nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_due")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_due_kind_key")),
    )
    with op.batch_alter_table("due", schema=None) as batch_op:
        batch_op.create_index("ix_due_when", ["status", "due_at"], unique=False)

    op.create_table(
        "inbox",
        sa.Column("id", BIG, nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("external_id", sa.String(length=140), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("attempts", BIG, nullable=False),
        sa.Column("payload", JSON, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("channel", "external_id", name=op.f("uq_inbox_channel_external_id")),
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inbox_received_at"), ["received_at"], unique=False)

    op.create_table(
        "notes",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("value", JSON, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_notes")),
    )
    op.create_table(
        "people",
        sa.Column("id", BIG, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("locale", sa.String(length=40), nullable=True),
        sa.Column("roles", sa.String(length=200), nullable=False),
        sa.Column("pending_role", sa.String(length=40), nullable=True),
        sa.Column("pending_invite", BIG, nullable=True),
        sa.Column("invited_by", BIG, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["invited_by"], ["people.id"], name=op.f("fk_people_invited_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
    )
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_people_sample"), ["sample"], unique=False)

    op.create_table(
        "places",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("parent", sa.String(length=24), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("checklists", sa.String(length=200), nullable=False),
        sa.Column("position", BIG, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_places")),
        sa.UniqueConstraint("code", name=op.f("uq_places_code")),
    )
    with op.batch_alter_table("places", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_places_sample"), ["sample"], unique=False)

    op.create_table(
        "series",
        sa.Column("prefix", sa.String(length=40), nullable=False),
        sa.Column("period", sa.String(length=40), nullable=False),
        sa.Column("last", BIG, nullable=False),
        sa.PrimaryKeyConstraint("prefix", "period", name=op.f("pk_series")),
    )
    op.create_table(
        "accounts",
        sa.Column("id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("external_id", sa.String(length=100), nullable=False),
        sa.Column("locale", sa.String(length=40), nullable=True),
        sa.Column("blocked", sa.Boolean(), nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_accounts_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("channel", "external_id", name=op.f("uq_accounts_channel_external_id")),
    )
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_accounts_person_id"), ["person_id"], unique=False)

    op.create_table(
        "audit",
        sa.Column("id", BIG, nullable=False),
        sa.Column("actor_id", BIG, nullable=True),
        sa.Column("subject_id", BIG, nullable=True),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["people.id"], name=op.f("fk_audit_actor_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["people.id"], name=op.f("fk_audit_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_actor", ["actor_id", "action", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "conversations",
        sa.Column("id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("answers", JSON, nullable=False),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("focus", sa.String(length=100), nullable=True),
        sa.Column("revision", BIG, nullable=False),
        sa.Column("misfits", BIG, nullable=False),
        sa.Column("album", sa.String(length=120), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_conversations_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
    )
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_conversations_expires_at"), ["expires_at"], unique=False)
        batch_op.create_index("ix_conversations_person", ["person_id", "status"], unique=False)

    op.create_table(
        "inspections",
        sa.Column("id", BIG, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("place", sa.String(length=24), nullable=False),
        sa.Column("checklist_id", BIG, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("presence", sa.String(length=40), nullable=False),
        sa.Column("location", JSON, nullable=True),
        sa.Column("seconds", BIG, nullable=False),
        sa.Column("batch", sa.Boolean(), nullable=False),
        sa.Column("too_fast", sa.Boolean(), nullable=False),
        sa.Column("failed", BIG, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("spot_photos", JSON, nullable=False),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["checklist_id"], ["checklists.id"], name=op.f("fk_inspections_checklist_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_inspections_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspections")),
        sa.UniqueConstraint("number", "revision", name=op.f("uq_inspections_number_revision")),
    )
    with op.batch_alter_table("inspections", schema=None) as batch_op:
        batch_op.create_index("ix_inspections_day", ["day", "current"], unique=False)
        batch_op.create_index(batch_op.f("ix_inspections_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_inspections_sample"), ["sample"], unique=False)

    op.create_table(
        "invites",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("uses_left", BIG, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", BIG, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["people.id"], name=op.f("fk_invites_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invites")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_invites_code_hash")),
    )
    op.create_table(
        "media",
        sa.Column("id", BIG, nullable=False),
        sa.Column("sha", sa.String(length=64), nullable=False),
        sa.Column("original_sha", sa.String(length=64), nullable=False),
        sa.Column("mime", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_media_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
    )
    with op.batch_alter_table("media", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_media_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_media_sha"), ["sha"], unique=False)

    op.create_table(
        "outreach",
        sa.Column("id", BIG, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("theme", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("place_kind", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("same", sa.String(length=300), nullable=False),
        sa.Column("starts", sa.String(length=5), nullable=True),
        sa.Column("ends", sa.String(length=5), nullable=True),
        sa.Column("sessions", BIG, nullable=False),
        sa.Column("participants", BIG, nullable=False),
        sa.Column("minors", BIG, nullable=True),
        sa.Column("elderly", BIG, nullable=True),
        sa.Column("disabled", BIG, nullable=True),
        sa.Column("online_views", BIG, nullable=True),
        sa.Column("leaflets", BIG, nullable=True),
        sa.Column("partners", sa.Text(), nullable=True),
        sa.Column("photos", JSON, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("revision", BIG, nullable=False),
        sa.Column("returned_because", sa.Text(), nullable=True),
        sa.Column("returned_by", BIG, nullable=True),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", BIG, nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["approved_by"], ["people.id"], name=op.f("fk_outreach_approved_by")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_outreach_person_id")),
        sa.ForeignKeyConstraint(["returned_by"], ["people.id"], name=op.f("fk_outreach_returned_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outreach")),
        sa.UniqueConstraint("number", name=op.f("uq_outreach_number")),
    )
    with op.batch_alter_table("outreach", schema=None) as batch_op:
        batch_op.create_index("ix_outreach_day", ["day", "status"], unique=False)
        batch_op.create_index(batch_op.f("ix_outreach_person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_outreach_same", ["same"], unique=False)
        batch_op.create_index(batch_op.f("ix_outreach_sample"), ["sample"], unique=False)

    op.create_table(
        "feedback",
        sa.Column("id", BIG, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("conversation_id", BIG, nullable=True),
        sa.Column("person_id", BIG, nullable=True),
        sa.Column("account_id", BIG, nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("place", sa.String(length=24), nullable=True),
        sa.Column("rating", BIG, nullable=True),
        sa.Column("topic", sa.String(length=40), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("contact", sa.String(length=200), nullable=True),
        sa.Column("photos", JSON, nullable=False),
        sa.Column("voice", JSON, nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_feedback_account_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_feedback_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("conversation_id", name=op.f("uq_feedback_conversation_id")),
        sa.UniqueConstraint("number", name=op.f("uq_feedback_number")),
    )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.create_index("ix_feedback_day", ["day"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_feedback_sample"), ["sample"], unique=False)

    op.create_table(
        "hazards",
        sa.Column("id", BIG, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("inspection_id", BIG, nullable=True),
        sa.Column("item_key", sa.String(length=40), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("severity", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=24), nullable=False),
        sa.Column("title_zh", sa.String(length=200), nullable=False),
        sa.Column("title_en", sa.String(length=200), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("photos", JSON, nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("found_by", BIG, nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["found_by"], ["people.id"], name=op.f("fk_hazards_found_by")),
        sa.ForeignKeyConstraint(["inspection_id"], ["inspections.id"], name=op.f("fk_hazards_inspection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazards")),
        sa.UniqueConstraint("number", name=op.f("uq_hazards_number")),
    )
    with op.batch_alter_table("hazards", schema=None) as batch_op:
        batch_op.create_index("ix_hazards_day", ["day"], unique=False)
        batch_op.create_index(batch_op.f("ix_hazards_inspection_id"), ["inspection_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_hazards_sample"), ["sample"], unique=False)
        batch_op.create_index("ix_hazards_status", ["status", "due_at"], unique=False)

    op.create_table(
        "inspection_items",
        sa.Column("id", BIG, nullable=False),
        sa.Column("inspection_id", BIG, nullable=False),
        sa.Column("number", BIG, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("how", sa.String(length=40), nullable=False),
        sa.Column("seconds", BIG, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("photos", JSON, nullable=False),
        sa.Column("fixed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspections.id"], name=op.f("fk_inspection_items_inspection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_items")),
        sa.UniqueConstraint("inspection_id", "number", name=op.f("uq_inspection_items_inspection_id_number")),
    )
    op.create_table(
        "link_codes",
        sa.Column("id", BIG, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_link_codes_account_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_link_codes_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_codes")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_link_codes_code_hash")),
    )
    with op.batch_alter_table("link_codes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_link_codes_person_id"), ["person_id"], unique=False)

    op.create_table(
        "outbox",
        sa.Column("id", BIG, nullable=False),
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=True),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("attempts", BIG, nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("external_id", sa.String(length=60), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_outbox_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("account_id", "seq", name=op.f("uq_outbox_account_id_seq")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_due", ["status", "not_before"], unique=False)
        batch_op.create_index("ix_outbox_external", ["account_id", "external_id"], unique=False)

    op.create_table(
        "outreach_members",
        sa.Column("id", BIG, nullable=False),
        sa.Column("outreach_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("minutes", BIG, nullable=False),
        sa.Column("waits", sa.Boolean(), nullable=False),
        sa.Column("slot", BIG, nullable=True),
        sa.ForeignKeyConstraint(
            ["outreach_id"], ["outreach.id"], name=op.f("fk_outreach_members_outreach_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_outreach_members_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outreach_members")),
        sa.UniqueConstraint(
            "outreach_id", "person_id", name=op.f("uq_outreach_members_outreach_id_person_id")
        ),
    )
    with op.batch_alter_table("outreach_members", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outreach_members_outreach_id"), ["outreach_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_outreach_members_person_id"), ["person_id"], unique=False)

    op.create_table(
        "signatures",
        sa.Column("id", BIG, nullable=False),
        sa.Column("inspection_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("post", sa.String(length=40), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspections.id"], name=op.f("fk_signatures_inspection_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_signatures_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signatures")),
        sa.UniqueConstraint("inspection_id", "post", name=op.f("uq_signatures_inspection_id_post")),
    )
    op.create_table(
        "feedback_replies",
        sa.Column("id", BIG, nullable=False),
        sa.Column("feedback_id", BIG, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("satisfied", sa.Boolean(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["feedback_id"], ["feedback.id"], name=op.f("fk_feedback_replies_feedback_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_feedback_replies_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_replies")),
    )
    with op.batch_alter_table("feedback_replies", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_feedback_replies_feedback_id"), ["feedback_id"], unique=False)
