"""Tests with engines that stop, crash and come back, and with those that are not on this host."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from engines import SecondEngine, why_no_second_engine
from quay import IMAGES, Quay, relay

import juncture
from juncture.errors import ProviderError
from juncture.host import kept
from juncture.host.engine import Engine, EngineError
from juncture.isolation.workspace import open_workspace
from juncture.providers.docker.reach import reach_of
from juncture.services import kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.conftest import Declare

    Until = Callable[..., None]

NATS = IMAGES["nats"]

INSIDE = """
import json, os
from pathlib import Path
from juncture.config import Service
from juncture.host.engine import locate
from juncture.providers.docker import server as docker
from juncture.providers.docker.reach import reach_of
from juncture.services import kind
from juncture.services.nats import connect
engine = locate(os.environ)
reach = reach_of(engine)
place = docker.Place(
    home=Path("/tmp/home"), engine=engine, environ=os.environ, idle=0.0, run="run", reach=reach
)
service = Service(name="events", kind="nats", image="juncture-test/nats:2")
server = docker.reserve(service, kind("nats"), place=place).start(promised=True)
with connect(server.endpoint):
    said = [reach.apart, server.endpoint.host, docker.home_id(place.home)]
server.release()
print(json.dumps([*said, engine.containers(f"juncture.home={said[2]}")]))
engine.ask("DELETE", f"/networks/juncture-{said[2]}", patience=30.0)
"""


@pytest.fixture(scope="module")
def second(engine: Engine) -> Iterator[SecondEngine]:  # noqa: ARG001 - its images are copied
    """Return an engine that a test may stop and kill."""
    if why := why_no_second_engine():
        pytest.skip(why)
    with SecondEngine(images=(NATS,)) as made:
        yield made


@pytest.fixture
def harbour(second: SecondEngine, bare_home: Path, environment_of: Callable[[Path], dict[str, str]]) -> Iterator[Quay]:
    """Return a home whose containers are on the second engine."""
    made = Quay(bare_home, Engine(second.url), second.environment(environment_of(bare_home)))
    yield made
    second.start()
    made.clean()


def test_engine_is_part_of_the_key(quay: Quay, harbour: Quay) -> None:
    """The same image on another engine makes another container: nobody waits for one that is elsewhere."""
    assert quay.home == harbour.home
    assert quay.engine.identity() != harbour.engine.identity()
    assert harbour.reserve("nats").key != quay.reserve("nats").key


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_engine_that_was_started_again_between_runs(harbour: Quay, second: SecondEngine, end: str) -> None:
    """The next run has a server that answers, in one container of its name; while there is no engine it is told so."""
    first = harbour.start("nats")
    getattr(second, end)()
    began = time.monotonic()
    with pytest.raises(ProviderError, match=f"the Docker engine at {second.url} does not answer") as raised:
        harbour.start("nats")
    assert time.monotonic() - began < 20
    assert "start it" in raised.value.hint
    harbour.release()
    second.start()
    again = harbour.start("nats")
    assert again.key == first.key
    assert kind("nats").probe(again.endpoint)[0] == "nats"
    assert harbour.names == {f"juncture-{first.key}"}


def test_engine_that_ends_while_a_server_starts(
    harbour: Quay, second: SecondEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits for the server hears of it in a bounded time, and gives his lease back."""
    from juncture.providers.docker import bring_up  # noqa: PLC0415 - patched

    monkeypatch.setattr(bring_up, "READY_WITHIN", 5.0)
    wait = bring_up.BringUp._wait

    def break_off(*arguments: object, **names: object) -> None:
        second.kill()
        wait(*arguments, **names)  # type: ignore[arg-type]  # passed on as they came

    reserved = harbour.reserve("nats")
    began = time.monotonic()
    with monkeypatch.context() as patch:
        patch.setattr(bring_up.BringUp, "_wait", break_off)
        with pytest.raises(ProviderError, match="does not answer"):
            reserved.start(promised=False)
    assert time.monotonic() - began < 60
    second.start()
    assert kind("nats").probe(harbour.start("nats").endpoint)[0] == "nats"


def test_keeper_waits_for_an_engine_to_come_back(harbour: Quay, second: SecondEngine, until: Until) -> None:
    """A container that an absent engine can't remove is removed when that is there again; nobody has to wait for it."""
    harbour.start("nats", idle=0.2)
    second.kill()
    harbour.release()
    time.sleep(1.0)
    second.start()
    until(lambda: not harbour.names, within=kept.AGAIN_AFTER + 25)


