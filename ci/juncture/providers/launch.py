"""Launch one embedded server: whom it runs as, where its data is, and that it can reach both."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
from typing import TYPE_CHECKING

from juncture.errors import ProviderError
from juncture.host import keeper
from juncture.host.folders import data_folder, lease_path, private_folder, public_folder, secret
from juncture.host.ports import HOST
from juncture.services.kinds import Setup
from juncture.values import Value

if TYPE_CHECKING:
    from pathlib import Path

    from juncture.config import Service
    from juncture.host import leases
    from juncture.providers.binaries import Binary
    from juncture.services.kinds import Embedded, Kind

__all__ = ["Reservation", "discard_data", "launch", "log_of", "tail"]

LOG_LIMIT = 16 * 1024 * 1024


class Reservation(Value, kw_only=True):
    """A server that this process may start: its identity, and the address it will have. Nothing runs because of it.

    ``slot`` is the exclusive lease on a server that is not shared, or on the ``number`` of this process's part of one
    that is; it is held as long as this process uses it. ``ports`` are the kind's further ones.
    """

    service: Service
    kind: Kind
    embedded: Embedded
    binary: Binary
    home: Path
    key: str
    port: int
    idle: float
    slot: leases.Lease | None
    number: int | None = None
    ports: tuple[tuple[int, int], ...] = ()


def launch(reservation: Reservation) -> None:
    """Set the server up and have the keeper start it; the caller holds the key's start lease.

    Raise `StartError` where the set-up or the start fails, `ProviderError` where the user that the server is dropped to
    could not reach it.
    """
    home, key, embedded = reservation.home, reservation.key, reservation.embedded
    user = pwd.getpwnam("nobody") if embedded.unprivileged and os.geteuid() == 0 else None
    password = secret(home)
    data = data_folder(home) / key
    made_for = hashlib.sha256(password.encode()).hexdigest()[:8]
    _discard_strange(data, made_for)
    setup = Setup(
        program=reservation.binary.program,
        version=reservation.binary.version,
        data=data,
        cache=public_folder(home, "clusters", f"{reservation.binary.key}-{made_for}"),
        host=HOST,
        port=reservation.port,
        password=password,
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        jar=reservation.binary.jar,
        ports=reservation.ports,
    )
    if user:
        for path in filter(None, (setup.program, setup.data, setup.jar)):
            _check_way_to(path, user)
    embedded.prepare(setup)
    log = log_of(reservation)
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".old"))
    keeper.start(
        home,
        keeper.Launch(
            key=key,
            argv=embedded.command(setup),
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            folder="/",
            log=str(log),
            lease=str(lease_path(home, f"server-{key}")),
            port=reservation.port,
            idle=reservation.idle,
            stop_signal=embedded.stop_signal,
            crash_signal=embedded.crash_signal,
            user=setup.user,
            group=setup.group,
        ),
    )


def discard_data(reservation: Reservation) -> None:
    """Remove the data of a server that does not start, and say so in its log: all of it can be made again.

    A machine that crashed may have damaged it, and what outlives a killed server may still hold it.
    """
    data = data_folder(reservation.home) / reservation.key
    left = data.with_name(f"{data.name}.left")
    shutil.rmtree(left, ignore_errors=True)
    if data.exists():
        data.rename(left)  # at once: who still writes into it must not hinder a new one
        shutil.rmtree(left, ignore_errors=True)
        with log_of(reservation).open("a") as log:
            log.write("juncture: it did not start with the data it had; the data is made anew\n")


def log_of(reservation: Reservation) -> Path:
    """Return the log file of a reserved server."""
    return private_folder(reservation.home, "logs") / f"{reservation.key}.log"


def _discard_strange(data: Path, made_for: str) -> None:
    """Remove data that knows another password: the home folder was removed, but not what it had in memory."""
    stamp = data.with_name(f"{data.name}.made-for")
    if stamp.exists() and stamp.read_text() == made_for:
        return
    shutil.rmtree(data, ignore_errors=True)
    stamp.write_text(made_for)


def tail(log: Path, lines: int = 12) -> str:
    """Return the last lines of a log, indented for a message; empty where there is none."""
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return ""
    return "\n".join(f"  | {line}" for line in text.splitlines()[-lines:])


def _check_way_to(path: Path, user: pwd.struct_passwd) -> None:
    for folder in reversed(path.parents):
        found = folder.stat()
        bit = 0o100 if found.st_uid == user.pw_uid else 0o010 if found.st_gid == user.pw_gid else 0o001
        if not found.st_mode & bit:
            raise ProviderError(
                f"the user {user.pw_name!r}, whom root drops servers to, can't enter this folder",
                where=str(folder),
                hint="set JUNCTURE_HOME to a folder that everybody can enter, such as /var/cache/juncture",
            )
