"""The declared sign that a container is ready: an answer, an open port, a line in its log, a command inside of it."""

from __future__ import annotations

import re
import shlex
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, assert_never

from juncture.errors import ProviderError
from juncture.providers.docker.sdk import client, refused
from juncture.services import container, http
from juncture.services.container import LINGER
from juncture.services.kinds import NotReadyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from juncture.config import Ready
    from juncture.model import Endpoint
    from juncture.providers.docker.log import EngineLog
    from juncture.providers.docker.places import Place

__all__ = ["Sign", "await_sign", "moment", "told"]

LOOKED_AT = 1024 * 1024
"""Bytes of the log that are read at once."""

CHECK_EVERY = 0.1
"""Seconds between two looks whether the container still runs."""

TELL_EVERY = 10.0
"""Seconds between two lines that say what is waited for."""

OVERLAP = 2.0
"""Seconds of the log that are read a second time: a line is there a moment after the time that it is marked with."""

COMMAND_PAUSE = 0.05
"""Seconds between two looks whether a command in the container has ended."""

SHELL = re.compile(r"[|&;<>()$`*?\n]")
"""What only a shell understands; without it none has to be in the image."""


@dataclass(slots=True, kw_only=True)
class Sign:
    """What to look for at one container, which runs. ``since`` is when it was started, in seconds since the epoch.

    ``linger`` is for how long a connection has to stay open, in seconds.
    """

    place: Place
    ready: Ready
    endpoint: Endpoint
    container: str
    log: EngineLog
    since: float
    linger: float = LINGER
    _read: float = field(default=0.0)

    def look(self, within: float) -> None:
        """Return where it is ready; raise `NotReadyError` with what there was instead, after ``within`` seconds."""
        match self.ready.how:
            case "http" | "tcp":
                patience = min(max(within, 0.5), http.PATIENCE)
                container.probe(self.endpoint, self.ready, patience=patience, linger=self.linger)
            case "log":
                self._look_at_log()
            case "command":
                self._look_inside(within)
            case _:
                assert_never(self.ready.how)

    def _look_at_log(self) -> None:
        mark = max(self.since, self._read - OVERLAP)
        self._read = self.log.mark()
        text = self.log.since(mark, LOOKED_AT).decode(errors="replace")
        if not any(re.search(self.ready.value, line) for line in text.splitlines()):
            message = f"no line of its log has {self.ready.value!r}"
            raise NotReadyError(message)

    def _look_inside(self, within: float) -> None:
        """Run the command and see it end. The engine can't end one that hangs: it goes with its container."""
        text = self.ready.value
        words = ["sh", "-c", text] if SHELL.search(text) else shlex.split(text)
        deadline = time.monotonic() + max(within, 0.5)
        with client(self.place.engine, self.place.environ) as docker:
            try:
                with refused(self.endpoint.service, f"{text!r} can't be run in it"):
                    execution = docker.api.exec_create(self.container, words, stdout=False, stderr=False)["Id"]
                    docker.api.exec_start(execution, detach=True)
                    while (state := docker.api.exec_inspect(execution))["Running"]:
                        if time.monotonic() > deadline:
                            message = f"{text!r} in it does not end"
                            raise NotReadyError(message)
                        time.sleep(COMMAND_PAUSE)
            except ProviderError as error:  # there is no such program, say: something may still bring it
                raise NotReadyError(error.what) from None
        if state["ExitCode"]:
            message = f"{text!r} in it ended with exit code {state['ExitCode']}"
            raise NotReadyError(message)


def await_sign(sign: Sign, *, began: float, timeout: float, check: Callable[[], object]) -> None:
    """Return when the sign is there. Raise `NotReadyError` ``timeout`` seconds after ``began``.

    ``check`` is called now and then, to raise where the container ended; lines that tell what is waited for go to the
    sign's place.
    """
    ready, service = sign.ready, sign.endpoint.service
    deadline = began + timeout
    checked = spoken = time.monotonic()
    pause = 0.005
    while True:
        try:
            return sign.look(deadline - time.monotonic())
        except NotReadyError as error:
            now = time.monotonic()
            if now - checked >= CHECK_EVERY or now > deadline:
                checked = now
                check()
            if now > deadline:
                message = f"not ready within {timeout:g} s, for want of {told(ready)}: {error}"
                raise NotReadyError(message) from None
            if now - spoken >= TELL_EVERY:
                spoken = now
                sign.place.tell(f"{service}: waits for {told(ready)}, {now - began:.0f} of {timeout:g} s")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.25)


def told(ready: Ready) -> str:
    """Return what is waited for, in a few words."""
    port = f" on port {ready.port}" if ready.port else ""
    match ready.how:
        case "http":
            return f"an answer below {http.SERVER_ERRORS} to GET {ready.value}{port}"
        case "tcp":
            return f"a connection{port or ' on each of its ports'}"
        case "log":
            return f"a line of its log with {ready.value!r}"
        case "command":
            return f"{ready.value!r} to succeed in it"
        case _:
            assert_never(ready.how)


def moment(text: str) -> float:
    """Return a moment as engines write it in seconds since the epoch; 0.0 where it is none."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0
