"""Tests of the checks of ``juncture.migrations`` with Alembic, a real server and revisions that are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.errors import StateError, UsageError
from juncture.migrations import check_each_revision, check_single_head, check_upgrade_downgrade_upgrade

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from revisions import Revise

    from juncture.migrations import Migrations

    Make = Callable[..., Migrations]

pytestmark = pytest.mark.usefixtures("revise")


def test_sound_migrations_pass(migrations: Make) -> None:
    """Revisions that undo what they do stand every check."""
    every = migrations()
    check_single_head(every)
    check_upgrade_downgrade_upgrade(every)
    check_each_revision(migrations())
    assert [each.id for each in every.revisions] == ["0001", "0002", "0003"]


def test_a_downgrade_that_leaves_something_behind(migrations: Make, revise: Revise) -> None:
    """The object is named with its definition, and with the revision that made it; a table stands for its columns."""
    revise("0002", "0001", "CREATE TYPE state AS ENUM ('new', 'paid'); CREATE TABLE orders (id int)", "SELECT 1")
    with pytest.raises(AssertionError) as raised:
        check_upgrade_downgrade_upgrade(migrations())
    assert str(raised.value).splitlines() == [
        "db: the downgrade does not undo the upgrade:",
        "  left behind  table orders",
        "               made by 0002 (migrations/versions/0002_it.py)",
        "  left behind  type state: enum: new, paid",
        "               made by 0002 (migrations/versions/0002_it.py)",
    ]


def test_each_revision_is_named_that_is_not_undone(migrations: Make, revise: Revise) -> None:
    """Step by step the first one is told with what is left, missing, or another thing than before."""
    revise(
        "0003",
        "0002",
        "ALTER TABLE users ADD name text; ALTER TABLE users DROP CONSTRAINT users_email_key",
        "ALTER TABLE users ALTER email SET NOT NULL",
    )
    with pytest.raises(AssertionError) as raised:
        check_each_revision(migrations())
    assert str(raised.value).splitlines() == [
        "db: revision 0003 (migrations/versions/0003_it.py): its downgrade does not undo its upgrade:",
        "  left behind  column users.name: text",
        "  missing      constraint users_email_key of table users: UNIQUE (email)",
        "  changed      column users.email: was text, is text not null",
    ]


@pytest.mark.long
def test_a_second_upgrade_that_differs(migrations: Make, revise: Revise) -> None:
    """An upgrade that depends on what it finds is told, though its downgrade leaves nothing to be seen."""
    up = "SELECT lo_create(0); DO $$ BEGIN IF (SELECT count(*) FROM pg_largeobject_metadata) > 1 THEN"
    up += " CREATE TABLE twice (id int); ELSE CREATE TABLE once (id int); END IF; END $$"
    revise("0004", "0003", up, "DROP TABLE IF EXISTS once, twice")
    with pytest.raises(AssertionError, match="db: up, down and up again is not what up is") as raised:
        check_upgrade_downgrade_upgrade(migrations())
    assert "left behind  table twice" in str(raised.value)
    assert "missing      table once" in str(raised.value)
    with pytest.raises(AssertionError, match=r"0004_it.py\): the second upgrade is not what the first one was"):
        check_each_revision(migrations())


def test_two_heads_are_named(migrations: Make, revise: Revise) -> None:
    """Both are told with their files, and how to join them; no database is made for that."""
    revise("0004a", "0003", "SELECT 1", "SELECT 1")
    revise("0004b", "0003", "SELECT 1", "SELECT 1")
    every = migrations()
    with pytest.raises(AssertionError) as raised:
        check_single_head(every)
    assert str(raised.value).splitlines() == [
        "db: there are 2 heads:",
        "  0004a (migrations/versions/0004a_it.py)",
        "  0004b (migrations/versions/0004b_it.py)",
        "  alembic merge 0004a 0004b, or let one of them build on the other (`down_revision`)",
    ]
    assert "database" not in vars(every)
    with pytest.raises(StateError, match="service db: alembic upgrade head: CommandError: Multiple head"):
        every.upgrade()


@pytest.mark.long
def test_branches_that_are_merged_can_be_stepped_through(migrations: Make, revise: Revise) -> None:
    """Each branch goes down and up without the other one; the revision that merges them is only upgraded to."""
    revise("a", "0003", "CREATE TABLE a (id int)", "DROP TABLE a")
    revise("b", "0003", "CREATE TABLE b (id int)", "DROP TABLE b")
    revise("c", ("a", "b"), "SELECT 1", "SELECT 1")
    check_each_revision(migrations())
    check_upgrade_downgrade_upgrade(migrations())


def test_a_revision_that_cannot_be_undone(migrations: Make, revise: Revise) -> None:
    """Its error is told with its line; a project that lives with it goes down only so far."""
    path = revise("0003", "0002", "ALTER TABLE users DROP email", "raise NotImplementedError('no way back')")
    line = next(at for at, text in enumerate(path.read_text().splitlines(), 1) if "raise" in text)
    revise("0004", "0003", "CREATE TABLE later (id int)", "DROP TABLE later")
    with pytest.raises(StateError) as raised:
        check_upgrade_downgrade_upgrade(migrations())
    assert str(raised.value).splitlines() == [
        "service db: alembic downgrade base: NotImplementedError: no way back",
        f"  in migrations/versions/0003_it.py:{line}",
    ]
    check_upgrade_downgrade_upgrade(migrations(), base="0003")
    check_each_revision(migrations(), base="0003")


def test_an_upgrade_that_does_nothing_is_no_success(migrations: Make, root: Path) -> None:
    """A test of migrations that tests none must not pass."""
    for path in (root / "migrations" / "versions").glob("*.py"):
        path.unlink()
    with pytest.raises(AssertionError, match="db: the upgrade changes nothing"):
        check_upgrade_downgrade_upgrade(migrations())
    with pytest.raises(AssertionError, match="db: there is no revision at all"):
        check_single_head(migrations())


def test_any_other_tool_by_its_two_commands(migrations: Make, root: Path) -> None:
    """What the tool notes in a table of its own is no trace; revisions it has none that juncture knows."""
    script = (
        "import os, psycopg, sys; psycopg.connect(os.environ['DATABASE_URL'], autocommit=True).execute(sys.argv[1])"
    )
    root.joinpath("migrate.py").write_text(script)
    up = "CREATE TABLE IF NOT EXISTS django_migrations (id int); CREATE TABLE fruit (id int)"
    command = f'python migrate.py "{up}"'
    check_upgrade_downgrade_upgrade(migrations(command, downgrade='python migrate.py "DROP TABLE fruit"'))
    with pytest.raises(AssertionError, match="left behind  table fruit"):
        check_upgrade_downgrade_upgrade(migrations(command, downgrade='python migrate.py "SELECT 1"'))
    with pytest.raises(UsageError, match=r"how is .* undone") as raised:
        check_upgrade_downgrade_upgrade(migrations(command))
    assert "downgrade = " in raised.value.hint
    with pytest.raises(UsageError, match="juncture knows the revisions of Alembic alone"):
        check_single_head(migrations(command))
    with pytest.raises(UsageError, match="goes to no revision"):
        migrations(command).upgrade("0001")
