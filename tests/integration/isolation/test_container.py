"""Tests of ``juncture.isolation.container``: containers that use a worker's services, with a real engine."""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from built import moored

import juncture
from juncture.errors import ProviderError, StartError
from juncture.isolation.container import from_inside
from juncture.isolation.workspace import open_workspace, reserve_workspace
from juncture.model import Endpoint
from juncture.provisioning.choose import told
from juncture.provisioning.handover import CHOSEN
from juncture.reporting.services import service_lines
from juncture.services.postgres import connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from moorings import Moorings
    from tests.integration.conftest import Child, Declare

    from juncture.config import Config
    from juncture.host.engine import Engine

POSTGRES = {"kind": "postgres", "image": "juncture-test/postgres:15", "seed": ["a.sql"]}
APP = {"kind": "container", "image": "juncture-test/app:1", "ports": [8000]}

DOCKERFILE = """
FROM juncture-test/app:1
COPY reader.py /app/
COPY juncture /app/juncture
ENTRYPOINT ["python3", "-u", "/app/reader.py"]
"""

READER = """
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import unquote, urlsplit
from juncture.services.wire.postgres import PostgresConnection

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        url = urlsplit(os.environ["DATABASE_URL"])
        with PostgresConnection(
            url.hostname, url.port, user=url.username, password=unquote(url.password), database=url.path[1:]
        ) as connection:
            rows = connection.query("SELECT name FROM fruit ORDER BY 1")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(", ".join(name for (name,) in rows).encode())

print("reading", flush=True)
HTTPServer(("", 8000), Handler).serve_forever()
"""

