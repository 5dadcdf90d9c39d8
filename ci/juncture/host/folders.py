"""The folders that juncture keeps outside every project and virtual environment."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "SIGN",
    "data_folder",
    "data_folders",
    "home",
    "homeless",
    "lease_path",
    "private_folder",
    "public_folder",
    "secret",
    "short_folder",
]

MEMORY = Path("/dev/shm")  # noqa: S108 - a tmpfs is wanted; the folder made in it is private
MEMORY_NEEDED = 512 * 1024 * 1024
"""Free bytes below which data goes to the disk: containers often have 64 MB in /dev/shm."""

SIGN = ".home"
"""The file in a data folder that says to which home it belongs, and who can see that."""

LONGEST_SOCKET_PATH = 100
"""Bytes; the kernel's limit for a Unix socket is 104 on macOS and 108 on Linux."""

SHORT = Path("/tmp")  # noqa: S108 - not TMPDIR, which differs between the processes that have to meet at the socket


def home(environ: Mapping[str, str]) -> Path:
    """Return juncture's folder on this machine; it may not exist yet.

    ``JUNCTURE_HOME`` decides; else root has /var/cache/juncture, because a server that was dropped to another user
    could not reach root's private home, and everybody else their XDG cache folder.
    """
    if named := environ.get("JUNCTURE_HOME"):
        return Path(named).absolute()
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/cache/juncture")
    cache = Path(environ.get("XDG_CACHE_HOME", ""))
    if not cache.is_absolute():  # the XDG specification: a relative path is to be ignored
        cache = Path(environ.get("HOME") or Path.home(), ".cache")
    return (cache / "juncture").absolute()


def public_folder(home: Path, *names: str) -> Path:
    """Return a folder below ``home`` that everybody can enter, whatever the umask; one that is there is left as it is.

    A server that was dropped to another user has to reach its programs and its data.
    """
    folder = home.joinpath(*names)
    try:
        folder.mkdir()
    except FileExistsError:
        return folder
    except FileNotFoundError:
        public_folder(folder.parent)
        return public_folder(folder)
    folder.chmod(0o755)
    return folder


def private_folder(home: Path, *names: str) -> Path:
    """Return a folder below ``home`` that only this user can enter, made where it is missing."""
    folder = public_folder(home)
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
    folder = MEMORY / f"juncture-{os.getuid()}-{_identity(home)}"
    if not folder.is_dir():
        roomy = False
        with suppress(OSError):
            roomy = shutil.disk_usage(MEMORY).free >= MEMORY_NEEDED and os.access(MEMORY, os.W_OK)
        if not roomy:
            folder = public_folder(home) / "data"
    folder = _own(folder, 0o711)
    if folder.parent == MEMORY:
        _sign(folder, home)
    return folder


def data_folders(home: Path) -> list[Path]:
    """Return where servers of a home may have left data: what there is of it, and nothing is made."""
    places = (MEMORY / f"juncture-{os.getuid()}-{_identity(home)}", home / "data")
    return [place for place in places if place.is_dir() and place.lstat().st_uid == os.getuid()]


def homeless() -> list[Path]:
    """Return this user's data folders in memory whose home is gone for good, by their own word.

    A folder is one only where it says whose it is, its name is made from that, and nothing of it is there any more.
    What was made by a process that sees other file systems, in a container say, can't be judged from here.
    """
    found = []
    for folder in sorted(MEMORY.glob(f"juncture-{os.getuid()}-*")):
        try:
            status = folder.lstat()
            view, _, path = os.fsdecode((folder / SIGN).read_bytes()).partition("\n")
        except OSError:
            continue
        home = Path(path)
        mine = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and view == _view()
        if mine and home.is_absolute() and folder.name.endswith(f"-{_identity(home)}") and _is_gone(home):
            found.append(folder)
    return found


def short_folder(home: Path) -> Path:
    """Return a private folder whose path is short enough for a Unix socket."""
    folder = private_folder(home, "run")
    if len(os.fsencode(folder)) + len("/keeper-2.sock") <= LONGEST_SOCKET_PATH:
        return folder
    return _own(SHORT / f"juncture-{os.getuid()}-{_identity(home)}", 0o700)


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


def _sign(folder: Path, home: Path) -> None:
    """Write into a data folder whose it is, so that somebody can tell when it is nobody's any more."""
    if not (folder / SIGN).exists():
        unfinished = folder / f"{SIGN}.{os.getpid()}"
        unfinished.write_bytes(f"{_view()}\n".encode() + os.fsencode(home.absolute()))
        unfinished.replace(folder / SIGN)


def _view() -> str:
    """Return what tells processes apart that see other file systems; empty where the kernel has no such thing."""
    try:
        return str(Path("/proc/self/ns/mnt").readlink())
    except OSError:
        return ""


def _is_gone(home: Path) -> bool:
    """Tell whether a path names nothing; one that can't be looked at may name something."""
    try:
        home.lstat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def _identity(home: Path) -> str:
    return hashlib.sha256(os.fsencode(home.absolute())).hexdigest()[:8]


def _own(folder: Path, mode: int) -> Path:
    """Make a folder where everybody can make one, or take the one that is there, but only from ourselves."""
    with suppress(FileExistsError):
        folder.mkdir(mode=mode)
    found = folder.lstat()  # not stat: a link that somebody else put there could lead to a folder of ours
    if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
        raise ProviderError(
            "it belongs to another user, or is no folder",
            where=str(folder),
            hint="remove it, or set JUNCTURE_HOME to another folder",
        )
    folder.chmod(mode)
    return folder
