"""Tests of what each worker has a container of its own of: it is found again, shown, removed, and kept for a name."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import usual

from juncture.isolation.workspace import open_workspace, reserve_workspace
from juncture.providers.docker.images import MissingImageError
from juncture.provisioning import survey
from juncture.provisioning.choose import told
from juncture.provisioning.handover import CHOSEN

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


def test_workers_of_a_run_get_a_container_each_from_what_their_controller_found(quay: Quay, declare: Declare) -> None:
    """The controller starts none; what it tells spares them the look for the image, and nothing else."""
    config = declare(SERVICES, provider="docker")
    environ = dict(quay.environ)
    with reserve_workspace(config, environ=environ, worker="main", passive=True) as controller:
        controller.prepare()
        assert quay.names == set()
        environ[CHOSEN] = told(controller.choices.items())
        with (
            open_workspace(config, environ=environ, worker="gw0") as one,
            open_workspace(config, environ=environ, worker="gw1") as two,
        ):
            ends = [each.endpoints["own"] for each in (one, two)]
            usual.MEMCACHED.put(ends[0], "mine")
            assert usual.MEMCACHED.words(ends[1]) == set()
            assert len({end.port for end in ends} | {controller.endpoints["own"].port}) == 3
            keys = {each.servers["own"].key for each in (one, two)}
            assert quay.names == {f"juncture-{key}" for key in keys}


def test_missing_image_is_a_process_after_all_and_told_to_workers(quay: Quay, declare: Declare) -> None:
    """Where nobody asked for a container, the controller finds out once, before its workers start."""
    config = declare({"own": {"kind": "memcached", "image": "127.0.0.1:1/none:1"}}, provider="auto")
    environ = dict(quay.environ)
    with reserve_workspace(config, environ=environ, worker="main", passive=True) as controller:
        controller.prepare()
        assert "127.0.0.1:1/none:1 can't be pulled" in controller.choices["own"].why
        environ[CHOSEN] = told(controller.choices.items())
        with open_workspace(config, environ=environ, worker="gw0") as workspace:
            assert workspace.endpoints["own"].provider == "embedded"
    config = declare({"own": {"kind": "memcached", "image": "127.0.0.1:1/none:1"}}, provider="docker")
    with (
        reserve_workspace(config, environ=dict(quay.environ), worker="main", passive=True) as controller,
        pytest.raises(MissingImageError, match="can't be pulled"),
    ):
        controller.prepare()


def test_container_for_one_run_is_removed_at_its_end(quay: Quay, declare: Declare) -> None:
    """``reuse = "run"`` holds for containers of one's own too, and their leases go with them."""
    config = declare({"own": SERVICES["own"] | {"reuse": "run"}}, provider="docker")
    with open_workspace(config, environ=dict(quay.environ), worker="gw0") as workspace:
        key = workspace.servers["own"].key
        assert quay.names == {f"juncture-{key}"}
    assert quay.names == set()
    assert [path.name for path in (quay.home / "leases").glob(f"*{key}*")] == []
