"""Tests of ``juncture.services.http`` as its processes start: when they are ready, and what is told where they fail."""

from __future__ import annotations

import json
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from application import APPLICATION, WORKER, get, serve_again

from juncture.errors import StartError, StateError
from juncture.isolation.process import ProcessNamespace
from juncture.isolation.workspace import open_workspace, reserve_workspace
from juncture.providers import process
from juncture.reporting.services import service_lines

if TYPE_CHECKING:
    from tests.integration.conftest import Child
    from tests.integration.services.conftest import Gone, Serve

    from juncture.config import Config


def failure(config: Config, environ: dict[str, str]) -> tuple[StartError, float]:
    """Return the error that opening a workspace ends with, and the seconds that it took."""
    began = time.monotonic()
    with pytest.raises(StartError) as raised:
        open_workspace(config, environ=environ)
    return raised.value, time.monotonic() - began


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


def test_process_that_can_not_be_started_after_its_neighbour_is_told(serve: Serve, environ: dict[str, str]) -> None:
    """It starts when its neighbour answers: what the system refuses then is an error of its service."""
    eager = {"kind": "http", "command": "python app.py {port}", "env": {"NEXT": "{web.url}"}}
    with reserve_workspace(serve({"eager": eager}), environ=environ, worker="main") as workspace:
        workspace.start(promised=True)
        namespace = workspace.namespaces["eager"]
        assert isinstance(namespace, ProcessNamespace)
        log = process.log_of(namespace._reservation)
        log.unlink(missing_ok=True)
        log.mkdir()
        with pytest.raises(StateError, match=r"service eager: it could not be started.*Is a directory"):
            workspace.wait()
        log.rmdir()


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
