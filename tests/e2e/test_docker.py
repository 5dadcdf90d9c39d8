"""Servers in containers that stay: shared by runs that never meet, found again, and removed when they should be."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from checkouts import CROWD, LEDGER, Project, alive, wait_until
from engines import SecondEngine, why_no_second_engine
from moorings import IMAGES, Moorings

from juncture.host import folders
from juncture.host.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEYS = """
import os
from juncture.isolation import open_workspace
from juncture.provisioning import declare
from juncture.services.redis import connect
with open_workspace(declare(None, environ=os.environ), environ=os.environ, worker="look") as workspace:
    with connect(workspace.servers["cache"].endpoint) as connection:
        print(connection.command("INFO", "keyspace"))
"""
"""Prints how many keys each database of the server has."""

HUNG = 60
"""Seconds after which a run counts as hanging."""

SLOW = """
import os, time, psycopg, pytest
@pytest.mark.parametrize("number", range(400))
def test_slow(number):
    with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5) as connection:
        connection.execute("SELECT pg_sleep(0.05)")
"""


@pytest.fixture
def moorings(engine: Engine) -> Iterator[Moorings]:
    """Give a home of this test's own, with nothing on the engine yet, and with nothing left there at the end."""
    with _moored(engine) as found:
        yield found


@pytest.mark.long
def test_results_and_containers_stay_the_same(moorings: Moorings, tmp_path: Path) -> None:
    """Containers give each test the outcome that embedded servers give, cold and warm, and are found again."""
    project = _checkout(tmp_path / "one", moorings)
    (project.folder / "tests" / "integration" / "test_other.py").write_text(
        "import pytest\ndef test_bad(): assert 0\n@pytest.mark.skip\ndef test_left_out(): pass\n"
    )
    outcomes, containers = [], []
    for provider in ("docker", "docker", "embedded"):
        code, output = project.run("-n", "2", "tests/integration", JUNCTURE_PROVIDER=provider)
        assert code == 1, output
        assert [word for word in _told(project).split() if word in {"docker", "embedded"}] == [provider] * 2
        outcomes.append(_outcomes(project))
        containers.append(moorings.containers)
        if provider == "docker":
            assert moorings.addresses == ["127.0.0.1"] * 2
            assert moorings.volumes == []
    cold, warm, embedded = outcomes
    assert len(cold) == 42
    assert cold == warm == embedded
    assert sorted(name.split("-")[1] for name in containers[0]) == ["postgres", "redis"]
    assert containers[0] == containers[1]


@pytest.mark.soak
def test_two_checkouts_share_two_containers(
    moorings: Moorings, tmp_path: Path, rounds: Callable[[int, int], int]
) -> None:
    """Two checkouts of four workers at once see nothing of each other, and leave two empty servers."""
    projects = [_checkout(tmp_path / name, moorings, CROWD) for name in ("one", "two")]
    containers: dict[str, str] = {}
    for _ in range(rounds(1, 20)):
        for process in [project.start("-n", "4", "tests/integration") for project in projects]:
            output, _ = process.communicate(timeout=HUNG)
            assert process.returncode == 0, output
            assert "200 passed" in output
        containers = containers or moorings.containers
        assert sorted(name.split("-")[1] for name in containers) == ["postgres", "redis"]
        assert moorings.containers == containers
        assert moorings.leased_slots == []
        assert _rests(projects[0]) == []
        assert "keys=" not in projects[0].python(KEYS)
    assert len(moorings.networks) == 1
    assert moorings.volumes == []


