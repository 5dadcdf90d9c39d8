"""Tests of the fixture ``migrations`` and of what `juncture.migrations` has ready, in a run of pytest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from revisions import DECLARATION, Revise, write_project

if TYPE_CHECKING:
    from pathlib import Path

IMPORTED = "from juncture.migrations import test_each_revision, test_single_head, test_upgrade_downgrade_upgrade"


@pytest.fixture
def revise(pytester: pytest.Pytester, home: Path, monkeypatch: pytest.MonkeyPatch) -> Revise:
    """Return a function that writes a revision of a project that imports every test; three sound ones are there."""
    for name in ("CI", "JUNCTURE_RUN", "JUNCTURE_BUNDLE", "JUNCTURE_SUITE", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JUNCTURE_HOME", str(home))
    monkeypatch.setenv("JUNCTURE_PROVIDER", "embedded")
    write(pytester, "tests/integration/test_migrations.py", IMPORTED)
    return write_project(pytester.path)


def write(pytester: pytest.Pytester, path: str, text: str) -> None:
    """Write a module of tests."""
    module = pytester.path / path
    module.parent.mkdir(parents=True, exist_ok=True)
    module.write_text(text)


def test_one_line_is_all_there_is_to_write(pytester: pytest.Pytester, revise: Revise) -> None:
    """The imported tests run for each service that can be migrated; one that is wrong tells which revision it is."""
    revise("0004", "0003", "CREATE SEQUENCE numbers", "SELECT 1")
    result = pytester.runpytest_subprocess("-v", "tests/integration", "--tb=short")
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*test_migrations.py::test_single_head?db? PASSED*"])
    result.stdout.fnmatch_lines(
        [
            "E   AssertionError: db: revision 0004 (migrations/versions/0004_it.py): its downgrade does not undo*",
            "E     left behind  sequence numbers: bigint *",
            "E   AssertionError: db: the downgrade does not undo the upgrade:",
            "E     left behind  sequence numbers: bigint *",
            "E                  made by 0004 (migrations/versions/0004_it.py)",
        ]
    )
    assert "_checks.py" not in result.stdout.str()


def test_heads_are_counted_without_a_service(pytester: pytest.Pytester, revise: Revise) -> None:
    """Among the unit tests the check of the heads starts nothing, so that it is told where no database can be built."""
    revise("0004", "0002", "SELECT 1", "SELECT 1")
    write(pytester, "tests/unit/test_heads.py", "from juncture.migrations import test_single_head")
    result = pytester.runpytest_subprocess("tests/unit")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E*AssertionError: db: there are 2 heads:", "*0003_it.py)", "*0004_it.py)"])
    assert "services  " not in result.stdout.str()


def test_tests_of_ones_own_use_the_fixture(pytester: pytest.Pytester, revise: Revise) -> None:
    """They migrate an empty database to any revision, and look into it; it is dropped after the test."""
    del revise
    test = """
        import psycopg
        def test_users_of_before_get_no_name(migrations):
            migrations.upgrade("0002")
            with psycopg.connect(migrations.database.url) as connection:
                connection.execute("INSERT INTO users (email) VALUES ('a@b.c')")
            migrations.upgrade()
            with psycopg.connect(migrations.database.url) as connection:
                assert connection.execute("SELECT email, name FROM users").fetchall() == [("a@b.c", None)]
        def test_it_is_empty_again(migrations, services):
            assert migrations.database.database != services["db"].database
            assert [str(thing) for thing in migrations.schema() if thing.kind == "table"] == ["table alembic_version"]
    """
    pytester.makepyfile(**{"tests/integration/test_own": test})
    pytester.runpytest_subprocess("tests/integration/test_own.py").assert_outcomes(passed=2)


@pytest.mark.long
def test_a_project_without_migrations_is_told(pytester: pytest.Pytester, revise: Revise) -> None:
    """Imported tests that test nothing are errors, not skipped."""
    del revise
    text = DECLARATION.replace('migrate = "alembic upgrade head"\n', "")
    pytester.path.joinpath("pyproject.toml").write_text(text)
    result = pytester.runpytest_subprocess("tests/integration")
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(["*no service declares `migrate`, so there are no migrations to test"])
