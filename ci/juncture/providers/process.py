"""Processes of the project's own: each is a child of the process that needs it, and gone with it.

They are no servers to keep warm: their code changes. So no keeper has them, and what a run started ends with the run.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.errors import StartError
from juncture.host import leases, ports
from juncture.host.folders import lease_path, private_folder
from juncture.model import Endpoint
from juncture.providers.embedded import free_slot
from juncture.providers.launch import tail
from juncture.providers.reservation import FileLog, Server
from juncture.services import http
from juncture.services.kinds import NotReadyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.config import Service

__all__ = ["Process", "Reservation", "endpoint_of", "family", "launch", "log_of", "reserve"]

STOP_GRACE = 3.0
"""Seconds between SIGTERM and SIGKILL: to save coverage's data, but less than what xdist leaves a worker at its end."""

PORT_FREE_WITHIN = 2.0
"""Seconds that what was just stopped may take to leave its port."""

LAUNCHER = """
import ctypes, os, sys
parent, program, *words = sys.argv[1:]
ctypes.CDLL(None).prctl(1, 9)
if os.getppid() == int(parent):
    os.execv(program, words)
"""
"""Asks Linux for a SIGKILL when the parent dies (PR_SET_PDEATHSIG), then becomes the command.

A ``preexec_fn`` would do it in a fork of the test process, whose threads may hold any lock. A parent that died before
the question is seen by its id.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """A process that may be started: its identity, and the port it will have. Nothing runs because of it."""

    service: Service
    root: Path
    home: Path
    key: str
    port: int
    slot: leases.Lease | None


class Process:
    """A started process; it becomes a `Server` once it answers."""

    def __init__(self, reservation: Reservation, child: subprocess.Popen[bytes], began: float) -> None:
        """Own a child that was started at ``began``."""
        self.reservation = reservation
        self._child = child
        self._began = began
        self._launched = time.monotonic()
        self._asked: float | None = None
        self._code: int | None = None

    @property
    def pid(self) -> int:
        """The id of the process, which is that of its group too."""
        return self._child.pid

    def wait(self) -> Server:
        """Return the server once it answers. Raise `StartError` with the end of its log where it does not in time.

        Its ``seconds`` are those that it cost us: between launch and wait we were busy with something else.
        """
        reservation, service = self.reservation, self.reservation.service
        began = time.monotonic()
        deadline, path = self._launched + service.timeout, service.ready.value
        pause = 0.002
        while True:
            self.check()
            try:
                left = deadline - time.monotonic()
                http.probe(endpoint_of(reservation), path, patience=min(max(left, 0.5), http.PATIENCE))
            except NotReadyError as error:
                if time.monotonic() >= deadline:
                    self._fail(f"no answer below 500 to GET {path} within {service.timeout:g} s ({error})")
            else:
                self.check()  # what answered may be a stranger on its port
                break
            time.sleep(pause)
            pause = min(pause * 1.5, 0.05)
        lease = lease_path(reservation.home, f"server-{reservation.key}")
        return Server(
            endpoint=endpoint_of(reservation),
            key=reservation.key,
            lease=leases.hold(lease, exclusive=False, timeout=30, purpose=f"use {reservation.key}"),
            slot=reservation.slot,
            started=True,
            seconds=self._launched - self._began + time.monotonic() - began,
            log=FileLog(log_of(reservation)),
        )

    def check(self) -> None:
        """Raise `StartError` with the end of its log where the process has ended."""
        code = self._poll()
        if code is not None:
            how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
            self._fail(f"the process {how}")

    def terminate(self) -> None:
        """Ask the process, and what it started, to end; once, as a second time may cut short what the first began."""
        if self._asked is None and self._poll() is None:
            self._asked = time.monotonic()
            self._signal(signal.SIGTERM)

    def stop(self) -> None:
        """See the process end: a moment after it was asked to, by force."""
        self.terminate()
        while self._poll() is None and time.monotonic() < (self._asked or 0.0) + STOP_GRACE:
            time.sleep(0.005)
        if self._poll() is None:
            self._signal(signal.SIGKILL)
            self._child.wait()
            self._poll()

    def _poll(self) -> int | None:
        if self._code is None and (code := self._child.poll()) is not None:
            self._code = code
            self._signal(signal.SIGKILL)  # what it started, and left behind
        return self._code

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, number)

    def _fail(self, what: str) -> None:
        log = log_of(self.reservation)
        raise StartError(
            f"{what}\n{tail(log)}".rstrip(), where=_where(self.reservation), hint=f"its whole log is {log}"
        )


def family(root: Path, service: Service) -> str:
    """Return what the keys of a service's processes begin with: each checkout has its own."""
    identity = json.dumps([1, str(root), service.name])
    return f"{service.kind}-{hashlib.sha256(identity.encode()).hexdigest()[:8]}"