OPEN = """
import json, os, sys
from pathlib import Path
from juncture.config import parse
from juncture.isolation.workspace import open_workspace
from juncture.services import schemas
table = json.loads(sys.argv[2])
config = parse(table, root=Path(sys.argv[1]), kinds=schemas(), project="shop", environ={}, overrides={})
with open_workspace(config, environ=dict(os.environ), worker="gw0") as workspace:
    print(json.dumps([server.key for server in workspace.servers.values()]), flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def moorings(engine: Engine, bare_home: Path) -> Iterator[Moorings]:
    """Return what the home has on the engine; it is gone afterwards."""
    with moored(engine, bare_home) as found:
        yield found


@pytest.fixture
def environ(moorings: Moorings, environment_of: Callable[[Path], dict[str, str]]) -> dict[str, str]:
    """Return the environment of a process that uses the home."""
    return environment_of(moorings.home)


@pytest.fixture
def reading(root: Path, declare: Declare) -> Config:
    """Return a declaration of a database and of an image that is built to read it."""
    (root / "a.sql").write_text("CREATE TABLE fruit (name text); INSERT INTO fruit VALUES ('apple');")
    folder = root / "reader"
    folder.mkdir()
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "reader.py").write_text(READER)
    wire = folder / "juncture" / "services" / "wire"
    shutil.copytree(Path(juncture.__file__).parent / "services" / "wire", wire)
    for package in (wire.parent, wire.parent.parent):
        (package / "__init__.py").touch()
    app = {"kind": "container", "build": "reader", "ports": [8000], "env": {"DATABASE_URL": "{db.url}"}, "ready": "/"}
    return declare({"app": app, "db": POSTGRES}, provider="docker")


def get(endpoint: Endpoint, path: str = "/") -> str:
    """Return what a container answers."""
    connection = HTTPConnection(endpoint.host, endpoint.port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def test_built_application_reads_its_workers_database(
    reading: Config, environ: dict[str, str], moorings: Moorings
) -> None:
    """Two workers each have an application that reaches their own database through the network, and ends with them."""
    with ExitStack() as stack:
        one, other = (
            stack.enter_context(open_workspace(reading, environ=environ, worker=worker)) for worker in ("gw0", "gw1")
        )
        assert one.endpoints["app"].port != other.endpoints["app"].port
        with connect(one.endpoints["db"]) as connection:
            connection.query("INSERT INTO fruit VALUES ('pear')")
        assert get(one.endpoints["app"]) == "apple, pear"
        assert get(other.endpoints["app"]) == "apple"
        applications = {f"juncture-{workspace.servers['app'].key}" for workspace in (one, other)}
        assert applications < set(moorings.containers)
    left = set(moorings.containers)
    assert not applications & left
    assert [name.rpartition("-")[0] for name in left] == ["juncture-postgres"]
    assert len(moorings.networks) == 1


def test_controller_prepares_images_and_what_is_shared(
    reading: Config, declare: Declare, environ: dict[str, str], moorings: Moorings
) -> None:
    """The image is built and the shared container started before the workers come; each has the private one."""
    config = declare({"mail": {**APP, "shared": True}}, provider="docker")
    with reserve_workspace(config, environ=environ, worker="main") as controller:
        controller.prepare()
        (line,) = service_lines(controller, controller=True)
        assert line.startswith("services   mail  app 1  docker  ready in ")
        environ = environ | {CHOSEN: told(controller.choices.items())}
        with ExitStack() as stack:
            workers = [
                stack.enter_context(open_workspace(config, environ=environ, worker=worker)) for worker in ("gw0", "gw1")
            ]
            assert {each.endpoints["mail"].url for each in workers} == {controller.endpoints["mail"].url}
            assert [each.servers["mail"].started for each in workers] == [False, False]
    with reserve_workspace(reading, environ=environ, worker="main", passive=True) as controller:
        controller.prepare()
        first, *_ = service_lines(controller, controller=True)
        assert first.startswith("services   app  shop-app ")
        assert first.endswith(" docker  one for each worker")
        assert len(moorings.containers) == 2


def test_controller_takes_no_container_from_its_workers(declare: Declare, environ: dict[str, str]) -> None:
    """The first worker has the same container with a controller as without one."""
    config = declare({"app": APP}, provider="docker")
    with open_workspace(config, environ=environ) as alone:
        found = alone.servers["app"].key
    with reserve_workspace(config, environ=environ, worker="main", passive=True) as controller:
        controller.prepare()
        with open_workspace(config, environ=environ, worker="gw0") as workspace:
            assert workspace.servers["app"].key == found
            assert not workspace.servers["app"].started


def test_own_address_is_the_one_inside(declare: Declare, environ: dict[str, str], engine: Engine) -> None:
    """A variable that names the container itself, or another one, leads there from inside; its command too."""
    config = declare(
        {
            "mail": APP,
            "app": {**APP, "env": {"SELF": "{url}", "MAIL": "{mail.host}/{mail.port_8000}"}, "command": "--at {port}"},
        },
        provider="docker",
        env={},
    )
    with open_workspace(config, environ=environ) as workspace:
        app, mail = workspace.endpoints["app"], workspace.endpoints["mail"]
        variables = json.loads(get(app, "/env"))
        assert app.inside is not None
        assert variables["SELF"] == f"http://{app.inside[0]}:8000"
        assert variables["MAIL"] == f"juncture-{workspace.servers['mail'].key}/8000"
        assert get(app, f"/reach/{variables['MAIL']}") == "reached\n"
        assert mail.url == f"http://127.0.0.1:{mail.port}"
        made = engine.container(app.inside[0])
        assert made is not None
        assert made["Args"][-2:] == ["--at", "8000"]


def test_embedded_server_is_out_of_reach(declare: Declare, environ: dict[str, str], moorings: Moorings) -> None:
    """A container that names a process of the host is refused before anything starts, with the next step."""
    app = {**APP, "env": {"PEER": "{peer.url}"}}
    config = declare({"app": app, "peer": {"kind": "http", "command": "python -m http.server"}}, provider="docker")
    with (
        reserve_workspace(config, environ=environ, worker="main") as workspace,
        pytest.raises(
            ProviderError, match=r"service app: .*can't reach peer, which does not: peer is a process at 127"
        ),
    ):
        workspace.prepare()
    assert moorings.containers == {}


@pytest.mark.parametrize(
    ("provider", "message"),
    [
        ("auto", r"service app: no Docker engine is at unix:///nowhere\n.*it can be nothing but a container"),
        ("docker", r"service app: no Docker engine is at unix:///nowhere\n.*it can be nothing but a container"),
        (
            "embedded",
            r"the service app is a container, and the provider 'embedded' has none\n.*JUNCTURE_PROVIDER=docker",
        ),
    ],
)
def test_without_an_engine_there_is_none(
    declare: Declare, bare_home: Path, environment_of: Callable[[Path], dict[str, str]], provider: str, message: str
) -> None:
    """There is no other form of a container: the error names the service and what to do."""
    environ = environment_of(bare_home) | {"DOCKER_HOST": "unix:///nowhere"}
    with pytest.raises(ProviderError, match=message):
        reserve_workspace(declare({"app": APP}, provider=provider), environ=environ, worker="main")


def test_container_that_ended_fails_the_next_test(declare: Declare, environ: dict[str, str], engine: Engine) -> None:
    """Between two tests it is only seen to run: a restart does no harm, an end is told with its exit code and log."""
    with open_workspace(declare({"app": APP}, provider="docker"), environ=environ) as workspace:
        name = f"juncture-{workspace.servers['app'].key}"
        workspace.reset("app")
        engine.ask("POST", f"/containers/{name}/restart?t=0", patience=30)
        workspace.reset("app")
        engine.ask("POST", f"/containers/{name}/kill")
        with pytest.raises(StartError, match=r"(?s)exit code 137.*\| listening on port 8000"):
            workspace.reset("app")


def test_container_is_kept_unless_it_names_services(
    declare: Declare, environ: dict[str, str], moorings: Moorings
) -> None:
    """A kept namespace is the same container each time; one that names services is started by runs alone."""
    config = declare({"mail": APP, "app": {**APP, "env": {"MAIL": "{mail.url}"}}}, provider="docker", env={})
    found = []
    for _ in range(2):
        with open_workspace(config, environ=environ, worker="dev", kept=True) as workspace:
            found.append((workspace.endpoints["mail"].url, workspace.endpoints["app"].url, set(workspace.servers)))
            lines = service_lines(workspace, controller=False)
    assert found[0] == found[1]
    assert found[0][2] == {"mail"}
    assert lines[1].endswith("docker  each run starts its own")
    assert len(moorings.containers) == 1


def test_killed_run_leaves_nothing_that_names_services(
    root: Path, child: Child, moorings: Moorings, until: Callable[..., None]
) -> None:
    """The keeper removes the container of a worker that was killed, and keeps what others can use."""
    services: dict[str, Any] = {"mail": APP, "app": {**APP, "env": {"MAIL": "{mail.url}"}}}
    table = {"services": services, "provider": "docker", "idle": "60s"}
    process = child(OPEN, root, json.dumps(table), home=moorings.home)
    assert process.stdout is not None
    keys = json.loads(process.stdout.readline())
    assert set(moorings.containers) == {f"juncture-{key}" for key in keys}
    process.kill()
    until(lambda: len(moorings.containers) == 1, within=30)
    assert next(iter(moorings.containers)).startswith("juncture-container-mail-")


def test_container_that_somebody_else_runs(declare: Declare, environ: dict[str, str]) -> None:
    """Where the environment says where it runs, as in a CI job, nothing is started; its other ports are as inside."""
    with open_workspace(declare({"app": APP}, provider="docker"), environ=environ) as runs:
        there = environ | {"JUNCTURE_APP_PORT": str(runs.endpoints["app"].port)}
        config = declare({"app": {**APP, "ports": [8000, 8001], "ready": "/"}}, provider="auto")
        with open_workspace(config, environ=there) as workspace:
            app = workspace.endpoints["app"]
            assert (app.provider, get(app)) == ("external", "ok\n")
            assert app.ports == ((8000, app.port), (8001, 8001))
            assert not workspace.servers["app"].started


def test_address_inside_is_needed() -> None:
    """What no container can reach has no address for one."""
    endpoint = Endpoint(
        service="db", kind="postgres", provider="embedded", product="postgres", version="", host="127.0.0.1", port=1
    )
    with pytest.raises(ValueError, match="db"):
        from_inside(endpoint)
