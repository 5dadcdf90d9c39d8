"""The active plugin, in real pytest processes against real servers."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COUNT = """
import os, psycopg, pytest
def rows():
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        return connection.execute("SELECT count(*) FROM fruit").fetchone()[0]
"""


@pytest.mark.parametrize("options", [(), ("-n", "0"), ("-n", "2")])
def test_environment_is_there_before_any_conftest(
    small: pytest.Pytester, integration: Callable[[str], None], options: tuple[str, ...]
) -> None:
    """A conftest that reads the URL when it is imported finds it, in the controller and in the workers."""
    small.makeconftest("import os; URL = os.environ['DATABASE_URL']; assert os.environ['REDIS_URL']")
    integration(f"{COUNT}\ndef test_rows(): assert rows() == 2")
    small.runpytest_subprocess(*options).assert_outcomes(passed=1)


def test_services_are_told_before_the_tests(small: pytest.Pytester, integration: Callable[[str], None]) -> None:
    """One line per service names product, version and provider, and one what the state was made from."""
    integration("def test_nothing(): pass")
    result = small.runpytest_subprocess()
    result.stdout.re_match_lines(
        [r"services   db     postgres \d+\.\d+ +embedded ", r" +cache  valkey ", r"state      db: 1 seed file -> "]
    )


@pytest.mark.parametrize("options", [(), ("-n", "1")], ids=["alone", "workers"])
def test_ctrl_c_while_services_are_made_ready_is_one_line(
    small: pytest.Pytester, integration: Callable[[str], None], options: tuple[str, ...]
) -> None:
    """There is no traceback, the exit code is a shell's, and the next run finds nothing in its way."""
    declaration = small.path / "pyproject.toml"
    good = declaration.read_text()
    stop = small.path / "stop.py"
    stop.write_text("import os, signal, time\nos.kill(os.getppid(), signal.SIGINT)\ntime.sleep(60)")
    declaration.write_text(
        good.replace("seed = ", f"migrate = '{sys.executable} stop.py'\nwatch = ['stop.py']\nseed = ")
    )
    integration("def test_it(): pass")
    result = small.runpytest_subprocess(*options, timeout=50)
    assert result.ret == 130
    assert [line for line in result.errlines if line] == ["juncture: stopped while services were made ready"]
    assert "Traceback" not in result.stdout.str()
    declaration.write_text(good)
    small.runpytest_subprocess(*options).assert_outcomes(passed=1)


def test_a_run_without_a_terminal_plugin(small: pytest.Pytester, integration: Callable[[str], None]) -> None:
    """It knows no ``-v`` and no ``-q``."""
    integration("def test_it(services): assert services")
    assert small.runpytest_subprocess("-p", "no:terminal").ret == pytest.ExitCode.OK


def test_a_mark_makes_an_integration_test(small: pytest.Pytester) -> None:
    """A marked test gets its services wherever it lies; the others beside it do not need them."""
    path = small.path / "tests" / "unit" / "test_marked.py"
    path.parent.mkdir(parents=True)
    path.write_text(f"{COUNT}\n@pytest.mark.integration\ndef test_rows(): assert rows() == 2\ndef test_unit(): pass")
    for options in ((), ("-n", "2")):
        small.runpytest_subprocess("tests/unit", *options).assert_outcomes(passed=2)


def test_folder_and_mark_are_one_selection(small: pytest.Pytester, integration: Callable[[str], None]) -> None:
    """``-m integration`` selects by folder too, and ``-m 'not integration'`` leaves both out."""
    integration("def test_in_folder(): pass")
    (small.path / "tests" / "test_else.py").write_text("def test_else(): pass")
    small.runpytest_subprocess("-m", "integration").assert_outcomes(passed=1, deselected=1)
    small.runpytest_subprocess("-m", "not integration").assert_outcomes(passed=1, deselected=1)


