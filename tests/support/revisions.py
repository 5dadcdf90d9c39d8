"""A project with Alembic's revisions for the tests of migrations: three of them, which tests change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["DECLARATION", "Revise", "write_project"]

DECLARATION = """
[project]
name = "small"
version = "1"
[tool.juncture]
idle = "30s"
[tool.juncture.services.db]
kind = "postgres"
migrate = "alembic upgrade head"
[tool.juncture.env]
DATABASE_URL = "{db.url}"
"""

INI = """
[alembic]
script_location = %(here)s/migrations
path_separator = os
"""

ENV = """
import os
from alembic import context
from sqlalchemy import NullPool, create_engine
url = os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg:")
with create_engine(url, poolclass=NullPool).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""

REVISION = '''
from alembic import op
revision = {name!r}
down_revision = {down!r}
def upgrade():
    op.execute("""{up}""")
def downgrade():
    {undo}
'''

ORDERS = """
CREATE TYPE state AS ENUM ('new', 'paid');
CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users, state state DEFAULT 'new');
CREATE INDEX ix_orders_state ON orders (state)
"""

SOUND = {
    "0001": (None, "CREATE TABLE users (id serial PRIMARY KEY, email text UNIQUE)", "DROP TABLE users"),
    "0002": (
        "0001",
        ORDERS,
        "DROP TABLE orders; DROP TYPE state",
    ),
    "0003": ("0002", "ALTER TABLE users ADD name varchar(20)", "ALTER TABLE users DROP name"),
}


class Revise(Protocol):
    """Write a revision's file."""

    def __call__(self, name: str, down: str | tuple[str, ...] | None, up: str, undo: str) -> Path:
        """Return the file; ``undo`` is SQL, or a line of Python that raises."""
        ...


def write_project(root: Path, declaration: str = DECLARATION) -> Revise:
    """Write the declaration, Alembic's files and three sound revisions; return what writes more, or others."""
    versions = root / "migrations" / "versions"
    versions.mkdir(parents=True)
    root.joinpath("pyproject.toml").write_text(declaration)
    root.joinpath("alembic.ini").write_text(INI)
    versions.with_name("env.py").write_text(ENV)

    def revise(name: str, down: str | tuple[str, ...] | None, up: str, undo: str) -> Path:
        path = versions / f"{name}_it.py"
        line = undo if undo.startswith("raise ") else f'op.execute("""{undo}""")'
        path.write_text(REVISION.format(name=name, down=down, up=up, undo=line))
        return path

    for name, (down, up, undo) in SOUND.items():
        revise(name, down, up, undo)
    return revise
