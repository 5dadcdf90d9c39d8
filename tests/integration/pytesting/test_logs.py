"""The services' whole logs in the bundle, of real servers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from juncture.providers.reservation import FileLog
from juncture.pytesting.logs import LIMIT, ServiceLogs
from juncture.recording.journal import Journal, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BROKEN = """
import os, psycopg, pytest
@pytest.mark.parametrize("number", range(4))
def test_it(number):
    with pytest.raises(psycopg.Error), psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute(f"SELECT 'number {number} of {os.environ['DATABASE_URL']}'::int")
"""


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a bundle that every run here writes."""
    monkeypatch.setenv("JUNCTURE_BUNDLE", str(tmp_path / "bundle"))
    return tmp_path / "bundle"


def logs(bundle: Path) -> dict[str, str]:
    """Return the logs of a bundle, by file."""
    return {path.name: path.read_text() for path in sorted((bundle / "logs").iterdir())}


@pytest.mark.parametrize("options", [pytest.param((), marks=pytest.mark.long), ("-n", "2")])
@pytest.mark.usefixtures("anywhere")
def test_log_of_a_shared_server_is_there_once(
    small: pytest.Pytester, integration: Callable[[str], None], bundle: Path, options: tuple[str, ...]
) -> None:
    """All that was written since the run began, of all workers, without passwords; nothing that is older."""
    integration(BROKEN.replace("number ", "older "))
    small.runpytest_subprocess().assert_outcomes(passed=4)
    for path in bundle.rglob("*.*"):
        path.unlink()
    integration(BROKEN)
    small.runpytest_subprocess(*options).assert_outcomes(passed=4)
    found = logs(bundle)
    assert [name for name in found if name.startswith("db")] == ["db.log"]
    for number in range(4):
        assert found["db.log"].count(f'ERROR:  invalid input syntax for type integer: "number {number} of post') == 1
    assert "older" not in found["db.log"]
    assert "postgresql://juncture:***@" in found["db.log"]


def test_workers_that_found_the_first_integration_test_keep_the_log(
    small: pytest.Pytester, integration: Callable[[str], None], bundle: Path
) -> None:
    """Where options narrow the tests, the controller can't know that there will be servers, and has none."""
    integration(BROKEN)
    small.runpytest_subprocess("-n", "2", "-k", "test_it").assert_outcomes(passed=4)
    whole = "".join(text for name, text in logs(bundle).items() if name.startswith("db-gw"))
    for number in range(4):
        assert f"number {number} of post" in whole
    events = [event for path in bundle.glob("journal-gw*.jsonl") for event in read(path) if event["event"] == "service"]
    assert {event["name"] for event in events} == {"db", "cache"}


def test_a_crashed_worker_leaves_the_others_logs(
    small: pytest.Pytester, integration: Callable[[str], None], bundle: Path
) -> None:
    """What it wrote to a shared server's log is there all the same."""
    integration(f"{BROKEN}    if number == 1: os._exit(3)")
    result = small.runpytest_subprocess("-n", "2")
    result.assert_outcomes(passed=3, failed=1)
    found = logs(bundle)
    for number in range(4):
        assert f"number {number} of post" in found["db.log"]


@pytest.mark.parametrize(("size", "cut"), [(LIMIT, False), (LIMIT + 1, True)])
def test_a_log_that_was_cut_says_so(tmp_path: Path, size: int, *, cut: bool) -> None:
    """The last MiB is kept, from a whole line on."""
    log = FileLog(tmp_path / "db.log")
    log.path.write_text("first\n" + "x" * (size - 7) + "\n")
    endpoint = SimpleNamespace(product="postgres", version="18", provider="embedded", password="")
    server = SimpleNamespace(endpoint=endpoint, log=log, shared=True, started=True, seconds=0.1)
    workspace: Any = SimpleNamespace(servers={"db": server}, endpoints={}, environ={}, namespaces={}, worker="main")
    journal = Journal(tmp_path / "bundle" / "journal-main.jsonl")
    ServiceLogs(workspace, journal, {}, worker=False, shared=True).copy()
    journal.close()
    kept = logs(tmp_path / "bundle")["db.log"]
    assert kept.endswith("xxx\n")
    assert kept.startswith("(what came before is left out: these are the last 1 MiB of this run)\nxxx") == cut
    assert kept.startswith("first\nxxx") != cut
