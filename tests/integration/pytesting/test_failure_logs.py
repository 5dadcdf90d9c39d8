"""What a failing test shows of the services' logs, of real servers: embedded ones and ones in containers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from bundled import suite_of

from juncture.merging import junit
from juncture.recording.journal import read
from juncture.recording.outcomes import read_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


HEADER = "Captured log of services"

MESSAGE = re.compile(r"db +\d\d:\d\d:\d\d\.\d{3}  ERROR: (.*)")

SQL = """
import os, psycopg, pytest
def sql(text, catch=True):
    try:
        with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
            connection.execute(text)
    except psycopg.Error:
        assert catch
"""

NATS = """
[tool.juncture.services.events]
kind = "nats"
"""

CONTAINER = """
[project]
name = "small"
version = "1"
[tool.juncture.services.own]
kind = "container"
image = "juncture-test/nats:2"
ports = [4222]
"""

REFUSED = """
import os, socket
def refused(services, password):
    endpoint = services["events"]
    with socket.create_connection((endpoint.host, endpoint.port)) as connection:
        connection.recv(4096)
        connection.sendall(b'CONNECT {"user":"stranger","pass":"%s"}\\r\\nPING\\r\\n' % password.encode())
        connection.recv(4096)
"""


def sections(result: pytest.RunResult) -> dict[str, list[str]]:
    """Return the lines of all our sections, by the name of the failed test or phase that they are below."""
    found: dict[str, list[str]] = {}
    test, inside = "", False
    for line in result.outlines:
        if heading := re.fullmatch(r"_+ (.+) _+", line):
            test, inside = heading[1], False
        elif line.startswith(("---", "===", "clean ")):
            inside = HEADER in line
        elif inside:
            found.setdefault(test, []).append(line)
    return found


@pytest.mark.usefixtures("anywhere")
def test_a_failing_test_shows_what_its_database_said(
    small: pytest.Pytester, integration: Callable[[str], None]
) -> None:
    """Its own error, as time and message; not what an earlier test met, and nothing of a test that passed."""
    integration(
        f"""{SQL}
def test_earlier(): sql("SELECT 'earlier'::int")
def test_broken():
    sql("INSERT INTO fruit VALUES ('apple')")
    assert 4 == 5
def test_silent(): assert 0
"""
    )
    result = small.runpytest_subprocess()
    result.assert_outcomes(passed=1, failed=2)
    shown = sections(result)
    assert list(shown) == ["test_broken"]
    error, detail, statement = shown["test_broken"]
    assert MESSAGE.fullmatch(error), error
    assert error.endswith('ERROR: duplicate key value violates unique constraint "fruit_pkey"')
    assert detail.endswith("  DETAIL: Key (name)=(apple) already exists.")
    assert statement.endswith("  STATEMENT: INSERT INTO fruit VALUES ('apple')")
    result.stdout.no_fnmatch_line("*earlier*::int*")


@pytest.mark.usefixtures("anywhere")
def test_workers_show_only_their_own_lines(small: pytest.Pytester, integration: Callable[[str], None]) -> None:
    """The workers share a server, and each has a database of its own there."""
    integration(
        f"""{SQL}
@pytest.mark.parametrize("number", range(6))
def test_broken(number):
    for _ in range(20):
        sql(f"SELECT 'number {{number}}'::int")
    assert 0
"""
    )
    result = small.runpytest_subprocess("-n", "2")
    result.assert_outcomes(failed=6)
    shown = sections(result)
    assert len(shown) == 6
    for number in range(6):
        errors = [match[1] for line in shown[f"test_broken[{number}]"] if (match := MESSAGE.fullmatch(line))]
        assert set(errors) == {f'invalid input syntax for type integer: "number {number}" at character 8'}
        assert len(errors) == 20


def test_what_is_shown_is_bounded_and_has_no_password(
    small: pytest.Pytester, integration: Callable[[str], None]
) -> None:
    """The last forty lines, and how many there were before; a URL without its password."""
    integration(
        f"""{SQL}
def test_broken():
    for _ in range(50):
        sql("SELECT 'many'::int")
    sql(f"SELECT '{{os.environ['DATABASE_URL']}}'::int")
    assert 0
"""
    )
    result = small.runpytest_subprocess()
    (lines,) = sections(result).values()
    assert len(lines) == 41
    assert lines[0] == "db  ... 62 earlier lines left out"
    assert "STATEMENT: SELECT 'postgresql://juncture:***@127.0.0.1:" in lines[-1]


def test_each_phase_shows_what_is_new(small: pytest.Pytester, integration: Callable[[str], None]) -> None:
    """A fixture's error is shown where it fails; a teardown that fails as well does not repeat the call's lines."""
    integration(
        f"""{SQL}
@pytest.fixture
def setup(): sql("SELECT 'in setup'::int", catch=False)
@pytest.fixture
def teardown():
    yield
    sql("SELECT 'in teardown'::int", catch=False)
def test_setup(setup): pass
def test_both(teardown): sql("SELECT 'in call'::int", catch=False)
"""
    )
    result = small.runpytest_subprocess("--tb=line", "-rN")
    result.assert_outcomes(failed=1, errors=2)
    result = small.runpytest_subprocess()
    shown = {test: "\n".join(lines) for test, lines in sections(result).items()}
    assert '"in setup"' in shown["ERROR at setup of test_setup"]
    assert shown["test_both"].count('ERROR: invalid input syntax for type integer: "in call"') == 1
    assert shown["ERROR at teardown of test_both"].count('ERROR: invalid input syntax for type integer: "in ca') == 1
    assert shown["ERROR at teardown of test_both"].count('ERROR: invalid input syntax for type integer: "in te') == 1


def test_a_scratch_database_is_the_tests_own(small: pytest.Pytester, integration: Callable[[str], None]) -> None:
    """What a test that migrates an empty database breaks is shown too."""
    integration(
        """
