"""What holds for every kind of the catalogue, whoever provides it: each test is one column of the table at the end."""

from __future__ import annotations

import json
import signal
import socket
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from programs import needs
from subjects import WORKERS, Subject, applying

from juncture.errors import JunctureError
from juncture.model import Endpoint
from juncture.services import kind
from juncture.services.kinds import NotReadyError
from juncture.testing import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.integration.conformance.conftest import Stand
    from tests.integration.conftest import Child

OPEN = """
import json, os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[4])
import subjects
from juncture.config import parse
from juncture.isolation.workspace import open_workspace
from juncture.services import schemas
table, root = json.loads(sys.argv[1]), Path(sys.argv[2])
config = parse(table, root=root, kinds=schemas(), project=sys.argv[3], environ={}, overrides={})
workspace = open_workspace(config, environ=dict(os.environ), worker="gw0")
(subject,) = (each for each in subjects.SUBJECTS if str(each) == sys.argv[5])
subject.client.put(workspace.endpoints["it"], "left")
print(json.dumps({name: getattr(workspace.endpoints["it"], name) for name in sys.argv[6:]}), flush=True)
sys.stdin.read()
"""

PLACE = (
    "service",
    "kind",
    "provider",
    "product",
    "version",
    "host",
    "port",
    "user",
    "password",
    "database",
    "url",
    "shared",
    "ports",
)

SILENCE = 0.5
"""Seconds without a word after which a test need not wait for one any more."""

LONG = frozenset({"crowd", "names", "orphans", "url"})
"""The checks that only `nox -s soak` runs, and whoever names this folder."""

GARBAGE = b"SSH-2.0-OpenSSH_9.2\r\n"


def on(check: str) -> pytest.MarkDecorator:
    """Run a test for each subject that it applies to; those of one subject on one worker, which has its server."""
    marks = (pytest.mark.long,) if check in LONG else ()
    params = [
        pytest.param(each, id=str(each), marks=(pytest.mark.xdist_group(str(each)), needs(*each.programs), *marks))
        for each in applying(check)
    ]
    return pytest.mark.parametrize("subject", params)


@on("starts")
def test_starts(stand: Stand, subject: Subject) -> None:
    """It answers as soon as the workspace is open, in the version that it says it has, and twice the same."""
    with stand.open() as workspace:
        end = stand.end(workspace)
        stand.put(workspace, "first")
        assert stand.words(workspace) == {"first"}
        if "probe" not in subject.without:
            assert kind(subject.kind).probe(end) == (end.product, end.version)


@on("url")
def test_url(stand: Stand) -> None:
    """The usual client reads the URL: it leads to the namespace, with its user and password."""
    with stand.open() as workspace:
        end = stand.end(workspace)
        assert str(end.port) in end.url
        assert end.password in end.url or "password" not in kind(end.kind).attributes
        bare = replace(end, host="", port=0, user="", password="", database="")
        stand.subject.client.put(bare, "by_url")
        assert stand.words(workspace) == {"by_url"}