def reserve(service: Service, *, root: Path, home: Path, kept: str = "") -> Reservation:
    """Choose slot and port for a process; start nothing. ``kept`` names an address that stays the same."""
    key = family(root, service)
    if kept:
        key = f"{key}-{kept}"
        return Reservation(service=service, root=root, home=home, key=key, port=ports.choose(home, key), slot=None)
    key, slot = free_slot(home, key)
    port = ports.choose(home, key)
    if not ports.is_free(port):
        port = ports.choose(home, key, fresh=True)
    return Reservation(service=service, root=root, home=home, key=key, port=port, slot=slot)


def launch(reservation: Reservation, command: str, environment: Mapping[str, str]) -> Process:
    """Start a process in the background, with nothing but ``environment``; ``command`` is a complete command line.

    Raise `StartError` where there is no such program, or where somebody took the port: others know it already.
    """
    began = time.monotonic()
    if not ports.is_free(reservation.port, within=PORT_FREE_WITHIN):
        what = f"another program listens on its port {reservation.port}, which was given away already"
        raise StartError(what, where=_where(reservation), hint="run again: another port will be chosen")
    folder = reservation.root / reservation.service.cwd
    # The interpreter of the tests comes first: `python` means the one that has the project installed.
    search = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", os.defpath)])
    words = shlex.split(command)
    program = _program(reservation, words[0], folder, search)
    log = log_of(reservation)
    log.unlink(missing_ok=True)  # a new file, so that it is this run's, and nobody else writes on in it
    with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "wb") as output:  # noqa: PTH123
        child = subprocess.Popen(
            _tied([program, *words]),
            env={"PYTHONUNBUFFERED": "1", **environment, "PATH": search},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Process(reservation, child, began)


def endpoint_of(reservation: Reservation) -> Endpoint:
    """Return the endpoint of a reserved process."""
    endpoint = Endpoint(
        service=reservation.service.name,
        kind=reservation.service.kind,
        provider="embedded",
        product=reservation.service.kind,
        version="",
        host=ports.HOST,
        port=reservation.port,
    )
    return replace(endpoint, url=http.url(endpoint))


def log_of(reservation: Reservation) -> Path:
    """Return the log file of a reserved process."""
    return private_folder(reservation.home, "logs") / f"{reservation.key}.log"


def _tied(argv: list[str]) -> list[str]:
    """Return the argument vector that runs ``argv`` (program, then its words) for as long as this process lives."""
    program, *words = argv
    if sys.platform != "linux":
        return [program, *words[1:]]
    return [sys.executable, "-I", "-S", "-c", LAUNCHER, str(os.getpid()), program, *words]


def _program(reservation: Reservation, word: str, folder: Path, search: str) -> str:
    if not folder.is_dir():
        raise StartError(f"there is no folder {reservation.service.cwd}", where=_where(reservation))
    found = shutil.which(str(folder / word)) if "/" in word else shutil.which(word, path=search)
    if found is None:
        raise StartError(
            f"there is no program {word}",
            where=_where(reservation),
            hint="is it installed in the environment of the tests?",
        )
    return found


def _where(reservation: Reservation) -> str:
    command = reservation.service.command
    return f"service {reservation.service.name}{f': {command.text}' if command else ''}"
