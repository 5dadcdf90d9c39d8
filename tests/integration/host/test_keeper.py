"""Tests of ``juncture.host.keeper`` with a real keeper; what it parents is ``sleep``."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from juncture.errors import StartError
from juncture.host import folders, keeper, leases
from juncture.host.engine import Engine
from juncture.host.keeper_process import LINGER

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.conftest import Child
    from tests.integration.host.conftest import Make

    Until = Callable[..., None]
    Alive = Callable[[int], bool]
    KeeperPid = Callable[[Path], int | None]

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")

START = """
import json, os, signal, sys
from pathlib import Path
from juncture.host import folders, keeper
home = Path(os.environ["JUNCTURE_HOME"])
launch = keeper.Launch(
    key="server", argv=("/bin/sleep", "600"), env={}, folder="/", log=str(home / "log"),
    lease=str(folders.lease_path(home, "server-server")), port=1, idle=60.0,
    stop_signal=signal.SIGTERM, crash_signal=signal.SIGKILL,
)
sys.stdin.readline()
running = keeper.start(home, launch)
print(json.dumps([running.pid, keeper._ask(home, {"do": "list"}, spawn=False)["pid"]]))
"""


def test_server_runs_and_is_told_of(bare_home: Path, make: Make, alive: Alive) -> None:
    """The server that was started is listed, with its process, port and age."""
    began = time.monotonic()
    started = keeper.start(bare_home, make(port=7))
    assert alive(started.pid)
    assert keeper.state(bare_home, "server", 60.0) is not None
    (listed,) = keeper.running(bare_home)
    assert (listed.key, listed.pid, listed.port) == ("server", started.pid, 7)
    assert 0 <= listed.age <= time.monotonic() - began


def test_server_that_runs_is_not_started_again(bare_home: Path, make: Make) -> None:
    """The second start of a key returns the first one's server, whatever it asks for."""
    first = keeper.start(bare_home, make(port=7))
    assert keeper.start(bare_home, make(port=8)).pid == first.pid
    assert [server.port for server in keeper.running(bare_home)] == [7]


def test_no_keeper_is_started_by_looking(bare_home: Path, keeper_pid: KeeperPid) -> None:
    """Where nothing runs, questions are answered without a process."""
    assert keeper.state(bare_home, "server", 60.0) is None
    assert keeper.running(bare_home) == []
    assert keeper.stop(bare_home, "server")
    assert keeper_pid(bare_home) is None


