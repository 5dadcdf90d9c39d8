"""Tests of ``juncture.pytesting.driver_fixtures`` in real runs on a real Postgres."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    Integration = Callable[[str], None]

SYNCHRONOUS = """
import sys
import psycopg
import pytest

COUNT = "SELECT count(*) FROM fruit"

def test_imports():
    assert "asyncpg" not in sys.modules and "sqlalchemy" not in sys.modules

@pytest.mark.parametrize("n", [1, 2])
def test_commit_stays_inside(n, db_psycopg, services):
    with psycopg.connect(services["db"].url) as other:
        assert db_psycopg.execute(COUNT).fetchone() == (2,)
        db_psycopg.execute("INSERT INTO fruit VALUES ('plum')")
        db_psycopg.commit()
        db_psycopg.execute("INSERT INTO fruit VALUES ('fig')")
        db_psycopg.rollback()
        with db_psycopg.transaction():
            db_psycopg.execute("INSERT INTO fruit VALUES ('kiwi')")
            with pytest.raises(psycopg.ProgrammingError, match="commit"):
                db_psycopg.commit()
        with pytest.raises(psycopg.errors.UniqueViolation):
            db_psycopg.execute("INSERT INTO fruit VALUES ('plum')")
        db_psycopg.commit()
        names = [name for name, in db_psycopg.execute("SELECT name FROM fruit ORDER BY 1")]
        assert names == ["apple", "pear", "plum"]
        assert other.execute(COUNT).fetchone() == (2,)

def test_commit_by_hand_is_cleaned_up(db_psycopg):
    db_psycopg.execute("DELETE FROM fruit; COMMIT")

def test_closed_by_the_application(db_psycopg):
    assert db_psycopg.execute(COUNT).fetchone() == (2,)
    with db_psycopg as connection:
        connection.execute("DELETE FROM fruit")

def test_last(db_psycopg):
    assert db_psycopg.execute(COUNT).fetchone() == (2,)
"""

ASYNCHRONOUS = """
import pytest
from sqlalchemy import text

@pytest.mark.parametrize("n", [1, 2])
async def test_connection(n, db_asyncpg):
    assert await db_asyncpg.fetchval("SELECT count(*) FROM fruit") == 2
    async with db_asyncpg.transaction():
        await db_asyncpg.execute("DELETE FROM fruit")
    assert await db_asyncpg.fetchval("SELECT count(*) FROM fruit") == 0

@pytest.mark.parametrize("n", [1, 2])
async def test_session(n, db_async_session):
    assert await db_async_session.scalar(text("SELECT count(*) FROM fruit")) == 2
    await db_async_session.execute(text("DELETE FROM fruit"))
    await db_async_session.commit()
    await db_async_session.execute(text("INSERT INTO fruit VALUES ('fig')"))
    await db_async_session.rollback()
    assert await db_async_session.scalar(text("SELECT count(*) FROM fruit")) == 0
"""

RUNNER = """
import asyncio
import inspect
import pytest

runners = []

@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol():
    with asyncio.Runner() as runner:
        runners[:] = [runner]
        return (yield)

@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef, request):
    if inspect.isasyncgenfunction(fixturedef.func):
        generator = fixturedef.func()
        request.addfinalizer(lambda: runners[0].run(anext(generator, None)))
        fixturedef.cached_result = (runners[0].run(anext(generator)), fixturedef.cache_key(request), None)
        return fixturedef.cached_result[0]

@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    if inspect.iscoroutinefunction(pyfuncitem.obj):
        names = pyfuncitem._fixtureinfo.argnames
        runners[0].run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
        return True
"""
"""What a plugin does that runs asynchronous tests."""


def test_psycopg_connection_is_rolled_back(small: pytest.Pytester, integration: Integration) -> None:
    """Commits and blocks mean what they do elsewhere, and are gone afterwards, however the test ends."""
    integration(SYNCHRONOUS)
    result = small.runpytest_subprocess()
    result.assert_outcomes(passed=6)
    result.stdout.re_match_lines([r"clean +db: 2 left nothing .*, 3 rolled back .*, 1 with rows put back"])


def test_asynchronous_ones_are_rolled_back(small: pytest.Pytester, integration: Integration) -> None:
    """Each in the event loop of its test, whichever plugin runs that."""
    small.makeconftest(RUNNER)
    integration(ASYNCHRONOUS)
    result = small.runpytest_subprocess()
    result.assert_outcomes(passed=4)
    result.stdout.re_match_lines([r"clean +db: 1 left nothing .*, 3 rolled back"])


def test_missing_library_is_named(
    small: pytest.Pytester, integration: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says which one, and what to do without it."""
    (small.path / "psycopg.py").write_text("raise ImportError('hidden')")
    monkeypatch.setenv("PYTHONPATH", str(small.path))
    integration("def test_it(db_psycopg): pass")
    result = small.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*db_psycopg needs psycopg, which is not installed here (hidden)*"])
