"""What Telegram needs: an outbox, the state of each chat, staff accounts, hand-offs, quizzes, and merged reviews."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _let_reviews_be_merged()
    _add_outbox()
    _add_staff()
    _add_handoffs()
    op.create_table(
        "quizzes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("pair_id", sa.Integer(), nullable=False),
        sa.Column("poll_id", sa.Text(), nullable=True),
        sa.Column("correct", sa.Integer(), nullable=False),
        sa.Column("chosen", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_quizzes_conversation_id")),
        sa.ForeignKeyConstraint(["pair_id"], ["pairs.id"], name=op.f("fk_quizzes_pair_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quizzes")),
        sa.UniqueConstraint("poll_id", name=op.f("uq_quizzes_poll_id")),
    )
    op.create_index(op.f("ix_quizzes_conversation_id"), "quizzes", ["conversation_id"], unique=False)


def _let_reviews_be_merged() -> None:
    # SQLite changes a CHECK by making the table anew, and drops no table that others refer to: their rows wait aside.
    sqlite = op.get_bind().dialect.name == "sqlite"
    if sqlite:
        op.execute("CREATE TEMPORARY TABLE kept_asks AS SELECT * FROM review_asks")
        op.execute("DELETE FROM review_asks")
    with op.batch_alter_table("reviews") as reviews:
        reviews.add_column(sa.Column("merged_into", sa.Integer(), nullable=True))
        reviews.create_foreign_key(op.f("fk_reviews_merged_into"), "reviews", ["merged_into"], ["id"])
        if not sqlite:  # there, a table that is made anew has no CHECK but those that are given here
            reviews.drop_constraint(op.f("ck_reviews_status"), type_="check")
        reviews.create_check_constraint(
            op.f("ck_reviews_status"), "status IN ('open', 'approved', 'rejected', 'merged')"
        )
    if sqlite:
        op.execute("INSERT INTO review_asks SELECT * FROM kept_asks")
        op.execute("DROP TABLE kept_asks")


def _add_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("chat_id", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("once", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('pending', 'sending', 'sent', 'failed')", name=op.f("ck_outbox_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("once", name=op.f("uq_outbox_once")),
    )
    op.create_index(op.f("ix_outbox_about"), "outbox", ["about"], unique=False)
    op.create_index(op.f("ix_outbox_status"), "outbox", ["status"], unique=False)
    for column in ("status", "message_id"):
        op.create_index(op.f(f"ix_outbox_channel_chat_id_{column}"), "outbox", ["channel", "chat_id", column])
    op.create_table(
        "chat_states",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("chat_id", sa.Text(), nullable=False),
        sa.Column("unreachable", sa.Text(), nullable=True),
        sa.Column("flood_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("channel", "chat_id", name=op.f("pk_chat_states")),
    )


def _add_staff() -> None:
    op.create_table(
        "staff",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("code_hash", sa.Text(), nullable=True),
        sa.Column("code_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('reviewer', 'admin')", name=op.f("ck_staff_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("account", name=op.f("uq_staff_account")),
    )
    here = sa.text("removed_at IS NULL")
    op.create_index(op.f("ix_staff_name"), "staff", ["name"], unique=True, sqlite_where=here, postgresql_where=here)
    op.create_table(
        "staff_facts",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_staff_facts")),
    )


def _add_handoffs() -> None:
    op.create_table(
        "handoffs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.CheckConstraint("status IN ('open', 'closed')", name=op.f("ck_handoffs_status")),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name=op.f("fk_handoffs_conversation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoffs")),
    )
    opened = sa.text("status = 'open'")
    name = op.f("ix_handoffs_conversation_id")
    op.create_index(name, "handoffs", ["conversation_id"], unique=True, sqlite_where=opened, postgresql_where=opened)
