"""The folders that juncture keeps outside every project and virtual environment."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["data_folder", "home", "lease_path", "private_folder", "secret", "short_folder"]

MEMORY = Path("/dev/shm")  # noqa: S108 - a tmpfs is wanted; the folder made in it is private
MEMORY_NEEDED = 512 * 1024 * 1024
"""Free bytes below which data goes to the disk: containers often have 64 MB in /dev/shm."""

LONGEST_SOCKET_PATH = 100
"""Bytes; the kernel's limit for a Unix socket is 104 on macOS and 108 on Linux."""


def home(environ: Mapping[str, str]) -> Path:
    """Return juncture's folder on this machine; it may not exist yet.

    ``JUNCTURE_HOME`` decides; else root has /var/cache/juncture, because a server that was dropped to another user
    could not reach root's private home, and everybody else their XDG cache folder.
    """
    if named := environ.get("JUNCTURE_HOME"):
        return Path(named).absolute()
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/cache/juncture")
    cache = environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME") or Path.home(), ".cache")
    return Path(cache, "juncture")


def private_folder(home: Path, *names: str) -> Path:
    """Return a folder below ``home`` that only this user can enter, made where it is missing."""
    home.mkdir(mode=0o755, parents=True, exist_ok=True)
    folder = home
    for name in names:
        folder = folder / name
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def lease_path(home: Path, name: str) -> Path:
    """Return the file whose kernel lock is the lease of that name."""
    return private_folder(home, "leases") / name


def data_folder(home: Path) -> Path:
    """Return where servers keep their data: in memory where there is space, else below ``home``.

    The folder can be passed through, but not listed, by the unprivileged user that some servers are dropped to.
    """
    identity = hashlib.sha256(os.fsencode(home.absolute())).hexdigest()[:8]
    folder = MEMORY / f"juncture-{os.getuid()}-{identity}"
    if not folder.is_dir():
        roomy = False
        with suppress(OSError):
            roomy = shutil.disk_usage(MEMORY).free >= MEMORY_NEEDED and os.access(MEMORY, os.W_OK)
        if not roomy:
            home.mkdir(mode=0o755, parents=True, exist_ok=True)
            folder = home / "data"
    folder.mkdir(mode=0o711, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        message = f"{folder} belongs to another user"
        raise PermissionError(message)
    folder.chmod(0o711)
    return folder


def short_folder(home: Path) -> Path:
    """Return a private folder whose path is short enough for a Unix socket."""
    folder = private_folder(home, "run")
    if len(os.fsencode(folder)) + len("/keeper-1.sock") <= LONGEST_SOCKET_PATH:
        return folder
    identity = hashlib.sha256(os.fsencode(home.absolute())).hexdigest()[:8]
    folder = Path(tempfile.gettempdir(), f"juncture-{os.getuid()}-{identity}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        message = f"{folder} belongs to another user"
        raise PermissionError(message)
    return folder


def secret(home: Path) -> str:
    """Return this machine's password for embedded servers, made once and readable by this user only.

    The password is 144 random bits; two processes that make it at once agree on one.
    """
    path = private_folder(home, "run") / "secret"
    with suppress(FileNotFoundError):
        return path.read_text()
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(18))
    with suppress(FileExistsError):
        os.link(name, path)
    Path(name).unlink()
    return path.read_text()
