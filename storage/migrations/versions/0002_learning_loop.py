"""What the learning loop remembers: what each CSV held, which wordings are held out, what each adapter learned."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "folds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("knowledge_version", sa.Integer(), nullable=False),
        sa.Column("last_change_id", sa.Integer(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_folds")),
    )
    op.create_index(op.f("ix_folds_after"), "folds", ["after"], unique=False)
    op.create_table(
        "wording_sides",
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("side IN ('train', 'held_out')", name=op.f("ck_wording_sides_side")),
        sa.PrimaryKeyConstraint("folded", name=op.f("pk_wording_sides")),
    )
    op.create_table(
        "adapter_pairs",
        sa.Column("adapter_id", sa.Integer(), nullable=False),
        sa.Column("pair_id", sa.Integer(), nullable=False),
        sa.Column("changed_seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["adapter_id"], ["adapter_versions.id"], name=op.f("fk_adapter_pairs_adapter_id")),
        sa.ForeignKeyConstraint(["pair_id"], ["pairs.id"], name=op.f("fk_adapter_pairs_pair_id")),
        sa.PrimaryKeyConstraint("adapter_id", "pair_id", name=op.f("pk_adapter_pairs")),
    )
    op.create_index(op.f("ix_adapter_pairs_pair_id"), "adapter_pairs", ["pair_id"], unique=False)
