"""Create accounts and entries."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create both tables."""
    op.execute("CREATE TABLE account (id serial PRIMARY KEY, name text NOT NULL UNIQUE)")
    op.execute(
        "CREATE TABLE entry (id serial PRIMARY KEY, account int NOT NULL REFERENCES account, cents int NOT NULL)"
    )


def downgrade() -> None:
    """Drop both tables."""
    op.execute("DROP TABLE entry, account")
