"""Tests of ``juncture.provisioning.prune`` with containers."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from pruning import HOLD, pruned, told
from quay import create

from juncture.host import slots
from juncture.host.folders import lease_path
from juncture.isolation.census import clear
from juncture.isolation.orphans import lease_of
from juncture.isolation.workspace import open_workspace, reserve_workspace
from juncture.providers.docker import ours
from juncture.providers.docker.sdk import client
from juncture.providers.docker.server import home_id
from juncture.provisioning.prune import prune
from juncture.services.postgres import at
from juncture.services.postgres_databases import clone, listed
from juncture.services.redis import connect as connect_redis

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from quay import Quay
    from tests.integration.conftest import Child

    from juncture.config import Config
    from juncture.host.engine import Engine


@pytest.fixture
def foreign(engine: Engine) -> Iterator[Callable[..., str]]:
    """Return a function that makes a container that is not ours; it returns its name."""
    with ExitStack() as stack:

        def make(name: str, labels: Mapping[str, str]) -> str:
            create(engine, name, "juncture-test/redis:7", labels=labels)
            stack.callback(engine.remove, name)
            return name

        yield make


def files(home: Path) -> dict[str, bytes]:
    """Return every file of a home that is not a running keeper's, with its content."""
    return {
        str(path.relative_to(home)): path.read_bytes()
        for path in home.rglob("*")
        if path.is_file() and path.name != "keeper.log"
    }


def test_dry_run_names_what_goes_and_touches_nothing(quay: Quay, docked: Callable[..., Config]) -> None:
    """It tells the same as the real one, which then does it; after that there is nothing to do."""
    open_workspace(docked("postgres", "redis"), environ=quay.environ).release()
    before = files(quay.home)
    would = pruned(quay.environ, dry_run=True)
    assert len(quay.names) == 2
    assert files(quay.home) == before
    did = pruned(quay.environ)
    assert [item.name for item in would.items if item.what != "leases"] == [
        item.name for item in did.items if item.what != "leases"
    ]
    assert [item.what for item in did.items] == ["container", "container", "network", "leases"]
    assert quay.names == set()
    assert ours.networks(quay.engine, home_id(quay.home)) == []
    assert pruned(quay.environ).items == []


@pytest.mark.parametrize("verb", ["stop", "pause", "kill"])
def test_container_in_any_state_goes(quay: Quay, docked: Callable[..., Config], verb: str) -> None:
    """One that ended, hangs or was killed is as much a rest as one that idles."""
    with open_workspace(docked("redis"), environ=quay.environ) as workspace:
        server = workspace.servers["redis"]
    quay.do(server, verb)
    assert {"container", "network"} <= told(pruned(quay.environ))
    assert quay.names == set()


def test_container_that_was_never_started_goes(quay: Quay) -> None:
    """The rest of a creator that was killed between create and start is removed too."""
    key = "redis-0123456789ab"
    labels = {"juncture.home": home_id(quay.home), "juncture.key": key, "juncture.kind": "redis"}
    create(quay.engine, f"juncture-{key}", "juncture-test/redis:7", labels=labels)
    (item,) = pruned(quay.environ).items
    assert (item.what, item.name, item.why) == ("container", f"juncture-{key}", "never started")
    assert quay.names == set()


def test_container_that_somebody_holds_stays(quay: Quay, docked: Callable[..., Config], child: Child) -> None:
    """A lease of another process keeps container and network, whatever this one does; then nothing does."""
    with open_workspace(docked("redis"), environ=quay.environ) as workspace:
        key = workspace.servers["redis"].key
    holder = child(HOLD, lease_path(quay.home, f"server-{key}"), home=quay.home)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    for dry_run in (True, False):
        found = pruned(quay.environ, dry_run=dry_run)
        assert found.used == [f"juncture-{key}"]
        assert told(found) <= {"leases"}
    assert quay.names == {f"juncture-{key}"}
    holder.kill()
    holder.wait()
    assert {"container", "network"} <= told(pruned(quay.environ))


@pytest.mark.parametrize(
    ("name", "label", "value"),
    [
        ("juncture-redis-aaaaaaaaaaaa", "juncture.home", "000000000000"),
        ("juncture-redis-bbbbbbbbbbbb", "", ""),
        ("my-redis-bbbbbbbbbbbb", "juncture.key", "redis-bbbbbbbbbbbb"),
        ("juncture-redis-cccccccccccc", "juncture.key", "redis-dddddddddddd"),
    ],
)
def test_container_of_somebody_else_stays(
    quay: Quay, foreign: Callable[..., str], name: str, label: str, value: str
) -> None:
    """A name alone, another home's label, or a label alone, as an image built here hands on, make it none of ours."""
    if label == "juncture.key":
        labels = {"juncture.home": home_id(quay.home), "juncture.key": value}
    else:
        labels = {label: value} if label else {}
    foreign(name, labels)
    found = pruned(quay.environ)
    assert (found.items, found.used) == ([], [])
    assert quay.engine.container(name) is not None