import psycopg
def test_migration(scratch_database):
    with psycopg.connect(scratch_database("db").url) as connection:
        connection.execute("DROP TABLE nowhere")
"""
    )
    (lines,) = sections(small.runpytest_subprocess()).values()
    assert lines[0].endswith('ERROR: table "nowhere" does not exist')


def test_a_unit_test_shows_nothing(small: pytest.Pytester, integration: Callable[[str], None]) -> None:
    """A test that needs no service does not read logs, whatever ran before it."""
    integration(f"{SQL}\ndef test_first(): sql(\"SELECT 'first'::int\")")
    (small.path / "tests" / "test_unit.py").write_text(f"{SQL}\ndef test_it():\n    sql('nonsense')\n    assert 0")
    result = small.runpytest_subprocess("tests/integration", "tests/test_unit.py")
    result.assert_outcomes(passed=1, failed=1)
    assert sections(result) == {}


def test_a_server_whose_lines_are_not_marked_shows_all(
    small: pytest.Pytester, integration: Callable[[str], None], anywhere: str
) -> None:
    """A NATS server of one's own is one's own to blame; of one that others use too that is said."""
    declaration = small.path / "pyproject.toml"
    declaration.write_text(declaration.read_text() + NATS)
    integration(f"{REFUSED}\ndef test_refused(services):\n    refused(services, 'wrong')\n    assert 0")
    (lines,) = sections(small.runpytest_subprocess()).values()
    said = "events  (others use this server too: some of these lines may be theirs)" in lines
    assert said == (anywhere == "docker")
    assert re.fullmatch(r"events  .*\[ERR\].* authentication error.*", lines[-1])


def test_a_container_of_the_projects_own_shows_its_log(
    small: pytest.Pytester,
    integration: Callable[[str], None],
    docker_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """What only the declaration knows is no exception: in the report, and as a whole in the bundle."""
    monkeypatch.setenv("JUNCTURE_HOME", str(docker_home))
    monkeypatch.setenv("JUNCTURE_PROVIDER", "docker")
    monkeypatch.setenv("JUNCTURE_BUNDLE", str(tmp_path / "bundle"))
    (small.path / "pyproject.toml").write_text(CONTAINER)
    integration(
        """
import socket
def test_broken(services):
    with socket.create_connection((services["own"].host, services["own"].port)) as connection:
        connection.recv(4096)
        connection.sendall(b"NONSENSE\\r\\n")
        connection.recv(4096)
    assert 0
"""
    )
    (lines,) = sections(small.runpytest_subprocess()).values()
    assert re.fullmatch(r"own  .*\[ERR\].*parser ERROR.*NONSENSE.*", lines[-1])
    whole = (tmp_path / "bundle" / "logs" / "own.log").read_text()
    assert "Server is ready" in whole
    assert "NONSENSE" in whole


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_junit_files_have_the_lines(
    small: pytest.Pytester,
    integration: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    options: tuple[str, ...],
) -> None:
    """As captured logs, where the settings ask for such: in pytest's own file, and in the one from the journals."""
    monkeypatch.setenv("JUNCTURE_BUNDLE", str(tmp_path / "bundle"))
    (small.path / "pytest.ini").write_text("[pytest]\njunit_logging = log\n")
    integration(f"{SQL}\ndef test_broken():\n    sql(\"SELECT 'x'::int\")\n    assert 0\ndef test_passes(): pass")
    small.runpytest_subprocess("--junit-xml=theirs.xml", *options).assert_outcomes(failed=1, passed=1)
    journals = [read(path) for path in sorted((tmp_path / "bundle").glob("journal-*.jsonl"))]
    junit.write(tmp_path / "ours.xml", [suite_of(read_run(journals), name="pytest")])
    texts = []
    for file in (small.path / "theirs.xml", tmp_path / "ours.xml"):
        root = ET.parse(file).getroot()  # noqa: S314 - written here
        texts.append({case.get("name"): case.findtext("system-out") for case in root.iter("testcase")})
    assert texts[0] == texts[1]
    assert 'ERROR: invalid input syntax for type integer: "x"' in (texts[0]["test_broken"] or "")
    assert "db" not in (texts[0]["test_passes"] or "")


def test_a_crash_of_the_server_is_shown(
    small: pytest.Pytester, own_home: Path, monkeypatch: pytest.MonkeyPatch, integration: Callable[[str], None]
) -> None:
    """What the server says of itself belongs to no database, and to everybody."""
    monkeypatch.setenv("JUNCTURE_HOME", str(own_home))
    integration(
        """
import os, psycopg, signal, time
def test_crash():
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        os.kill(connection.info.backend_pid, signal.SIGKILL)
        time.sleep(0.3)
        connection.execute("SELECT 1")
"""
    )
    (lines,) = sections(small.runpytest_subprocess()).values()
    assert any(re.search(r"LOG: [a-z ]+ \(PID \d+\) was terminated by signal 9", line) for line in lines)