@on("probe")
def test_probe(stand: Stand, subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """What only listens, hangs up, says something else, or says nothing, is not taken for a server."""
    with stand.open() as workspace:
        end = stand.end(workspace)
    patient = socket.create_connection

    def connect(address: tuple[str, int], timeout: float = SILENCE, *more: Any) -> socket.socket:
        return patient(address, min(timeout, SILENCE), *more)

    monkeypatch.setattr(socket, "create_connection", connect)  # a probe waits 5 s for an answer
    with socket.create_server(("127.0.0.1", 0)) as silent:
        outcomes: list[object] = []
        place = replace(end, port=silent.getsockname()[1])
        waiting = threading.Thread(target=lambda: outcomes.append(_refused(subject, place)))
        waiting.start()
        for words in (b"", GARBAGE, b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"):
            with impostor(words) as port:
                assert _refused(subject, replace(end, port=port))
        waiting.join()
    assert outcomes == [True]


@on("apart")
def test_apart(stand: Stand) -> None:
    """Two workers of one run, and another checkout's, see nothing of each other."""
    with stand.open("gw0") as first, stand.open("gw1") as second, stand.open("gw0") as other:
        for workspace, word in ((first, "one"), (second, "two"), (other, "three")):
            stand.put(workspace, word)
        assert [stand.words(each) for each in (first, second, other)] == [{"one"}, {"two"}, {"three"}]


@on("reset")
def test_reset(stand: Stand) -> None:
    """A reset takes out what a test left, and nothing of a neighbour's."""
    with stand.open("gw0") as mine, stand.open("gw1") as neighbour:
        stand.put(neighbour, "stays")
        for word in ("one", "two"):
            stand.put(mine, word)
            mine.reset("it")
            assert stand.words(mine) == set()
        assert stand.words(neighbour) == {"stays"}


@on("crowd")
def test_crowd(stand: Stand, subject: Subject) -> None:
    """64 workers have 64 places; as many as the machine can bear are used at once."""
    config = stand.config()
    with ExitStack() as stack:
        crowd = [stack.enter_context(stand.reserve(f"gw{number}", config)) for number in range(WORKERS)]
        for workspace in crowd[: subject.started]:
            workspace.start()
            workspace.wait()
        ends = [stand.end(each) for each in crowd]
        assert len({(end.host, end.port, end.database, end.user) for end in ends[: subject.started]}) == subject.started
        for number in (0, subject.started - 1):
            stand.put(crowd[number], f"w{number}")
        assert stand.words(crowd[0]) == {"w0"}
        assert stand.words(crowd[subject.started - 1]) == {f"w{subject.started - 1}"}


@on("names")
def test_names(stand: Stand) -> None:
    """Projects whose long names differ in their last letter only are two, within every limit of the server."""
    with (
        stand.open(project="a-very-" * 12 + "long-name") as one,
        stand.open(project="a-very-" * 12 + "long-namf") as two,
    ):
        stand.put(one, "one")
        stand.put(two, "two")
        assert (stand.words(one), stand.words(two)) == ({"one"}, {"two"})


@on("orphans")
def test_orphans(stand: Stand, subject: Subject, child: Child, request: pytest.FixtureRequest) -> None:
    """What a killed process left is collected: its server is stopped, or its namespace removed or emptied."""
    stand.idle = "2s"
    home = Path(stand.environ["JUNCTURE_HOME"])
    support = str(request.config.rootpath / "tests" / "support")
    words = (json.dumps(stand.table), stand.root, "orphaned", support, subject, *PLACE)
    process = child(OPEN, *words, home=home)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.stderr.read() if process.stderr else ""
    left = Endpoint(**json.loads(line))
    process.send_signal(signal.SIGKILL)
    process.wait()
    with stand.open(project="orphaned") as again:
        assert stand.words(again) == set()
        eventually(lambda: _is_gone(stand, left, again.collect), timeout=30, message="the orphan is collected")


@contextmanager
def impostor(words: bytes) -> Iterator[int]:
    """Listen on a port, and say the same few words to whoever comes before hanging up."""

    def serve() -> None:
        with suppress(OSError):
            while True:
                peer, _ = listener.accept()
                with peer, suppress(OSError):
                    peer.sendall(words)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def _refused(subject: Subject, place: Endpoint) -> bool:
    """Tell whether the probe sees that no server of that kind is there, without any other error."""
    try:
        kind(subject.kind).probe(place)
    except (NotReadyError, JunctureError):
        return True
    return False


def _is_gone(stand: Stand, left: Endpoint, collect: Callable[[], list[str]]) -> bool:
    """Tell whether nothing of a killed process's word can be read any more where it was."""
    collect()
    try:
        return stand.subject.client.words(left) == set()
    except Exception:  # noqa: BLE001 - each client has its own words for a server or a namespace that is gone
        return True
