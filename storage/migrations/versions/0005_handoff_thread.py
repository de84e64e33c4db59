"""A hand-off knows where its thread begins in the log, instead of the staff's last reply alone."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("handoffs", sa.Column("begun_after", sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE handoffs SET begun_after = (SELECT COALESCE(MAX(id), 0) FROM messages WHERE messages.conversation_id = "
        "handoffs.conversation_id AND messages.created_at < handoffs.opened_at)"
    )
    op.drop_column("handoffs", "answer")
