"""Tests of what is said where no container can be had: no image, no SDK, no right, no engine."""

from __future__ import annotations

import gc
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest
from engines import Registry
from quay import IMAGES, relay

from juncture.errors import ProviderError
from juncture.host.engine import PATIENCE, Engine
from juncture.isolation.workspace import open_workspace
from juncture.providers.docker import containers, images
from juncture.providers.docker.images import MissingImageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from quay import Quay
    from tests.integration.conftest import Child, Declare

CHOOSE = """
import json, os, sys
from pathlib import Path
from juncture.config import parse
from juncture.errors import ProviderError
from juncture.isolation import server
from juncture.providers.docker import server as docker, images, reach, sdk
from juncture.provisioning.choose import Terms, choose, engine_problem
from juncture.services import schemas
exec(sys.argv[2])
table = {"services": {"cache": {"kind": "redis", "image": sys.argv[1]}}, "provider": "docker"}
config = parse(table, root=Path("/"), kinds=schemas(), project="shop", environ={}, overrides={})
service = config.service("cache")
try:
    choose(config, service, Terms(environ=os.environ, run="run"))
    said = ""
except ProviderError as error:
    said = str(error)
print(json.dumps([engine_problem(service, os.environ), said]))
"""

NO_SDK = "sys.modules['docker'] = None"
NO_RIGHT = """
import docker as sdk_itself
os.setgroups([])
os.setresgid(65534, 65534, 65534)
os.setresuid(65534, 65534, 65534)
"""


@pytest.fixture(scope="module")
def registry(engine: Engine) -> Iterator[Registry]:  # noqa: ARG001 - it has to be there
    """Return a registry on loopback."""
    with Registry() as made:
        yield made


@pytest.fixture
def fresh(registry: Registry, quay: Quay) -> Iterator[str]:
    """Return the name of an image in the registry that no engine has."""
    name = registry.publish("juncture-test/fresh:1", base=IMAGES["nats"], megabytes=4)
    yield name
    quay.clean()
    subprocess.run(["docker", "rmi", "--force", name], check=False, capture_output=True)


