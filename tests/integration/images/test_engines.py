"""Engines and registries of a test's own work beside the machine's engine."""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import engines
import pytest
from engines import Registry, SecondEngine, docker

if TYPE_CHECKING:
    from collections.abc import Iterator

APP = "juncture-test/app:1"
NATS = "juncture-test/nats:2"


@pytest.fixture(scope="module", autouse=True)
def _images() -> None:
    if reason := engines.why_no_engine():
        pytest.skip(reason)
    engines.ensure_images()


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    """Give a registry with an image in it."""
    with Registry((NATS,)) as registry:
        yield registry


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_second_engine_ends_and_starts_again(end: str) -> None:
    """It forgets nothing when it is stopped or killed, its ports and neighbours answer, and the other engine lives."""
    if reason := engines.why_no_second_engine():
        pytest.skip(reason)
    bridge = Path("/sys/class/net/docker0").exists()
    engine = docker("info", "--format", "{{.ID}}")
    with SecondEngine(images=(APP,)) as second:
        second.docker("network", "create", "ours")
        container = second.docker("run", "--detach", "--network", "ours", "--publish", "127.0.0.1::8000", APP)
        second.docker("run", "--detach", "--network", "ours", "--name", "neighbour", APP)
        assert _ask(second, container) == "reached\n"

        getattr(second, end)()
        assert not engines.engine_answers(second.environment({"PATH": "/usr/bin:/bin"}))
        second.start()
        assert second.docker("inspect", "--format", "{{.State.Running}}", container) == "false"
        second.docker("start", container, "neighbour")
        assert _ask(second, container) == "reached\n"
        folder = second.folder
    assert not folder.exists()
    assert docker("info", "--format", "{{.ID}}") == engine
    assert Path("/sys/class/net/docker0").exists() == bridge


def test_an_image_is_pulled_by_tag_and_by_digest(registry: Registry) -> None:
    """What was pushed comes back under both names, with the digest that the registry tells."""
    tagged = f"{registry.address}/{NATS}"
    pinned = f"{tagged.removesuffix(':2')}@{registry.digest(NATS)}"
    for reference in (tagged, pinned):
        docker("pull", reference)
        assert pinned in docker("image", "inspect", "--format", "{{.RepoDigests}}", reference)
        docker("rmi", "--no-prune", reference)


def test_a_pull_of_new_layers_downloads(registry: Registry) -> None:
    """A published image has layers that the engine doesn't have, and each is fetched."""
    reference = registry.publish("noise:1")
    assert docker("pull", reference).count("Pull complete") == 2
    docker("rmi", reference)


def test_refusals(registry: Registry) -> None:
    """A pull is refused for an unknown image, without a password where one is asked for, and with no registry."""
    reference = f"{registry.address}/{NATS}"
    assert "manifest unknown" in _refused(f"{registry.address}/unknown:1")
    registry.lock()
    assert "no basic auth credentials" in _refused(reference)
    registry.stop()
    assert "connection refused" in _refused(reference)


def _ask(second: SecondEngine, container: str) -> str:
    """Ask a server by its published port for its neighbour, until both are there."""
    published = second.docker("port", container)
    port = published.rpartition(":")[2]
    deadline = time.monotonic() + 20
    said = ""
    while said != "reached\n" and time.monotonic() < deadline:
        # docker-proxy accepts a connection before the server does, and drops it then.
        with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/reach/neighbour/8000", timeout=10) as answer:
            said = answer.read().decode()
    return said


def _refused(reference: str) -> str:
    done = subprocess.run(["docker", "pull", reference], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    return done.stderr
