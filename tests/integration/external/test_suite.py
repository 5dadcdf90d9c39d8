"""Whole runs against servers that were started by hand, named by the environment alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hand
from checkouts import Project

from juncture.services import redis

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_suite_passes_by_the_environment_alone(
    tmp_path: Path, own_home: Path, database: hand.Hand, databases: Callable[..., Any], cache: hand.Hand
) -> None:
    """The ledger's tests on two workers meet nothing but the servers that are named, and leave templates alone."""
    project = Project.copy(tmp_path / "ledger", own_home)
    project.extra = {"JUNCTURE_PROVIDER": "auto", "DOCKER_HOST": f"unix://{tmp_path}/none"}
    project.extra |= {"JUNCTURE_DB_URL": hand.database_url(database), "JUNCTURE_CACHE_PORT": str(cache.port)}
    project.extra |= {"JUNCTURE_CACHE_PASSWORD": hand.PASSWORD}
    code, text = project.run("tests/integration", "-n", "2")
    assert (code, "service db: juncture did not start the server" in text) == (4, True)
    project.extra |= {"JUNCTURE_DB_DISPOSABLE": "true", "JUNCTURE_CACHE_DISPOSABLE": "true"}
    code, text = project.run("tests/integration", "-n", "2", "-v")
    assert code == 0, text
    assert "40 passed" in text
    lines = [line for line in text.splitlines() if " external " in line]
    assert [line.split()[-1].strip("()") for line in lines] == ["JUNCTURE_DB_URL", "JUNCTURE_CACHE_PORT"], text
    assert project.processes() == []
    assert {name[10:12] for name in databases() if name != "juncture_marker"} == {"t_"}
    with redis.connect(hand.endpoint(cache, password=hand.PASSWORD)) as connection:
        assert connection.command("KEYS", "*") == ["juncture:marker"]


def test_shortage_is_told_before_workers_start(tmp_path: Path, own_home: Path, programs: hand.Programs) -> None:
    """Sixteen databases are enough for fourteen workers and their controller; the fifteenth finds none."""
    with hand.redis(programs) as server:
        project = Project.copy(tmp_path / "ledger", own_home)
        project.extra = {"JUNCTURE_PROVIDER": "auto", "JUNCTURE_CACHE_PORT": str(server.port)}
        project.extra |= {"JUNCTURE_CACHE_DISPOSABLE": "true", "DOCKER_HOST": f"unix://{tmp_path}/none"}
        code, text = project.run("tests/integration", "-n", "15")
    assert code == 4
    assert "has 16 databases; 0 is never touched, and too few of the others are free: 15 workers and their" in text
    assert "--databases 1024" in text
    assert "Traceback" not in text
