"""Bring up the one container of a key: find it warm, join one that is there, or make it; two processes never make two.

Who made a container may have been killed at any moment, and whoever comes next has to tell from what is there how far
it came: only what was written down after the last step says that all of them were done.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from juncture.errors import StartError
from juncture.host import keeper, leases, ports, removal
from juncture.host.engine import EngineError
from juncture.host.folders import lease_path
from juncture.providers.docker import containers
from juncture.providers.docker.log import EngineLog, tail
from juncture.providers.docker.places import Known, home_id, known_path
from juncture.providers.docker.watching import watch, watch_forgotten
from juncture.services.kinds import NotReadyError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from juncture.providers.docker.places import Place

__all__ = ["BringUp", "Up", "port_for"]

READY_WITHIN = 90.0
"""Seconds a server may take in a new container, on a busy machine."""

ANSWER_WITHIN, USED_ANSWER_WITHIN = 5.0, 30.0
"""Seconds that one which was ready already may take to answer: where nobody uses it, and where somebody does."""

CREATED_WITHIN = 10.0
"""Seconds that somebody who does not know of our leases may take to start what he created."""

LOOK_EVERY = 0.25
"""Seconds between two looks whether the container still runs."""

ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Up:
    """A container that is up, and this process's lease on it. ``made`` says that this process made it."""

    port: int
    lease: leases.Lease
    made: bool


