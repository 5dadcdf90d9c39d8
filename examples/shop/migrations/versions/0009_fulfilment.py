"""Add shipments and notifications.

The orders that are paid by now are to be packed; their customers have been told.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "shipments",
        sa.Column("order_id", sa.Integer, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name="pk_shipments"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_shipments_order_id"),
        sa.CheckConstraint("state IN ('waiting', 'stopped')", name=op.f("ck_shipments_state_known")),
    )
    op.execute("INSERT INTO shipments (order_id, state) SELECT id, 'waiting' FROM orders WHERE status = 'paid'")
    op.create_table(
        "notifications",
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("order_id", sa.Integer, nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_notifications"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name="fk_notifications_order_id"),
        sa.CheckConstraint(
            "status IN ('placed', 'paid', 'cancelled', 'refunded')", name=op.f("ck_notifications_status_known")
        ),
    )
    op.create_index("ix_notifications_order_id", "notifications", ["order_id"])


def downgrade() -> None:
    op.drop_table("notifications")
    op.drop_table("shipments")
