"""Tests of ``juncture.provisioning.survey`` with real servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.errors import LeaseError
from juncture.host import keeper
from juncture.isolation.workspace import open_workspace
from juncture.provisioning.survey import log_paths, status, stop

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.conftest import Declare

    from juncture.config import Config
    from juncture.providers import embedded


@pytest.fixture
def config(declare: Declare) -> Config:
    """Return a declaration of a Postgres and a Redis."""
    return declare({"db": {"kind": "postgres"}, "cache": {"kind": "redis"}})


@pytest.fixture
def own(own_home: Path, environment_of: Callable[[Path], dict[str, str]]) -> dict[str, str]:
    """Return an environment whose servers this test may stop."""
    return environment_of(own_home)


def test_nothing_runs_yet(config: Config, own: dict[str, str]) -> None:
    """Each declared service has a row, a version and no address; nothing is started by looking."""
    rows = status(config, environ=own)
    assert [(row.service, row.state, row.address, row.pid, row.leases) for row in rows] == [
        ("db", "stopped", "", None, 0),
        ("cache", "stopped", "", None, 0),
    ]
    assert log_paths(config, environ=own) == {"db": [], "cache": []}
    assert stop(config, environ=own) == []


def test_servers_in_use_are_shown_and_not_stopped(config: Config, own: dict[str, str], own_home: Path) -> None:
    """Address, process, age, size and the number of users are those of the running servers."""
    with open_workspace(config, environ=own) as workspace, open_workspace(config, environ=own):
        rows = status(config, environ=own)
        pids = {server.key: server.pid for server in keeper.running(own_home)}
        assert [row.service for row in rows] == ["db", "cache", "cache"]
        assert {row.pid for row in rows} == set(pids.values())
        assert [row.leases for row in rows] == [2, 1, 1]
        assert rows[0].address == f"127.0.0.1:{workspace.endpoints['db'].port}"
        assert rows[0].size is not None
        assert rows[0].size > 1_000_000
        assert all(row.age is not None and 0 <= row.age < 60 for row in rows)
        logs = log_paths(config, environ=own)
        assert [len(logs["db"]), len(logs["cache"])] == [1, 2]
        assert "ready to accept connections" in logs["db"][0].read_text()
        with pytest.raises(LeaseError, match=r"still in use: .*postgres-.*redis-.*-0.*redis-.*-1"):
            stop(config, environ=own)
        assert len(keeper.running(own_home)) == 3


def test_idle_servers_are_stopped_although_others_are_in_use(
    config: Config, own: dict[str, str], own_home: Path, declare: Declare
) -> None:
    """A stop takes what it may; the error names only what stays."""
    with open_workspace(declare({"db": {"kind": "postgres"}}), environ=own):
        open_workspace(config, environ=own).release()
        with pytest.raises(LeaseError, match=r"still in use: postgres-[0-9a-f]+\n"):
            stop(config, environ=own)
        assert [server.key.partition("-")[0] for server in keeper.running(own_home)] == ["postgres"]
    (stopped,) = stop(config, environ=own)
    assert stopped.startswith("postgres-")
    assert keeper.running(own_home) == []


def test_server_of_somebody_else_is_shown_and_left_alone(
    declare: Declare, own: dict[str, str], postgres_server: embedded.Server
) -> None:
    """One that the environment names is asked for what it is, or told to be silent; nothing of it can be stopped."""
    config = declare({"db": {"kind": "postgres"}, "cache": {"kind": "redis"}}, provider="auto")
    named = own | {"JUNCTURE_DB_URL": postgres_server.endpoint.url, "JUNCTURE_CACHE_URL": "redis://:x@127.0.0.1:1/0"}
    database, cache = status(config, environ=named)
    assert (database.provider, database.state, database.product) == ("external", "running", "postgres")
    assert database.address == f"127.0.0.1:{postgres_server.endpoint.port}"
    assert (cache.provider, cache.state, cache.address) == ("external", "silent", "127.0.0.1:1")
    assert stop(config, environ=named) == []
