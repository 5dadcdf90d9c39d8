"""Tests of ``juncture.services.http`` with real processes, started for a workspace and for pytest."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import coverage
import pytest

from juncture.errors import StartError, UsageError
from juncture.isolation.development import shell_command
from juncture.isolation.workspace import Workspace, open_workspace, reserve_workspace
from juncture.providers import process
from juncture.providers.reservation import FileLog
from juncture.provisioning.survey import log_paths, status, stop
from juncture.reporting.services import service_lines
from juncture.sessions import _coverage
from juncture.sessions._arguments import Adopted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.integration.conftest import Child, Declare

    from juncture.config import Config
    from juncture.model import Endpoint

    Gone = Callable[[int], None]
    Serve = Callable[..., Config]

APPLICATION = """
import json, os, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
port, waits, busy = int(sys.argv[1]), float(os.environ.get("WAITS", 0)), float(os.environ.get("BUSY", 0))
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path
        status = 503 if path == "/health" and time.monotonic() < born + busy else 404 if path == "/none" else 200
        told = {"pid": os.getpid(), "environ": dict(os.environ), "folder": os.getcwd(), "argv": sys.argv[1:]}
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
print("this is the application", flush=True)
time.sleep(waits)
born = time.monotonic()
ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""

WORKER = """
import json, os, sys
from pathlib import Path
from juncture.config import parse
from juncture.isolation.workspace import open_workspace
from juncture.services import schemas
services = {"web": {"kind": "http", "command": "python app.py {port}"}}
config = parse({"services": services, "provider": "embedded"}, root=Path(sys.argv[1]), kinds=schemas(), project="shop")
with open_workspace(config, environ=dict(os.environ), worker="gw0") as workspace:
    print(json.dumps(workspace.endpoints["web"].url), flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def serve(declare: Declare, root: Path) -> Serve:
    """Return a function that declares the application as ``web``, with some options and more services."""
    (root / "app.py").write_text(APPLICATION)

    def declared(more: Mapping[str, Mapping[str, Any]] | None = None, **options: Any) -> Config:
        web = {"kind": "http", "command": "python app.py {port}", "ready": "/health"} | options
        return declare({"web": web, **(more or {})})

    return declared


@pytest.fixture
def workspace(serve: Serve, environ: dict[str, str]) -> Iterator[Workspace]:
    """Return a workspace with the application, ready."""
    with open_workspace(serve(), environ=environ) as opened:
        yield opened


@pytest.fixture
def gone(alive: Callable[[int], bool], until: Callable[..., None]) -> Gone:
    """Return a function that waits until a process is gone, and fails where it stays."""
    return lambda pid: until(lambda: not alive(pid))


def get(endpoint: Endpoint, path: str = "/") -> dict[str, Any]:
    """Return what an application says of itself."""
    with urlopen(f"{endpoint.url}{path}", timeout=5) as answer:  # noqa: S310 - our own server
        told: dict[str, Any] = json.load(answer)
        return told


def failure(config: Config, environ: dict[str, str]) -> tuple[StartError, float]:
    """Return the error that opening a workspace ends with, and the seconds that it took."""
    began = time.monotonic()
    with pytest.raises(StartError) as raised:
        open_workspace(config, environ=environ)
    return raised.value, time.monotonic() - began


def test_endpoint_leads_to_the_process(workspace: Workspace) -> None:
    """The URL, host and port are what the application listens on; the variables have it too."""
    web = workspace.endpoints["web"]
    assert (web.host, web.url, web.version) == ("127.0.0.1", f"http://127.0.0.1:{web.port}", "")
    told = get(web)
    assert told["argv"] == [str(web.port)]
    assert told["folder"] == str(workspace.config.root)
    assert told["environ"]["WEB_URL"] == workspace.environment["WEB_URL"] == web.url


def test_server_like_value_tells_what_runs(workspace: Workspace) -> None:
    """The journal and the report need the name, how long it took, and the log."""
    server = workspace.servers["web"]
    assert (server.endpoint.service, server.endpoint.product, server.started) == ("web", "http", True)
    assert 0 < server.seconds < 30
    assert "this is the application" in server.log.since(0, 10_000).decode()
    assert isinstance(server.log, FileLog)
    assert server.log.path.stat().st_mode & 0o777 == 0o600
    (line,) = service_lines(workspace, controller=False)
    assert line.startswith("services   web  http  process  ready in 0.")


def test_each_worker_has_its_own_with_its_own_services(serve: Serve, environ: dict[str, str], root: Path) -> None:
    """The application of a worker has the database of that worker, and what its own table says on top."""
    (root / "a.sql").write_text("SELECT 1")
    env = {"TITLE": "{{web}} on {port}", "CACHE": "{cache.host}:{cache.port}", "CACHE_URL": "mine"}
    more = {"db": {"kind": "postgres", "seed": ["a.sql"]}, "cache": {"kind": "redis"}}
    config = serve(more, env=env)
    with open_workspace(config, environ=environ) as first, open_workspace(config, environ=environ) as second:
        told = [get(each.endpoints["web"])["environ"] for each in (first, second)]
        for each, variables in zip((first, second), told, strict=True):
            assert variables["DB_URL"] == each.endpoints["db"].url
            assert variables["CACHE"] == f"127.0.0.1:{each.endpoints['cache'].port}"
            assert variables["TITLE"] == f"{{web}} on {each.endpoints['web'].port}"
            assert variables["CACHE_URL"] == "mine"
        assert told[0]["DB_URL"] != told[1]["DB_URL"]
        assert first.endpoints["web"].port != second.endpoints["web"].port


def test_start_does_not_wait_but_wait_does(serve: Serve, environ: dict[str, str], root: Path) -> None:
    """A slow application starts in the background; one that says 503 for a while is still starting."""
    (root / "slow.py").write_text(
        f"import os, time\nwhile not os.path.exists('go'): time.sleep(0.01)\n{APPLICATION}", encoding="utf-8"
    )
    config = serve(command="python slow.py {port}", env={"BUSY": "0.3"})
    with reserve_workspace(config, environ=environ, worker="main") as workspace:
        promised = dict(workspace.environment)
        workspace.start(promised=True)
        assert "starts" in service_lines(workspace, controller=False)[0]
        assert "web" not in workspace.servers
        threading.Timer(0.3, (root / "go").touch).start()
        workspace.wait()
        assert get(workspace.endpoints["web"], "/health")["pid"]
        assert workspace.environment == promised
        before = workspace.servers["web"]
        workspace.start(promised=True)
        workspace.wait()
        assert workspace.servers["web"] is before


def test_answer_on_purpose_is_an_answer(serve: Serve, environ: dict[str, str]) -> None:
    """An application without a page at the path that is asked is ready all the same."""
    with open_workspace(serve(ready="/none"), environ=environ) as workspace:
        assert get(workspace.endpoints["web"])["pid"]


def test_early_exit_is_told_at_once_with_the_end_of_the_log(serve: Serve, environ: dict[str, str], root: Path) -> None:
    """Nobody waits for a process that has ended."""
    (root / "app.py").write_text("print('\\n'.join(map(str, range(99))))\nraise SystemExit('no such table: orders')")
    error, seconds = failure(serve_again(serve, root), environ)
    assert seconds < 10
    assert error.where == "service web: python app.py {port}"
    first, *rest = error.what.splitlines()
    assert first == "the process ended with exit code 1"
    assert rest[-1] == "  | no such table: orders"
    assert len(rest) == 12
    assert error.hint.startswith("its whole log is ")


def serve_again(serve: Serve, root: Path, **options: Any) -> Config:
    """Return the declaration, with the application that was there before."""
    text = (root / "app.py").read_text()
    config = serve(**options)
    (root / "app.py").write_text(text)
    return config


def test_process_that_is_killed_at_its_start_is_told(serve: Serve, environ: dict[str, str]) -> None:
    """The signal has its name."""
    error, _ = failure(serve(command="sh -c 'kill -9 $$'"), environ)
    assert error.what == "the process was killed by SIGKILL"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("python -c 'import time; time.sleep(60)'", "refused"),
        (
            "python -c 'import socket, time; s = socket.create_server((\"{host}\", {port})); time.sleep(60)'",
            "timed out",
        ),
        ("python app.py {port}", "GET /health was answered with 503"),
    ],
    ids=["silent", "mute", "busy"],
)
def test_port_that_never_answers_is_told_after_the_timeout(
    serve: Serve, environ: dict[str, str], command: str, reason: str
) -> None:
    """The error says what was asked, how long, and how the last answer failed; nothing runs on."""
    config = serve(command=command, timeout=1, env={"BUSY": "60"})
    error, seconds = failure(config, environ)
    assert 1.0 <= seconds < 6
    assert error.what.startswith("no answer below 500 to GET /health within 1 s (")
    assert reason in error.what


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"command": "no-such-program {port}"}, "there is no program no-such-program"),
        ({"command": "./no-such-script"}, "there is no program ./no-such-script"),
        ({"cwd": "nowhere"}, "there is no folder nowhere"),
    ],
)
def test_command_that_can_not_be_started_is_told(
    serve: Serve, environ: dict[str, str], options: dict[str, str], what: str
) -> None:
    """Before anything is started."""
    error, _ = failure(serve(**options), environ)
    assert error.what == what


def test_command_is_split_before_it_is_read_as_words(serve: Serve, environ: dict[str, str], root: Path) -> None:
    """Quotes hold words together, and a script beside the project is found from its folder."""
    (root / "inner").mkdir()
    (root / "inner" / "run").write_text('#!/bin/sh\nexec python ../app.py "$@"\n')
    (root / "inner" / "run").chmod(0o755)
    config = serve(command="./run {port} 'two words' \"{web.url}/x\"", cwd="inner")
    with open_workspace(config, environ=environ) as workspace:
        web = workspace.endpoints["web"]
        told = get(web)
        assert told["argv"] == [str(web.port), "two words", f"{web.url}/x"]
        assert told["folder"] == str(root / "inner")


def test_python_is_the_one_of_the_tests(workspace: Workspace) -> None:
    """`python` in a command means the environment that the project is installed in."""
    folder = get(workspace.endpoints["web"])["environ"]["PATH"].split(os.pathsep)[0]
    assert folder == str(Path(sys.executable).parent)


def test_release_ends_the_process_and_what_it_started(
    serve: Serve, environ: dict[str, str], root: Path, gone: Gone
) -> None:
    """It is asked first, so that it can save what it has; its children go too."""
    (root / "parent.py").write_text(
        "import pathlib, signal, subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, 'app.py', sys.argv[1]])\n"
        "def end(*_):\n    pathlib.Path('asked').write_text(str(child.pid))\n    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\nsignal.pause()\n"
    )
    with open_workspace(serve(command="python parent.py {port}"), environ=environ) as workspace:
        served = get(workspace.endpoints["web"])["pid"]
    assert (root / "asked").read_text() == str(served)
    gone(served)


def test_process_that_does_not_listen_to_reason_is_killed(
    serve: Serve, environ: dict[str, str], root: Path, alive: Callable[[int], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is waited for, but not for ever, and not longer for two than for one."""
    monkeypatch.setattr(process, "STOP_GRACE", 1.0)
    stubborn = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + APPLICATION
    web = serve()
    (root / "app.py").write_text(stubborn)
    config = serve_again(serve, root, more={"other": {"kind": "http", "command": "python app.py {port}"}})
    assert web.services
    with open_workspace(config, environ=environ) as workspace:
        pids = [get(endpoint)["pid"] for endpoint in workspace.endpoints.values()]
        began = time.monotonic()
    assert 1.0 <= time.monotonic() - began < 1.9
    assert [alive(pid) for pid in pids] == [False, False]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_killed_worker_takes_its_process_along(
    serve: Serve, root: Path, child: Child, shared_home: Path, gone: Gone
) -> None:
    """After SIGKILL nobody is there to end it; the next worker finds the port free."""
    serve()
    worker = child(WORKER, root, home=shared_home)
    assert worker.stdout is not None
    url = json.loads(worker.stdout.readline())
    with urlopen(url, timeout=5) as answer:  # noqa: S310 - our own server
        pid = json.load(answer)["pid"]
    worker.kill()
    gone(pid)
    again = child(WORKER, root, home=shared_home)
    assert again.stdout is not None
    assert json.loads(again.stdout.readline()) == url


