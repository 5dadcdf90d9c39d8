"""Tests of a template that Alembic makes: what is noticed, and what is not done again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.isolation.conftest import Ensure

    from juncture.config import Config

ENVIRONMENT = """
import os
from alembic import context
from sqlalchemy import create_engine
url = os.environ["DB_URL"].replace("postgresql://", "postgresql+psycopg://")
with create_engine(url).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""

REVISION = """
from alembic import op
revision, down_revision = "{number}", {before}
def upgrade():
    op.execute("CREATE TABLE t{number} (name text); INSERT INTO t{number} VALUES ('x')")
"""


@pytest.fixture
def migrated(root: Path, database_of: Callable[..., Config]) -> Config:
    """Return a declaration with three revisions and a seed file."""
    versions = root / "migrations" / "versions"
    versions.mkdir(parents=True)
    (root / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
    (root / "migrations" / "env.py").write_text(ENVIRONMENT)
    for number in (1, 2, 3):
        before = f'"{number - 1}"' if number > 1 else None
        (versions / f"{number}.py").write_text(REVISION.format(number=number, before=before))
    (root / "seed.sql").write_text("INSERT INTO t3 VALUES ('x')")
    return database_of(migrate="alembic upgrade head", seed=["seed.sql"])


def test_changed_migration_or_seed_is_noticed(migrated: Config, ensure: Ensure, root: Path) -> None:
    """Each makes another template; without a change nothing is migrated, and changed back the first is there."""
    first = ensure(migrated)
    assert first.built
    assert not ensure(migrated).built
    for path in (root / "migrations" / "versions" / "2.py", root / "seed.sql"):
        before = path.read_text()
        path.write_text(before.replace("'x'", "'y'"))
        assert ensure(migrated).built
        path.write_text(before)
        again = ensure(migrated)
        assert (again.template, again.built) == (first.template, False)