@dataclass(slots=True, kw_only=True)
class BringUp:
    """How one container is brought up.

    ``inside`` is the port that its server listens on; ``recipe`` says what it is made from, published at a port of the
    host. ``probe`` raises `NotReadyError` until the server answers at such a port, and `StartError` where what answers
    is not our server; ``settle`` makes the last adjustments. ``once`` says that it is for this run alone.
    """

    place: Place
    service: str
    reference: str
    name: str
    key: str
    inside: int
    recipe: Callable[[int], containers.Recipe]
    probe: Callable[[int], object]
    settle: Callable[[int], object]
    once: bool
    _lease: leases.Lease | None = field(default=None, init=False)

    def up(self, port: int, *, promised: bool) -> Up:
        """Return the container, ready; ``port`` is where to publish a new one, and ``promised`` that it may not change.

        Raise `StartError` with the end of its log where it does not become ready, `ProviderError` where the engine
        refuses or is gone.
        """
        lease = self._lease = self._hold()
        try:
            written = Known.read(self._path)
            found = self._warm(written)
            made = False
            if found is None:
                found, made = self._start(port, written, promised=promised)
            if self._watch(found) or made:
                watch_forgotten(self.place)
        except EngineError as error:
            self._release()
            raise self.place.engine_failed(self.service, error) from None
        except BaseException:
            self._release()
            raise
        lease, self._lease = self._lease or lease, None
        return Up(found, lease, made)

    def find(self) -> containers.Found | None:
        """Return the container as it is now, None where there is none. Raise `ProviderError` where it is not ours."""
        place = self.place
        return containers.find(place.engine, self.name, home_id=home_id(place.home), key=self.key, service=self.service)

    def discard(self) -> None:
        """Remove the container and forget it, unless somebody uses it: the run is over that it was made for."""
        lease = leases.attempt(self._leased, exclusive=True)
        if lease is None:
            keeper.stop(self.place.home, self.key)  # it may be about to: this waits until it has
            return
        with lease, suppress(EngineError, OSError):  # the keeper tries again
            place = self.place
            removal.remove(place.engine, self.name, home_id=home_id(place.home), key=self.key)
            removal.forget(place.home, self.key, once=self.once)
            lease.retire()

    def _warm(self, written: Known | None) -> int | None:
        """Return the port of a container that runs as it was written down, and whose server answers; else None."""
        if written is None:
            return None
        found = self.find()
        if found is None or found.state != "running" or _known(found, self.inside) != written:
            return None
        try:
            self.probe(written.port)
        except (NotReadyError, StartError):
            return None
        return written.port

    def _start(self, port: int, seen: Known | None, *, promised: bool) -> tuple[int, bool]:
        """Return the port of the container, joined or made while nobody else does, and whether it was made."""
        path = lease_path(self.place.home, f"start-{self.key}")
        with leases.hold(path, exclusive=True, timeout=ATTEMPTS * READY_WITHIN, purpose=f"start {self.reference}"):
            written = Known.read(self._path)
            if written != seen and (warm := self._warm(written)) is not None:  # somebody was faster
                return warm, False
            self._watch(port)  # before there is one: whoever makes it may be killed right after
            return self._join_or_make(port, promised=promised)

    def _join_or_make(self, port: int, *, promised: bool) -> tuple[int, bool]:
        began = time.monotonic()
        failure, created = "", 0.0
        for _ in range(ATTEMPTS):
            try:
                if (joined := self._join(created)) is not None:
                    return joined, False
                self._make(port)
            except containers.NameTakenError:
                failure, created = "others make containers of its name all the time", CREATED_WITHIN
            except containers.PortTakenError:
                failure = f"another program listens on its port {port}"
                if promised:
                    break
                port = ports.choose(self.place.home, self.key, fresh=True)
            except NotReadyError as error:
                failure = f"{error}\n{tail(EngineLog(self.place.engine, self.name))}".rstrip()
                self._remove()
                if time.monotonic() - began > READY_WITHIN:
                    break
            else:
                return port, True
        taken = failure.startswith("another program")
        raise StartError(
            f"{self.reference} did not become ready: {failure}",
            where=f"service {self.service}",
            hint="run again: it gets another port then" if taken else "try it by hand: " + self._by_hand,
        )

    def _join(self, created_within: float) -> int | None:
        """Return the port of the container that is there already and runs, whoever made it; None where none does.

        One that is paused, dead, or has ended, or that was made but never started, is removed: its data was in memory.
        One that answers to another password, or not at all, is as good as dead.
        """
        deadline = time.monotonic() + created_within
        while (found := self.find()) is not None and found.state == "created" and time.monotonic() < deadline:
            time.sleep(LOOK_EVERY)
        if found is None:
            return None
        known = _known(found, self.inside)
        if found.state == "running" and known.port:
            try:
                self._wait(known, within=self._patience(known))
                return self._settled(known)
            except (NotReadyError, StartError):
                pass
        self._remove()
        return None

    def _patience(self, known: Known) -> float:
        if Known.read(self._path) != known:  # it was never ready since it was started
            return READY_WITHIN
        return USED_ANSWER_WITHIN if self._is_used() else ANSWER_WITHIN

    def _make(self, port: int) -> None:
        place = self.place
        containers.create(place.engine, self.recipe(port), service=self.service, home=place.home, environ=place.environ)
        found = self.find()
        if found is None:
            raise NotReadyError("somebody removed its container")
        known = Known(found.id, port, found.started)
        self._wait(known, within=READY_WITHIN)
        self._settled(known)

    def _settled(self, known: Known) -> int:
        try:
            self.settle(known.port)
        except OSError as error:
            raise NotReadyError(str(error)) from None
        known.write(self._path)
        return known.port

    def _wait(self, known: Known, *, within: float) -> None:
        """Probe until the server answers; raise `NotReadyError` where it does not in time, or its container ended."""
        began = looked = time.monotonic()
        pause = 0.002
        while True:
            try:
                self.probe(known.port)
            except NotReadyError as error:
                now = time.monotonic()
                if now - looked > LOOK_EVERY:
                    looked = now
                    self._check_runs(known)
                if now - began > within:
                    raise NotReadyError(f"no answer within {within:g} s ({error})") from None
            else:
                return
            time.sleep(pause)
            pause = min(pause * 1.5, 0.05)

    def _check_runs(self, known: Known) -> None:
        found = self.find()
        if found is None or found.id != known.id:
            raise NotReadyError("somebody removed its container")
        if found.state != "running":
            limit = self.recipe(0).memory // 1024**2
            memory = f", out of memory: its limit is {limit} MiB" if found.oom else ""
            raise NotReadyError(f"its container is {found.state}, with exit code {found.exit_code}{memory}")

    def _is_used(self) -> bool:
        """Tell whether another process holds a lease on it, or just removes it."""
        self._release()
        alone = leases.attempt(self._leased, exclusive=True)
        if alone:
            alone.release()
        self._lease = self._hold()
        return alone is None

    def _remove(self) -> None:
        self._path.unlink(missing_ok=True)
        place = self.place
        containers.remove(place.engine, self.name, home_id=home_id(place.home), key=self.key, service=self.service)

    def _watch(self, port: int) -> bool:
        return watch(self.place, key=self.key, name=self.name, port=port, once=self.once)

    @property
    def _path(self) -> Path:
        return known_path(self.place.home, self.key)

    @property
    def _leased(self) -> Path:
        return lease_path(self.place.home, f"server-{self.key}")

    @property
    def _by_hand(self) -> str:
        return f"`docker run --rm {self.reference}`"

    def _hold(self) -> leases.Lease:
        return leases.hold(self._leased, exclusive=False, timeout=60, purpose=f"use the container {self.name}")

    def _release(self) -> None:
        if self._lease:
            self._lease.release()


def port_for(key: str, home: Path, running: Callable[[], int | None]) -> int:
    """Return the port that a container has or, where none runs, will have: one that no stranger took.

    ``running`` returns the port of the one that runs.
    """
    if port := running():
        return port
    path = lease_path(home, f"start-{key}")
    with leases.hold(path, exclusive=True, timeout=READY_WITHIN, purpose=f"choose a port for {key}"):
        if port := running():  # what just took the port may be the very container
            return port
        port = ports.choose(home, key)
        return port if ports.is_free(port) else ports.choose(home, key, fresh=True)


def _known(found: containers.Found, inside: int) -> Known:
    return Known(found.id, found.ports.get(inside, 0), found.started)