def test_image_is_pulled_with_progress(quay: Quay, fresh: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is fetched once, and lines tell how much of it is there; then it is found."""
    monkeypatch.setattr(images, "TOLD_EVERY", 0.0)
    server = quay.start("nats", image=fresh)
    assert server.started
    assert any(line.startswith(f"nats: pulling {fresh}, ") and line.endswith(" MB") for line in quay.told)
    assert quay.told[-1].startswith(f"nats: pulled {fresh} in ")
    quay.told.clear()
    assert not quay.start("nats", image=fresh).started
    assert quay.told == []


def test_digest_takes_the_place_of_the_tag(quay: Quay, registry: Registry, fresh: str) -> None:
    """What is pinned is that very image, whatever its tag says today."""
    repository = fresh.rpartition(":")[0]
    digest = registry.digest(fresh.partition("/")[2])
    server = quay.start("nats", image=f"{repository}:no-such-tag", digest=digest)
    pinned = f"{repository}@{digest}"
    try:
        found = quay.engine.image(pinned)
        assert found is not None
        assert quay.inspect(server)["Image"] == found["Id"]
    finally:
        quay.clean()
        subprocess.run(["docker", "rmi", "--force", pinned], check=True, capture_output=True)


def test_image_that_is_not_there_is_told(quay: Quay, registry: Registry) -> None:
    """The registry's answer is in the error, and so are the next steps."""
    name = f"{registry.address}/juncture-test/no-such-image:1"
    with pytest.raises(MissingImageError, match=f"{name} can't be pulled: ") as raised:
        quay.start(image=name)
    assert raised.value.where == "service redis"
    assert raised.value.hint
    assert not quay.names


def test_registry_that_does_not_answer_is_told(quay: Quay) -> None:
    """Nothing hangs where nobody listens."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        name = f"127.0.0.1:{closed.getsockname()[1]}/redis:7"
        began = time.monotonic()
        with pytest.raises(MissingImageError, match=f"{name} can't be pulled: .*refused"):
            quay.start(image=name)
    assert time.monotonic() - began < 30


def test_auto_falls_back_to_an_embedded_server(quay: Quay, declare: Declare, servers: Path) -> None:
    """Where nobody asked for a container, an image that can't be had is no error; the line of the service says why."""
    (quay.home / "servers").symlink_to(servers)
    config = declare({"cache": {"kind": "redis", "image": "127.0.0.1:1/redis:7"}}, provider="auto")
    with open_workspace(config, environ=dict(quay.environ), worker="gw0") as workspace:
        assert workspace.endpoints["cache"].provider == "embedded"
        assert workspace.namespaces["cache"].why == "127.0.0.1:1/redis:7 can't be pulled"


def test_wish_for_docker_is_no_offer(quay: Quay, declare: Declare) -> None:
    """Who asked for a container gets one, or an error."""
    config = declare({"cache": {"kind": "redis", "image": "127.0.0.1:1/redis:7"}}, provider="docker")
    with pytest.raises(MissingImageError, match="can't be pulled"):
        open_workspace(config, environ=dict(quay.environ), worker="gw0")


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (NO_SDK, ("the Docker SDK is not installed", 'pip install "juncture[docker]"')),
        (NO_RIGHT, ("no right to use the Docker engine", "usermod -aG docker")),
    ],
)
def test_what_is_missing_is_named(
    quay: Quay, child: Child, answers: Callable[..., list[Any]], what: str, expected: tuple[str, str]
) -> None:
    """``auto`` goes on without, and says why; whoever asked for a container is told what to do."""
    quay.home.chmod(0o777)
    ((told, error),) = answers([child(CHOOSE, IMAGES["redis"], what, home=quay.home)])
    assert told == expected[0]
    assert expected[1] in error


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # the SDK leaves one where it can't connect
def test_engine_that_goes_away_is_told_in_time(quay: Quay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before, while and after a container is made: an error with the address, and no hang; then all is well again."""
    address = f"unix://{tmp_path}/d.sock"
    steady, quay.engine = quay.engine, Engine(address)
    with relay(steady, path=tmp_path / "d.sock") as between:
        reserved = quay.reserve()
        network = containers._ensure_network

        def break_off(*arguments: Any) -> str:
            name = network(*arguments)
            between.__exit__()
            return name

        monkeypatch.setattr(containers, "_ensure_network", break_off)
        began = time.monotonic()
        with pytest.raises(ProviderError, match=r"a container of .* can't be started"):
            reserved.start(promised=False)
        with pytest.raises(ProviderError, match=f"the Docker engine at {address} does not answer"):
            reserved.start(promised=False)
        with pytest.raises(ProviderError, match=f"the Docker engine at {address} does not answer"):
            quay.reserve()
        assert time.monotonic() - began < 20
    gc.collect()
    quay.engine = steady
    assert quay.start().started


def test_engine_that_hangs_is_told_in_time(quay: Quay, tmp_path: Path) -> None:
    """Who listens but never answers is given up."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "d.sock"))
        listener.listen()
        quay.engine, steady = Engine(f"unix://{tmp_path}/d.sock"), quay.engine
        began = time.monotonic()
        with pytest.raises(ProviderError, match="does not answer: timed out"):
            quay.reserve()
        assert time.monotonic() - began < 3 * PATIENCE
    quay.engine = steady


def test_log_of_a_container_is_read_from_a_moment_on(quay: Quay) -> None:
    """A mark is a moment; what is asked of a container that is gone is nothing."""
    server = quay.start()
    everything = server.log.since(0, 10_000)
    assert b"Ready to accept connections" in everything
    assert server.log.since(0, 10) == everything[-10:]
    assert server.log.since(server.log.mark() + 1, 10_000) == b""
    quay.engine.remove(f"juncture-{server.key}")
    assert server.log.since(0, 10_000) == b""
