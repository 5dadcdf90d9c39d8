"""Tests of ``juncture.services.http`` with real processes: what they are given, what is seen of them, how they end."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from application import APPLICATION, WORKER, get, serve_again

from juncture.errors import StartError, UsageError
from juncture.isolation.development import shell_command
from juncture.isolation.workspace import Workspace, open_workspace
from juncture.providers import process
from juncture.providers.reservation import FileLog
from juncture.provisioning.survey import log_paths, status, stop
from juncture.reporting.services import service_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.conftest import Child
    from tests.integration.services.conftest import Gone, Serve


@pytest.fixture
def workspace(serve: Serve, environ: dict[str, str]) -> Iterator[Workspace]:
    """Return a workspace with the application, ready."""
    with open_workspace(serve(), environ=environ) as opened:
        yield opened


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


def test_process_that_dies_between_tests_is_told_with_its_log(workspace: Workspace, gone: Gone) -> None:
    """The next test does not fail with a refused connection."""
    workspace.reset("web")
    pid = get(workspace.endpoints["web"])["pid"]
    os.kill(pid, signal.SIGKILL)
    gone(pid)
    with pytest.raises(StartError, match=r"the process was killed by SIGKILL\n  \| this is the application"):
        workspace.reset("web")


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