def test_twenty_processes_start_one_server_and_one_keeper(
    bare_home: Path, child: Child, answers: Callable[[list[subprocess.Popen[str]]], list[Any]]
) -> None:
    """All that ask at once are given the same process, by the same keeper."""
    processes = [child(START, home=bare_home) for _ in range(20)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert len({tuple(answer) for answer in answers(processes)}) == 1


@on_linux
def test_killed_keeper_takes_its_servers_with_it(
    bare_home: Path, make: Make, alive: Alive, until: Until, keeper_pid: KeeperPid
) -> None:
    """After SIGKILL nothing is orphaned, and the next start works at once."""
    for _ in range(5):
        started = keeper.start(bare_home, make())
        pid = keeper_pid(bare_home)
        assert pid
        os.kill(pid, signal.SIGKILL)
        until(lambda server=started.pid: not alive(server))
        assert keeper.running(bare_home) == []
        assert keeper.start(bare_home, make()).pid != started.pid


def test_idle_server_stops_and_then_the_keeper(
    bare_home: Path, make: Make, alive: Alive, until: Until, keeper_pid: KeeperPid
) -> None:
    """What nobody uses goes after its idle time; the keeper goes a little later, with its socket and its lock."""
    started = keeper.start(bare_home, make(idle=0.2))
    pid = keeper_pid(bare_home)
    assert pid
    until(lambda: not alive(started.pid), within=5)
    assert alive(pid)
    until(lambda: not alive(pid), within=LINGER + 5)
    assert not (folders.short_folder(bare_home) / "keeper-2.sock").exists()
    leases.hold(folders.lease_path(bare_home, "keeper-2"), exclusive=True, timeout=0, purpose="look").release()


def test_lease_keeps_an_idle_server(bare_home: Path, make: Make, alive: Alive, until: Until) -> None:
    """A server in use stays, however long its user is silent; its idle time begins with the release."""
    launch = make(idle=0.1)
    with leases.hold(Path(launch.lease), exclusive=False, timeout=1, purpose="use it"):
        started = keeper.start(bare_home, launch)
        until(lambda: keeper.running(bare_home)[0].age > 0.6)
        assert not keeper.stop(bare_home, "server")
        assert alive(started.pid)
    until(lambda: not alive(started.pid), within=5)


def test_server_that_nobody_uses_can_be_stopped(bare_home: Path, make: Make, alive: Alive) -> None:
    """A stop is done when it is answered."""
    started = keeper.start(bare_home, make())
    assert keeper.stop(bare_home, "server")
    assert not alive(started.pid)
    assert keeper.state(bare_home, "server", 60.0) == -signal.SIGTERM


def test_container_that_the_keeper_can_not_remove_is_not_stopped(
    bare_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keeper_pid: KeeperPid
) -> None:
    """The keeper's environment went away: who asks is told no, the reason is in the log, and servers live on."""
    gone = tmp_path / "python"
    gone.symlink_to(Path(sys.executable).resolve())
    monkeypatch.setattr(sys, "executable", str(gone))
    keeper.watch(
        bare_home, keeper.Watch(key="box", engine=Engine("unix:///no"), name="box", home_id="x", port=1, idle=60.0)
    )
    pid = keeper_pid(bare_home)
    gone.unlink()
    assert not keeper.stop(bare_home, "box")
    assert keeper_pid(bare_home) == pid
    assert "the container box could not be removed" in (bare_home / "logs" / "keeper.log").read_text()


def test_killed_server_is_noticed_and_started_again(bare_home: Path, make: Make, alive: Alive, until: Until) -> None:
    """Its exit code is told until the next start, which gives a new process."""
    first = keeper.start(bare_home, make())
    os.kill(first.pid, signal.SIGKILL)
    until(lambda: keeper.state(bare_home, "server", 60.0) == -signal.SIGKILL)
    second = keeper.start(bare_home, make())
    assert second.pid != first.pid
    assert alive(second.pid)


def test_program_that_is_not_there_is_told(bare_home: Path, make: Make) -> None:
    """The error names the program and the reason, and the keeper goes on."""
    with pytest.raises(StartError, match="could not start /nowhere/server: FileNotFoundError") as raised:
        keeper.start(bare_home, make(argv=("/nowhere/server",)))
    assert raised.value.hint == f"its log is {bare_home / 'logs' / 'keeper.log'}"
    assert keeper.start(bare_home, make()).port == 1


def test_program_that_ends_at_once_has_an_exit_code(bare_home: Path, make: Make, until: Until) -> None:
    """Its words are in its log."""
    keeper.start(bare_home, make(script="echo full; exit 9"))
    until(lambda: keeper.state(bare_home, "server", 60.0) == 9)
    assert (bare_home / "logs" / "server.log").read_text() == "full\n"


@pytest.mark.parametrize("sent", [b"", b"\n", b"nonsense\n", b"[]\n", b"null\n", b'{"do": "dance"}\n', b'{"do": []}\n'])
def test_nonsense_does_not_end_the_keeper(bare_home: Path, make: Make, alive: Alive, sent: bytes) -> None:
    """A client that was killed in the middle of its request, or speaks another language, harms no server."""
    started = keeper.start(bare_home, make())
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(folders.short_folder(bare_home) / "keeper-2.sock"))
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(4096)
    assert [server.pid for server in keeper.running(bare_home)] == [started.pid]
    assert alive(started.pid)


def test_keeper_keeps_nothing_of_its_starter_open(bare_home: Path, tmp_path: Path) -> None:
    """``command | cat`` ends, and a lock that a shell holds on descriptor 9 is free again, while the server runs."""
    script = 'exec 9>"$2"; "$0" -c "$1" | cat'
    argv = ["/bin/sh", "-c", script, sys.executable, START, str(tmp_path / "lock")]
    environ = os.environ | {"JUNCTURE_HOME": str(bare_home), "PYTHONPATH": str(Path(keeper.__file__).parents[2])}
    done = subprocess.run(argv, env=environ, input="go\n", capture_output=True, text=True, timeout=20, check=True)
    pid = json.loads(done.stdout)[0]
    assert [server.pid for server in keeper.running(bare_home)] == [pid]
    if sys.platform == "linux":
        keeper_id = json.loads(done.stdout)[1]
        for process in (pid, keeper_id):
            assert tmp_path / "lock" not in [path.readlink() for path in Path(f"/proc/{process}/fd").iterdir()]


