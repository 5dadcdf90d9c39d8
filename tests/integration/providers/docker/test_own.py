"""Tests of what each worker has a container of its own of: it is found again, shown, removed, and kept for a name."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import usual

from juncture.isolation.workspace import open_workspace, reserve_workspace
from juncture.provisioning import survey

if TYPE_CHECKING:
    from quay import Quay
    from tests.integration.conftest import Declare

SERVICES = {"own": {"kind": "memcached", "image": "juncture-test/memcached:1"}}


def test_container_of_ones_own_is_found_removed_and_shown(quay: Quay, declare: Declare) -> None:
    """It is the service's in the status; the lowest number is warm for the next run, and the keeper removes it."""
    config = declare(SERVICES, provider="docker", idle="1s")
    with open_workspace(config, environ=dict(quay.environ), worker="main") as workspace:
        key = workspace.servers["own"].key
        rows = list(survey.status(config, environ=dict(quay.environ)))
        assert [(row.service, row.state, row.current, row.leases) for row in rows] == [("own", "running", True, 1)]
    assert key.endswith("-0")
    with open_workspace(config, environ=dict(quay.environ), worker="main") as workspace:
        assert (workspace.servers["own"].key, workspace.servers["own"].started) == (key, False)
    deadline = time.monotonic() + 20
    while quay.names:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_kept_container_belongs_to_its_name(quay: Quay, declare: Declare) -> None:
    """What a developer left in it is there again, for all who know the name; no run's worker gets it."""
    config = declare(SERVICES, provider="docker")
    for _ in range(2):
        with open_workspace(config, environ=dict(quay.environ), worker="dev", kept=True) as workspace:
            assert workspace.servers["own"].key.endswith("-dev-own")
            usual.MEMCACHED.put(workspace.endpoints["own"], "kept")
    with reserve_workspace(config, environ=dict(quay.environ), worker="gw0") as reserved:
        assert reserved.endpoints["own"].port != workspace.endpoints["own"].port
    with open_workspace(config, environ=dict(quay.environ), worker="dev", kept=True) as workspace:
        assert usual.MEMCACHED.words(workspace.endpoints["own"]) == {"kept"}