def test_workers_do_not_share(small: pytest.Pytester, integration: Callable[[str], None]) -> None:
    """Each worker has a database and a cache of its own."""
    integration(
        """
import os, time, pytest
from pathlib import Path
@pytest.mark.parametrize("number", range(2))
def test_own(number, services):
    Path(f"{number}.txt").write_text(os.environ["DATABASE_URL"] + " " + os.environ["REDIS_URL"])
    assert services["db"].url == os.environ["DATABASE_URL"]
    deadline = time.monotonic() + 20
    while not Path(f"{1 - number}.txt").exists():
        assert time.monotonic() < deadline
"""
    )
    small.runpytest_subprocess("-n", "2").assert_outcomes(passed=2)
    first, second = ((small.path / f"{number}.txt").read_text().split() for number in range(2))
    assert first[0] != second[0]
    assert first[1] != second[1]


def test_a_replacement_worker_has_namespaces_of_its_own(
    small: pytest.Pytester, integration: Callable[[str], None]
) -> None:
    """After a worker's death its replacement works in a clean database, and the lost test is a failure."""
    integration(
        f"""{COUNT}
import psycopg
def test_before(): pass
def test_dies():
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("INSERT INTO fruit VALUES ('plum')")
    os._exit(1)
def test_rows(): assert rows() == 2
"""
    )
    result = small.runpytest_subprocess("-n", "1")
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*worker 'gw0' crashed while running*test_dies*"])


def test_session_is_rolled_back(small: pytest.Pytester, integration: Callable[[str], None]) -> None:
    """What a test writes and commits by the fixtures is gone in the next test."""
    integration(
        """
import pytest
from sqlalchemy import text
@pytest.mark.parametrize("number", range(3))
def test_commit(db_session, db_connection, number):
    assert db_session.execute(text("SELECT count(*) FROM fruit")).scalar() == 2
    db_session.execute(text("INSERT INTO fruit VALUES ('plum')"))
    db_session.commit()
    db_session.execute(text("INSERT INTO fruit VALUES ('fig')"))
    db_session.rollback()
    assert db_connection.execute(text("SELECT count(*) FROM fruit")).scalar() == 3
"""
    )
    small.runpytest_subprocess("-W", "error").assert_outcomes(passed=3)


def test_cache_is_empty_in_each_test(small: pytest.Pytester, integration: Callable[[str], None]) -> None:
    """Keys of one test are gone in the next, in every database of the server."""
    integration(
        """
import os, pytest, redis
@pytest.mark.parametrize("number", range(3))
def test_empty(number, services):
    for database in (0, 3):
        with redis.Redis.from_url(services["cache"].url.removesuffix("0") + str(database)) as cache:
            assert cache.dbsize() == 0
            cache.set("key", number)
"""
    )
    small.runpytest_subprocess().assert_outcomes(passed=3)