def test_server_can_be_stopped_although_its_starter_blocked_signals(bare_home: Path, make: Make) -> None:
    """A signal mask is inherited; with SIGTERM blocked the server would have to be killed."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        keeper.start(bare_home, make())
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert keeper.stop(bare_home, "server")
    assert keeper.state(bare_home, "server", 60.0) == -signal.SIGTERM


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_server_runs_as_the_user_it_is_dropped_to(bare_home: Path, make: Make, until: Until, alive: Alive) -> None:
    """It has neither root's groups nor any way back, and still dies with its keeper."""
    started = keeper.start(bare_home, make(user=65534, group=65534))
    status = Path(f"/proc/{started.pid}/status").read_text().splitlines()
    found = {line.split(":")[0]: line.split()[1:] for line in status if line.startswith(("Uid", "Gid", "Groups"))}
    assert found == {"Uid": ["65534"] * 4, "Gid": ["65534"] * 4, "Groups": []}
    os.kill(json.loads(_raw(bare_home, {"do": "list"}))["pid"], signal.SIGKILL)
    until(lambda: not alive(started.pid))


def test_servers_end_where_the_home_is_removed(bare_home: Path, make: Make, alive: Alive, until: Until) -> None:
    """A keeper that nobody can find any more takes its servers with it."""
    started = keeper.start(bare_home, make(script="trap 'kill $!; exit 0' TERM; sleep 600 & wait", idle=5.0))
    pid = json.loads(_raw(bare_home, {"do": "list"}))["pid"]
    shutil.rmtree(bare_home)
    until(lambda: not alive(pid), within=10)
    until(lambda: not alive(started.pid))


def test_terminated_keeper_stops_its_servers_politely(bare_home: Path, make: Make, until: Until) -> None:
    """SIGTERM gives each server its own stop signal."""
    told = bare_home / "told"
    script = f"trap 'echo stopped > {told}; exit 0' TERM; echo ready > {told}; while :; do sleep 0.01; done"
    keeper.start(bare_home, make(script=script))
    until(told.exists)
    os.kill(json.loads(_raw(bare_home, {"do": "list"}))["pid"], signal.SIGTERM)
    until(lambda: told.read_text() == "stopped\n")


def test_servers_end_together_with_their_keeper(
    bare_home: Path, make: Make, tmp_path: Path, until: Until, keeper_pid: KeeperPid
) -> None:
    """Many that take their time are not waited for one after the other, and each is asked once."""
    notes = [tmp_path / str(number) for number in range(4)]
    for note in notes:
        script = f"trap 'echo asked >>{note}; sleep 2; exit' TERM; touch {note}; while :; do sleep 0.01; done"
        keeper.start(bare_home, make(note.name, script=script))
        until(note.exists)
    pid = keeper_pid(bare_home)
    assert pid
    began = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    leases.hold(folders.lease_path(bare_home, "keeper-2"), exclusive=True, timeout=20, purpose="see it end").release()
    assert 2 <= time.monotonic() - began < 6
    assert [note.read_text() for note in notes] == ["asked\n"] * 4


def test_long_home_works(bare_home: Path, make: Make) -> None:
    """A home whose path is too long for a socket has a keeper all the same."""
    home = bare_home / ("long" * 30)
    launch = make(lease=str(folders.lease_path(home, "server-server")), idle=0.0)
    try:
        assert keeper.start(home, launch).port == 1
    finally:
        os.kill(json.loads(_raw(home, {"do": "list"}))["pid"], signal.SIGTERM)
        leases.hold(folders.lease_path(home, "keeper-2"), exclusive=True, timeout=10, purpose="see it end").release()
        folders.short_folder(home).rmdir()


def _raw(home: Path, request: dict[str, Any]) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(folders.short_folder(home) / "keeper-2.sock"))
        connection.sendall(json.dumps(request).encode() + b"\n")
        return connection.recv(65536)