def test_workers_that_start_at_once_do_not_wait_for_each_other(
    serve: Serve, root: Path, child: Child, environ: dict[str, str]
) -> None:
    """Applications that answer only when all four are there do answer: each was started, on a port of its own."""
    serve()
    crowd = "import pathlib, sys, time\npathlib.Path(f'here-{sys.argv[1]}').touch()\n"
    crowd += "while len(list(pathlib.Path().glob('here-*'))) < 4: time.sleep(0.01)\n"
    (root / "app.py").write_text(crowd + APPLICATION)
    workers = [child(WORKER, root, home=Path(environ["JUNCTURE_HOME"])) for _ in range(4)]
    urls = {json.loads(worker.stdout.readline()) for worker in workers if worker.stdout}
    assert len(urls) == 4


def test_process_that_dies_between_tests_is_told_with_its_log(workspace: Workspace, gone: Gone) -> None:
    """The next test does not fail with a refused connection."""
    workspace.reset("web")
    pid = get(workspace.endpoints["web"])["pid"]
    os.kill(pid, signal.SIGKILL)
    gone(pid)
    with pytest.raises(StartError, match=r"the process was killed by SIGKILL\n  \| this is the application"):
        workspace.reset("web")


def test_process_starts_after_those_that_it_refers_to(serve: Serve, environ: dict[str, str], root: Path) -> None:
    """One that asks its neighbour when it starts gets an answer; the order in the file does not matter."""
    (root / "eager.py").write_text(
        f"import os, urllib.request\nurllib.request.urlopen(os.environ['NEXT'], timeout=1).read()\n{APPLICATION}"
    )
    eager = {"kind": "http", "command": "python eager.py {port}", "env": {"NEXT": "{web.url}"}}
    more = {"cache": {"kind": "redis"}}
    config = serve(more | {"eager": eager, "last": {**eager, "env": {"NEXT": "{eager.url}"}}}, env={"WAITS": "0.5"})
    backwards = replace(config, services=tuple(reversed(config.services)))
    with open_workspace(backwards, environ=environ) as workspace:
        assert get(workspace.endpoints["last"])["environ"]["NEXT"] == workspace.endpoints["eager"].url


