"""Remember when an order was paid.

Of the orders there are, the best that is known is when they were placed.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("orders", sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE orders SET paid_at = placed_at WHERE status IN ('paid', 'refunded')")
    op.create_check_constraint(
        op.f("ck_orders_paid_at_when_paid"), "orders", "(status IN ('paid', 'refunded')) = (paid_at IS NOT NULL)"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("ck_orders_paid_at_when_paid"), "orders")
    op.drop_column("orders", "paid_at")
