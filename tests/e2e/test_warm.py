"""What a warm run does, and does not do, counted by the server itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from checkouts import Project

COUNTED = """
import os, sys
from juncture.isolation import open_workspace
from juncture.provisioning import declare
from juncture.services.postgres import connect
with open_workspace(declare(None, environ=os.environ), environ=os.environ, worker="look") as workspace:
    with connect(workspace.servers["db"].endpoint) as connection:
        connection.query("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        if sys.argv[1] == "reset":
            connection.query("SELECT pg_stat_statements_reset()")
        else:
            for (text,) in connection.query("SELECT query FROM pg_stat_statements"):
                print(text.replace("\\n", " "))
"""
"""Starts to count the statements of the whole server, or prints those that it saw."""


def test_an_unchanged_project_migrates_nothing(checkout: Callable[[str], Project]) -> None:
    """With the template there, a run creates no table, loads no seed and asks for no migration."""
    project = checkout("one")
    assert project.run("-n", "2", "tests/integration")[0] == 0
    project.python(COUNTED, "reset")
    assert project.run("-n", "2", "tests/integration")[0] == 0
    statements = project.python(COUNTED, "show").splitlines()
    assert any("pg_sleep" in text for text in statements), statements  # it does count
    assert not [text for text in statements if "CREATE TABLE" in text or "alembic_version" in text]
    assert not [text for text in statements if text.startswith("INSERT INTO account")]


def test_a_changed_file_is_noticed(checkout: Callable[[str], Project]) -> None:
    """A changed migration, a new one and a changed seed file each give a new template; going back finds the old one."""
    project = checkout("one")
    first = _template(project)
    assert _template(project) == first
    seed = project.folder / "seed.sql"
    original = seed.read_text()
    seed.write_text(original + "INSERT INTO account (name) VALUES ('safe');\n")
    second = _template(project)
    assert second != first
    migration = project.folder / "migrations" / "versions" / "0001_accounts.py"
    migration.write_text(migration.read_text() + "\n# changed\n")
    assert _template(project) not in {first, second}
    (migration.parent / "0002_more.py").write_text(
        'from alembic import op\nrevision = "0002"\ndown_revision = "0001"\n'
        'def upgrade():\n    op.execute("CREATE TABLE more (id int)")\n'
    )
    assert "more" in project.python(TABLES)
    (migration.parent / "0002_more.py").unlink()
    migration.write_text(migration.read_text().removesuffix("\n# changed\n"))
    seed.write_text(original)
    assert _template(project) == first


TEMPLATE = """
import os
from juncture.isolation import open_workspace
from juncture.provisioning import declare
with open_workspace(declare(None, environ=os.environ), environ=os.environ) as workspace:
    print(workspace.states["db"].template)
"""

TABLES = """
import os
from juncture.isolation import open_workspace
from juncture.provisioning import declare
from juncture.services.postgres import connect
with open_workspace(declare(None, environ=os.environ), environ=os.environ) as workspace:
    with connect(workspace.endpoints["db"]) as connection:
        print(connection.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
"""


def _template(project: Project) -> str:
    return project.python(TEMPLATE).strip()