def test_port_that_a_stranger_took_is_told(
    serve: Serve, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others know the address already: what answers there must be ours."""
    monkeypatch.setattr(process, "PORT_FREE_WITHIN", 0.1)
    with reserve_workspace(serve(), environ=environ, worker="main") as workspace:
        port = workspace.endpoints["web"].port
        with socket.create_server(("127.0.0.1", port)), pytest.raises(StartError, match=f"listens on its port {port}"):
            workspace.start(promised=True)


def test_reserved_port_is_another_one_where_a_stranger_listens(serve: Serve, environ: dict[str, str]) -> None:
    """A port that was remembered from the last run may be somebody else's by now."""
    with reserve_workspace(serve(), environ=environ, worker="main") as first:
        port = first.endpoints["web"].port
    with socket.create_server(("127.0.0.1", port)), open_workspace(serve(), environ=environ) as second:
        assert second.endpoints["web"].port != port
        assert get(second.endpoints["web"])["pid"]


def test_half_start_ends_the_processes(serve: Serve, environ: dict[str, str], root: Path, gone: Gone) -> None:
    """Where one of two fails, the other one does not stay behind."""
    (root / "told.py").write_text(
        f"import os, pathlib\npathlib.Path('pid').write_text(str(os.getpid()))\n{APPLICATION}"
    )
    broken = {"kind": "http", "command": "python -c 'import sys, time; time.sleep(1); sys.exit(3)'"}
    error, _ = failure(serve({"broken": broken}, command="python told.py {port}"), environ)
    assert "exit code 3" in error.what
    gone(int((root / "pid").read_text()))


def test_kept_workspace_starts_none_but_keeps_the_address(serve: Serve, environ: dict[str, str]) -> None:
    """What outlives its command can't have a child; the address for it stays the same."""
    urls = set()
    for _ in range(2):
        with open_workspace(serve(), environ=environ, worker="dev", kept=True) as workspace:
            urls.add(workspace.environment["WEB_URL"])
            assert workspace.servers == {}
            port = workspace.endpoints["web"].port
            (line,) = service_lines(workspace, controller=False)
            assert line.endswith(f"each run starts its own; by hand: port {port}")
    assert len(urls) == 1


def test_streams_that_the_process_made_at_its_start_stay(serve: Serve, environ: dict[str, str], root: Path) -> None:
    """Emptying the messages between tests must not pull the stream from under the application."""
    (root / "streams.py").write_text(
        "import asyncio, nats, os\n"
        "async def make():\n"
        "    client = await nats.connect(os.environ['EVENTS_URL'])\n"
        "    await client.jetstream().add_stream(name='orders', subjects=['orders'])\n"
        "    await client.close()\n"
        f"asyncio.run(make())\n{APPLICATION}"
    )
    config = serve({"events": {"kind": "nats"}}, command="python streams.py {port}")
    with open_workspace(config, environ=environ) as workspace:
        from juncture.services.nats import connect, standing  # noqa: PLC0415 - for this test alone

        events = workspace.endpoints["events"]
        with connect(events) as connection:
            connection.request("orders", b"message")
            connection.request("$JS.API.STREAM.CREATE.mine", b'{"name": "mine", "subjects": ["mine"]}')
            assert set(standing(events)) == {"orders", "mine"}
            workspace.reset("events")
            assert set(standing(events)) == {"orders"}
            assert json.loads(connection.request("$JS.API.STREAM.INFO.orders"))["state"]["messages"] == 0


def test_survey_shows_the_processes_of_runs(serve: Serve, environ: dict[str, str]) -> None:
    """A run's process has a row while it lives, and its log afterwards; there is nothing to stop."""
    config = serve()
    with open_workspace(config, environ=environ) as workspace:
        (row,) = status(config, environ=environ)
        assert (row.service, row.provider, row.state, row.leases) == ("web", "process", "running", 1)
        assert row.address == f"127.0.0.1:{workspace.endpoints['web'].port}"
        assert stop(config, environ=environ) == []
        assert get(workspace.endpoints["web"])["pid"]
    (row,) = status(config, environ=environ)
    assert (row.state, row.address, row.leases) == ("stopped", "", 0)
    (log,) = log_paths(config, environ=environ)["web"]
    assert "this is the application" in log.read_text()


def test_process_has_no_client_to_open(workspace: Workspace) -> None:
    """A shell on a process is a mistake, not a traceback."""
    with pytest.raises(UsageError, match="it has no client to open"):
        shell_command(workspace, "web")


PYPROJECT = """
[project]
name = "small"
version = "1"
[tool.juncture]
idle = "30s"
[tool.juncture.services.cache]
kind = "redis"
[tool.juncture.services.web]
kind = "http"
command = "python app.py {port}"
ready = "/health"
[tool.juncture.env]
REDIS_URL = "{cache.url}"
WEB_URL = "{web.url}"
"""

TEST = """
import json, os, pytest
from urllib.request import urlopen
@pytest.mark.parametrize("number", range(4))
def test_own(number, services):
    with urlopen(os.environ["WEB_URL"]) as answer:
        told = json.load(answer)
    assert told["environ"]["REDIS_URL"] == services["cache"].url == os.environ["REDIS_URL"]
    open(f"pid-{told['pid']}", "w").close()
"""


@pytest.fixture
def project(pytester: pytest.Pytester, shared_home: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Return a pytester in a project with the application and a Redis."""
    for name in [name for name in os.environ if name.startswith(("JUNCTURE", "COVERAGE"))]:
        monkeypatch.delenv(name)
    for name in ("CI", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JUNCTURE_HOME", str(shared_home))
    monkeypatch.setenv("JUNCTURE_PROVIDER", "embedded")
    pytester.makefile(".toml", pyproject=PYPROJECT)
    (pytester.path / "app.py").write_text(APPLICATION)
    (pytester.path / "tests" / "integration").mkdir(parents=True)
    (pytester.path / "tests" / "integration" / "test_it.py").write_text(TEST)
    return pytester


@pytest.mark.parametrize("workers", [0, 2])
def test_pytest_gives_each_worker_its_application(project: pytest.Pytester, workers: int, gone: Gone) -> None:
    """The application runs for as long as the tests do, and the services' lines name it."""
    result = project.runpytest_subprocess("-n", str(workers))
    result.assert_outcomes(passed=4)
    result.stdout.re_match_lines([r" +web +http +process +(starts|one for each worker)"])
    pids = [int(path.name.removeprefix("pid-")) for path in project.path.glob("pid-*")]
    assert len(pids) == max(workers, 1)
    for pid in pids:
        gone(pid)


def test_pytest_tells_each_test_why_its_application_is_not_there(project: pytest.Pytester) -> None:
    """The end of the log is in the report of each integration test; the other tests run."""
    (project.path / "app.py").write_text("raise SystemExit('no such table: orders')")
    (project.path / "tests" / "test_unit.py").write_text("def test_sum(): assert 1 + 1 == 2")
    result = project.runpytest_subprocess()
    result.assert_outcomes(passed=1, errors=4)
    result.stdout.fnmatch_lines(["*juncture: service web: python app.py {port}: the process ended with exit code 1*"])
    result.stdout.fnmatch_lines(["*| no such table: orders*"])


def test_application_of_a_unit_run_is_not_started(project: pytest.Pytester) -> None:
    """Nobody waits for what nobody needs."""
    (project.path / "app.py").write_text("import pathlib\npathlib.Path('started').touch()")
    (project.path / "tests" / "test_unit.py").write_text("def test_sum(): assert 1 + 1 == 2")
    project.runpytest_subprocess("tests/test_unit.py").assert_outcomes(passed=1)
    assert not (project.path / "started").exists()


def test_application_is_measured(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it runs while the tests do counts, and is saved when it is told to end."""
    text = _coverage.rcfile({}, Adopted(), context="integration", tests=("tests/integration",))
    (project.path / "coverage.ini").write_text(text)
    monkeypatch.setenv("JUNCTURE_COVERAGE", str(project.path / "coverage.ini"))
    monkeypatch.setenv("JUNCTURE_COVERAGE_DATA", str(project.path / "data"))
    project.runpytest_subprocess("-n", "2").assert_outcomes(passed=4)
    answering = 1 + next(at for at, line in enumerate(APPLICATION.splitlines()) if "self.send_response" in line)
    measured = []
    for path in project.path.glob("data.*"):
        data = coverage.CoverageData(basename=str(path))
        data.read()
        measured += [answering in (data.lines(name) or []) for name in data.measured_files() if name == "app.py"]
    assert measured.count(True) == 2
