"""How the log of a service is read for a failing test: lines that come late, and engines that are slow or gone."""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass
from threading import Timer
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from juncture.host.engine import Engine
from juncture.providers.docker.log import EngineLog
from juncture.providers.reservation import FileLog
from juncture.pytesting import failure_logs

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from juncture.providers.reservation import Log


def watch_of(log: Log) -> failure_logs.FailureLogs:
    """Return the plugin object that watches one log of a Postgres."""
    server = SimpleNamespace(log=log, endpoint=SimpleNamespace(password="", parameters="", host=""), shared=True)
    namespace = SimpleNamespace(service=SimpleNamespace(kind="postgres"), names=frozenset())
    workspace: Any = SimpleNamespace(
        servers={"db": server}, endpoints={}, namespaces={"db": namespace}, environ={}, environment={}
    )
    return failure_logs.FailureLogs(workspace)


def test_a_line_may_come_a_moment_late(tmp_path: Path) -> None:
    """It is on its way from the server when the test fails; where one is there already, nobody waits."""
    log = FileLog(tmp_path / "db.log")
    watch = watch_of(log)
    item: Any = object()
    watch.begin(item)
    Timer(failure_logs.GRACE / 5, log.path.write_text, ["late\n"]).start()
    assert [line.split() for line in watch._lines()] == [["db", "late"]]
    watch.begin(item)
    log.path.write_text("late\nnow\n")
    began = time.monotonic()
    assert [line.split() for line in watch._lines()] == [["db", "now"]]
    assert time.monotonic() - began < failure_logs.GRACE


@dataclass
class Lagging:
    """A log that arrives in parts, as an engine's does."""

    file: FileLog
    lag: float = 0.05

    def mark(self) -> float:
        """Return the file's size."""
        return self.file.mark()

    def since(self, mark: float, limit: int) -> bytes:
        """Return the bytes after a mark; what is asked for is followed by more, a moment later, once."""
        found = self.file.since(mark, limit)
        if found == b"first\n":
            Timer(self.lag / 5, self.file.path.write_text, ["first\nsecond\n"]).start()
        return found


def test_a_log_that_arrives_in_parts_is_read_to_its_end(tmp_path: Path) -> None:
    """What is there already is not all where the log of a container is read."""
    watch = watch_of(Lagging(FileLog(tmp_path / "db.log")))
    item: Any = object()
    watch.begin(item)
    (tmp_path / "db.log").write_text("first\n")
    assert [line.split() for line in watch._lines()] == [["db", "first"], ["db", "second"]]


def test_an_engine_that_is_gone_shows_nothing(tmp_path: Path) -> None:
    """Neither an error nor a wait: the report is about the test."""
    log = EngineLog(Engine(f"unix://{tmp_path}/docker.sock"), "juncture-postgres-0")
    assert log.since(log.mark(), 1000) == b""


def test_an_engine_that_is_slow_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred failing tests do not wait for it a hundred times; that its log is not read is said."""
    monkeypatch.setattr(failure_logs, "PATIENCE", 0.2)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(tmp_path / "docker.sock"))
    listening.listen()
    Timer(0.3, listening.close).start()
    watch = watch_of(EngineLog(Engine(f"unix://{tmp_path}/docker.sock"), "juncture-postgres-0"))
    item: Any = object()
    watch.begin(item)
    (line,) = watch._lines()
    assert re.fullmatch(r"db  \(it took 0\.\d s to read this log: it is not read again in this run\)", line)
    began = time.monotonic()
    watch.begin(item)
    assert watch._lines() == []
    assert time.monotonic() - began < failure_logs.GRACE