def test_remote_engine_makes_containers_for_one_run(quay: Quay, declare: Declare) -> None:
    """Other hosts that use it can't see our locks, so nothing is shared; the line of the service says so."""
    with relay(quay.engine) as remote:
        address = f"tcp://127.0.0.1:{remote.port}"
        reach = reach_of(Engine(address))
        assert (reach.host, reach.bind, reach.apart) == (
            "127.0.0.1",
            "127.0.0.1",
            "a remote engine: containers for this run only",
        )
        config = declare({"events": {"kind": "nats", "image": NATS}}, provider="docker")
        environ = {**quay.environ, "DOCKER_HOST": address}
        with open_workspace(config, environ=environ, worker="main") as workspace:
            assert workspace.namespaces["events"].why == reach.apart
            (name,) = quay.names
            found = quay.engine.container(name)
            assert found is not None
            assert found["Config"]["Labels"]["juncture.run"] == workspace.run
            with open_workspace(config, environ=environ, worker="main") as other:
                assert other.endpoints["events"].port != workspace.endpoints["events"].port
        assert not quay.names


def test_remote_host_that_is_not_known_is_told() -> None:
    """A name that leads nowhere is an error with the engine's address."""
    with pytest.raises(ProviderError, match=r"the host of .* at tcp://no-such-host.invalid:1 is not known"):
        reach_of(Engine("tcp://no-such-host.invalid:1"))


def test_engine_behind_tls_is_asked_with_certificates(engine: Engine, tmp_path: Path) -> None:
    """Both sides prove who they are, by the files that the docker program uses; without them there is no answer."""
    for name, extension in (("ca", ""), ("server", "subjectAltName=IP:127.0.0.1"), ("client", "")):
        _certificate(tmp_path, name, extension)
    for name, file in (("client.pem", "cert.pem"), ("client-key.pem", "key.pem")):
        (tmp_path / name).rename(tmp_path / file)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(tmp_path / "ca.pem"))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server-key.pem")
    with relay(engine, wrap=lambda plain: context.wrap_socket(plain, server_side=True)) as remote:
        address = f"tcp://127.0.0.1:{remote.port}"
        assert Engine(address, str(tmp_path)).identity() == engine.identity()
        with pytest.raises(EngineError):
            Engine(address).version()


def test_engine_whose_socket_is_mounted_into_our_container(quay: Quay) -> None:
    """Its loopback is not ours: the ports are on our network's gateway, and the containers are this run's alone."""
    mounted = {sys.base_prefix, sys.prefix, str(Path(juncture.__file__).parents[1])}
    mounts = [word for path in sorted(mounted) for word in ("--volume", f"{path}:{path}:ro")]
    socket = quay.engine.address.removeprefix("unix://")
    argv = ["docker", "run", "--rm", *mounts, "--volume", f"{socket}:/var/run/docker.sock", "--env", "PYTHONPATH"]
    argv += ["--env", "PYTHONDONTWRITEBYTECODE=1", "--user", "root", "--entrypoint", sys.executable]
    argv += ["juncture-test/app:1", "-c"]
    environ = {**quay.environ, "PYTHONPATH": quay.environ["PYTHONPATH"]}
    probe = subprocess.run([*argv, "import ssl"], env=environ, capture_output=True, text=True, check=False, timeout=60)
    if probe.returncode:
        pytest.skip(f"this Python does not run in the container: {probe.stderr}")
    done = subprocess.run([*argv, INSIDE], env=environ, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    apart, host, identity, left = json.loads(done.stdout)
    assert apart == "the engine of the container we are in: containers for this run only"
    assert host not in {"127.0.0.1", ""}
    assert left == []
    assert quay.engine.containers(f"juncture.home={identity}") == []


def _certificate(folder: Path, name: str, extension: str) -> None:
    """Make a key and a certificate, which the one named ``ca`` signs; that one signs itself."""
    days = ["-days", "2", "-subj", f"/CN={name}"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}-key.pem"]
    signed = [] if name == "ca" else ["-CA", "ca.pem", "-CAkey", "ca-key.pem"]
    extended = ["-addext", extension] if extension else []
    argv = ["openssl", "req", "-x509", *key, "-out", f"{name}.pem", *days, *signed, *extended]
    subprocess.run(argv, cwd=folder, check=True, capture_output=True)
