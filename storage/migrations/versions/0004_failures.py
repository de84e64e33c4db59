"""The inbox counts the failures of a message apart from the times when its process ended."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("inbox", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