@pytest.mark.long
@pytest.mark.soak
def test_kills_leave_nothing(
    moorings: Moorings,
    tmp_path: Path,
    rounds: Callable[[int, int], int],
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    """Whatever is killed when, the other checkout's run passes; then a prune leaves nothing, and a run passes again."""
    one, two = (_checkout(tmp_path / name, moorings) for name in ("one", "two"))
    _pass_both(one, two)  # cold
    began = time.monotonic()
    _pass_both(one, two)
    whole = time.monotonic() - began
    hits: Counter[str] = Counter()
    victim, other = one, two
    while hits.total() < rounds(3, 200):
        victim, other = other, victim
        hit, spared = (project.start("-n", "2", "tests/integration") for project in (victim, other))
        for _ in range(random.randint(1, 4)):
            time.sleep(random.uniform(0.0, whole / 2))
            if what := _kill(victim, hit, random.choice(("controller", "worker", "worker"))):
                hits[what] += 1
        output = _end_of(spared, f"after {hits}")
        assert spared.returncode == 0, f"the checkout that nobody killed in failed after {hits}\n{output}"
        _end_of(hit, f"after {hits}")
        workers = [event["pid"] for event in victim.events() if event["event"] == "opened"]
        _wait_for_end(workers, f"after {hits}")
    for what, count in sorted(hits.items()):
        record_testsuite_property(what, count)
    assert len(moorings.containers) == 2
    assert moorings.leased_slots == []
    _pass_both(one, two)
    assert _rests(one) == []
    code, output = one.juncture("services.prune")
    assert code == 0, output
    assert (moorings.containers, moorings.networks, moorings.volumes) == ({}, [], []), output
    _pass_both(one, two)
    assert len(moorings.containers) == 2


def test_no_engine_is_told_in_a_line(tmp_path: Path, home: Path) -> None:
    """Without an engine `auto` takes embedded servers and says why; who insists on containers is told what to do."""
    project = Project.copy(tmp_path / "one", home)
    project.extra |= {"DOCKER_HOST": f"unix://{tmp_path}/none.sock", **IMAGES}
    code, output = project.run("-v", "-n", "2", "tests/integration", JUNCTURE_PROVIDER="auto")
    assert code == 0, output
    assert [line for line in output.splitlines() if "embedded" in line and "no Docker engine" in line], output
    project.extra["JUNCTURE_PROVIDER"] = "docker"
    for code, output in (project.run("-n", "2", "tests/integration"), project.juncture("services.up")):
        assert f"no Docker engine is at unix://{tmp_path}/none.sock" in output
        assert "JUNCTURE_PROVIDER=embedded" in output
        assert "Traceback" not in output
        assert code == (4 if "ERROR: juncture:" in output else 11), output


@pytest.mark.long
@pytest.mark.skipif(why_no_second_engine() is not None, reason=str(why_no_second_engine()))
def test_engine_that_stops_and_starts(engine: Engine, tmp_path: Path) -> None:
    """Without the engine a run ends with a clear error, before it as in the middle; with it again the next passes."""
    del engine  # its images are copied
    with SecondEngine(tuple(IMAGES.values())) as second, _moored(Engine(second.url)) as moorings:
        project = _checkout(tmp_path / "one", moorings)
        assert project.run("-n", "2", "tests/integration")[0] == 0
        second.stop()
        code, output = project.run("-n", "2", "tests/integration")
        assert code == 4, output
        assert f"Docker engine is at {second.url}" in output
        assert "Traceback" not in output
        second.start()
        code, output = project.run("-n", "2", "tests/integration")
        assert code == 0, output
        (project.folder / "tests" / "integration" / "test_slow.py").write_text(SLOW)
        process = project.start("-n", "2", "tests/integration/test_slow.py")
        wait_until(lambda: any(event["event"] == "started" for event in project.events()), "the first test starts")
        second.kill()
        second.stop()  # a killed engine leaves its containers, this takes them down
        output = _end_of(process, "after the engine ended")
        assert process.returncode == 1, output
        assert "juncture: service db: " in output or "juncture: service cache: " in output  # whichever is asked first
        second.start()
        code, output = project.run("-n", "2", "tests/integration/test_ledger.py")
        assert code == 0, output


@contextmanager
def _moored(engine: Engine) -> Iterator[Moorings]:
    home = Path(tempfile.mkdtemp(prefix="juncture-docker-"))
    home.chmod(0o755)  # the user of an embedded server has to be able to enter
    (home / "servers").symlink_to(folders.home(os.environ) / "servers")
    moorings = Moorings(engine, home)
    try:
        yield moorings
    finally:
        moorings.remove()
        Project(home, home).clean()


def _checkout(folder: Path, moorings: Moorings, source: Path = LEDGER) -> Project:
    project = Project.copy(folder, moorings.home, source)
    project.extra |= {"JUNCTURE_PROVIDER": "docker", "JUNCTURE_IDLE": "2m", **IMAGES}
    project.extra["DOCKER_HOST"] = moorings.engine.address
    return project


def _outcomes(project: Project) -> dict[tuple[str, str], str]:
    """Return the outcome of each phase of each test of the last run."""
    return {
        (event["test"], event["phase"]): event["outcome"]
        for event in project.events()
        if event["event"] == "phase" and (event["phase"] == "call" or event["outcome"] != "passed")
    }


def _told(project: Project) -> str:
    """Return what the last run said of its services."""
    return "\n".join(event["text"] for event in project.events() if event["event"] == "note")


def _pass_both(*projects: Project) -> None:
    for process in [project.start("-n", "2", "tests/integration") for project in projects]:
        output = _end_of(process, "")
        assert process.returncode == 0, output


def _end_of(process: subprocess.Popen[str], when: str) -> str:
    """Return a run's output when it ended."""
    try:
        return process.communicate(timeout=HUNG)[0]
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        pytest.fail(f"it hangs {when}\n{process.communicate()[0]}")


def _wait_for_end(pids: list[int], when: str) -> None:
    wait_until(lambda: not any(map(alive, pids)), f"the processes end {when}")


def _kill(project: Project, controller: subprocess.Popen[str], victim: str) -> str:
    """Kill the controller or one of its workers; return what was hit, and when: nothing where the run had ended."""
    events = project.events()
    started = any(event["event"] == "started" for event in events)
    moment = "amid its tests" if started else "before its tests"
    if controller.poll() is not None:
        return ""
    workers = [pid for pid in _children(controller.pid) if alive(pid)]
    if victim == "controller" or not workers:
        os.kill(controller.pid, signal.SIGKILL)
        return f"controller, {moment}"
    os.kill(random.choice(workers), signal.SIGKILL)
    return f"worker, {moment}"


def _children(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(path.parent.name))
    return found


def _rests(project: Project) -> list[str]:
    """Return the databases that no run uses any more."""
    return [name for name in project.databases() if name.startswith(("jn_", "jb_"))]