def test_scratch_database_is_empty_and_dropped(small: pytest.Pytester, integration: Callable[[str], None]) -> None:
    """A scratch database has no table, and is gone after its test even when somebody is still connected."""
    integration(
        """
import psycopg
made = []
def test_empty(scratch_database):
    endpoint = scratch_database("db")
    made.append((endpoint, psycopg.connect(endpoint.url)))
    assert made[0][1].execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
def test_gone(services):
    endpoint, connection = made.pop()
    connection.close()
    with psycopg.connect(services["db"].url) as own:
        assert own.execute("SELECT 1 FROM pg_database WHERE datname = %s", (endpoint.database,)).fetchone() is None
"""
    )
    small.runpytest_subprocess().assert_outcomes(passed=2)


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_a_failing_seed_is_one_clear_error(
    small: pytest.Pytester, integration: Callable[[str], None], options: tuple[str, ...]
) -> None:
    """A seed file with a mistake stops the run before it begins, with file and reason and no traceback."""
    integration("def test_nothing(): pass")
    small.makefile(".sql", seed="INSERT INTO vegetable VALUES ('leek');")
    result = small.runpytest_subprocess(*options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(['*juncture: seed.sql: relation "vegetable" does not exist*'])
    assert "Traceback" not in result.stderr.str() + result.stdout.str()


def test_a_late_failure_is_told_by_each_test(small: pytest.Pytester) -> None:
    """Where services start with the first integration test, their failure is that test's, and the next one's."""
    path = small.path / "tests" / "test_marked.py"
    path.parent.mkdir(parents=True)
    path.write_text(
        "import pytest\n@pytest.mark.integration\n@pytest.mark.parametrize('n', [1, 2])\ndef test_it(n): pass"
    )
    small.makefile(".sql", seed="SELECT * FROM nothing;")
    result = small.runpytest_subprocess()
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*juncture: seed.sql: relation*"])


def test_a_pytest_inside_a_test_is_a_run_of_its_own(small: pytest.Pytester, integration: Callable[[str], None]) -> None:
    """A pytest that a worker's test starts does not take itself for that worker."""
    integration(
        """
import os, subprocess, sys
def test_outer(services, db_engine):
    if "INNER" in os.environ:
        assert os.environ["INNER"] != services["db"].database
        return
    with db_engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO fruit VALUES ('plum')")
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "tests/integration"],
        env={**os.environ, "INNER": services["db"].database}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    with db_engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM fruit").scalar() == 3
"""
    )
    small.runpytest_subprocess("-n", "1").assert_outcomes(passed=1)


def test_provider_of_the_command_line_wins(
    small: pytest.Pytester, integration: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It overrides the declaration and the environment; what can't be given is told with the next step."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{small.path}/docker.sock")
    integration("def test_nothing(): pass")
    result = small.runpytest_subprocess("--juncture-provider", "docker")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*juncture: provider: no Docker engine is at unix://*", "*start one*"])


def test_a_wrong_key_is_one_line(small: pytest.Pytester) -> None:
    """A mistake in the declaration is told with file, key and the closest match."""
    small.makefile(".toml", pyproject='[tool.juncture.services.db]\nkind = "postgres"\nversoin = "16"')
    result = small.runpytest_subprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        ['*pyproject.toml: tool.juncture.services.db.versoin: unknown key. Did you mean "version"?']
    )


def test_journals_tell_what_ran(
    small: pytest.Pytester, integration: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each process of a run with a bundle writes a journal from ``opened`` to ``closed``."""
    integration("import pytest\n@pytest.mark.parametrize('n', range(4))\ndef test_it(n): assert n != 3")
    monkeypatch.setenv("JUNCTURE_BUNDLE", str(small.path / "bundle"))
    small.runpytest_subprocess("-n", "2").assert_outcomes(passed=3, failed=1)
    journals = {path.name: _events(path) for path in (small.path / "bundle").glob("journal-*")}
    assert set(journals) == {"journal-controller.jsonl", "journal-gw0.jsonl", "journal-gw1.jsonl"}
    assert all([events[0]["event"], events[-1]["event"]] == ["opened", "closed"] for events in journals.values())
    phases = [event for events in journals.values() for event in events if event["event"] == "phase"]
    assert len(phases) == 12
    assert [event["test"] for event in phases if event["outcome"] == "failed"] == [
        "tests/integration/test_it.py::test_it[3]"
    ]


def test_nothing_is_left_after_a_run(small: pytest.Pytester, integration: Callable[[str], None], home: Path) -> None:
    """The namespaces of a run are gone at its end; only the template stays."""
    integration("def test_names(services):\n    open('names', 'w').write(services['db'].database)")
    small.runpytest_subprocess().assert_outcomes(passed=1)
    name = (small.path / "names").read_text()
    integration(
        f"""
import psycopg
def test_gone(services):
    with psycopg.connect(services["db"].url) as connection:
        names = [row[0] for row in connection.execute("SELECT datname FROM pg_database")]
    assert {name!r} not in names and any(each.startswith("jt_small_db_") for each in names)
"""
    )
    small.runpytest_subprocess().assert_outcomes(passed=1)
    assert not (home / "leases" / f"namespace-{name}").exists()


def _events(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()]