def test_orphan_database_goes_from_a_server_in_use(quay: Quay, docked: Callable[..., Config], child: Child) -> None:
    """What a killed run left is dropped; what somebody holds, or this process uses, stays."""
    config = docked("postgres")
    with open_workspace(config, environ=quay.environ) as workspace:
        admin, mine = workspace.servers["postgres"].endpoint, workspace.endpoints["postgres"].database
        for name in ("jn_x_1", "jn_x_2", "jb_0123"):
            clone(admin, "", name)
        holder = child(HOLD, lease_of(quay.home, "jn_x_2"), home=quay.home)
        assert holder.stdout is not None
        holder.stdout.readline()
        for dry_run in (True, False):
            found = pruned(quay.environ, dry_run=dry_run)
            names = [item.name.partition(" ")[0] for item in found.items if item.what == "namespace"]
            assert sorted(names) == ["jb_0123", "jn_x_1"]
            assert all(name in listed(admin, [name]) for name in ("jn_x_2", mine))
            assert ("jn_x_1" in listed(admin, ["jn_x_1"])) is dry_run
            assert ("jb_0123" in listed(at(admin, "postgres"), ["jb_"])) is dry_run


def test_kept_namespaces_of_a_checkout_that_is_gone_go(quay: Quay, docked: Callable[..., Config], root: Path) -> None:
    """What services.up kept stays as long as its checkout is there; then the slot is emptied, and free again."""
    config = docked("postgres", "redis")
    open_workspace(config, environ=quay.environ, worker="dev", kept=True).release()
    with open_workspace(config, environ=quay.environ) as workspace:
        key = workspace.servers["redis"].key
        (kept,) = slots.given(quay.home, key).values()
        with connect_redis(workspace.servers["redis"].endpoint) as connection:
            connection.command("SELECT", str(kept))
            connection.command("SET", "left", "over")
            assert "namespace" not in told(pruned(quay.environ))
            shutil.rmtree(root)
            found = [item for item in pruned(quay.environ).items if item.what == "namespace"]
            assert [item.why for item in found] == ["its checkout is gone"] * 2
            assert connection.command("DBSIZE") == 0
        assert slots.given(quay.home, key) == {}
        root.mkdir()


def test_image_that_was_built_here_goes(quay: Quay) -> None:
    """An image with this home's label is removed where no container is made from it, and no other is."""
    with client(quay.engine, quay.environ) as docker:
        for name, labels in (("built", {"juncture.home": home_id(quay.home)}), ("mine", {})):
            dockerfile = f"FROM juncture-test/redis:7\nENV MADE_FOR={quay.home}-{name}\n".encode()
            docker.images.build(fileobj=io.BytesIO(dockerfile), tag=f"juncture-prune/{name}:1", labels=labels, rm=True)
    try:
        (item,) = pruned(quay.environ).items
        assert (item.what, item.name) == ("image", "juncture-prune/built:1")
        assert quay.engine.image("juncture-prune/built:1") is None
        assert quay.engine.image("juncture-prune/mine:1") is not None
    finally:
        quay.engine.ask("DELETE", "/images/juncture-prune/mine:1", patience=30)


def test_reserved_server_can_still_be_started(quay: Quay, docked: Callable[..., Config]) -> None:
    """What a run reserved, and starts later, keeps the port that it gave away."""
    config = docked("redis")
    open_workspace(config, environ=quay.environ).release()
    with reserve_workspace(config, environ=quay.environ, worker="gw0") as workspace:
        port = workspace.endpoints["redis"].port
        assert "container" in told(pruned(quay.environ))
        workspace.start(promised=True)
        assert workspace.endpoints["redis"].port == port


def test_engine_that_is_gone_is_told_and_the_rest_is_done(
    quay: Quay, docked: Callable[..., Config], tmp_path: Path
) -> None:
    """Containers that can't be seen are a problem; what is on this machine goes all the same."""
    open_workspace(docked("redis"), environ=quay.environ).release()
    lease_path(quay.home, "slot-redis-01234567-1").touch()
    elsewhere = {**quay.environ, "DOCKER_HOST": f"unix://{tmp_path}/docker.sock"}
    found = prune(environ=elsewhere, dry_run=False, clear=clear)
    assert found.problems == [f"no Docker engine is at unix://{tmp_path}/docker.sock"]
    assert "leases" in told(found)
    assert len(quay.names) == 1


def test_command_ends_with_a_code_of_its_own_where_the_engine_is_gone(
    quay: Quay, docked: Callable[..., Config], tmp_path: Path
) -> None:
    """The program works outside any project, prints what goes, and fails only for what it could not look at."""
    open_workspace(docked("redis"), environ=quay.environ).release()

    def run(*words: str, **more: str) -> tuple[int, str, str]:
        argv = [sys.executable, "-m", "juncture", "services.prune", *words]
        done = subprocess.run(
            argv, cwd=tmp_path, env={**quay.environ, **more}, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout, done.stderr

    code, out, errors = run("--dry-run", DOCKER_HOST=f"unix://{tmp_path}/docker.sock")
    assert (code, errors) == (11, f"no Docker engine is at unix://{tmp_path}/docker.sock\n")
    code, out, errors = run()
    assert (code, errors) == (0, "")
    assert out.startswith("what ")
    assert "container  juncture-redis-" in out
    assert " removed\n" in out
    assert quay.names == set()
