"""List the catalogue by name from an index."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_index("ix_products_lower_name", "products", [sa.text("lower(name)")])


def downgrade() -> None:
    op.drop_index("ix_products_lower_name", "products")
