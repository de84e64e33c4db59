"""A hand-off knows where its thread begins in the log, instead of the staff's last reply alone."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("handoffs", sa.Column("begun_after", sa.Integer(), nullable=False, server_default="0"))
    op.drop_column("handoffs", "answer")
