"""The fingerprint of a service's state: what its template database was made from."""

from __future__ import annotations

import hashlib
import shlex
import tomllib
from configparser import ConfigParser, Error
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from juncture.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from juncture.config import Config, Service

__all__ = ["fingerprint", "seed_files", "state_files"]


def fingerprint(config: Config, service: Service, product: str) -> str:
    """Return a hex digest of everything the template is made from: server, command, and the content of each file."""
    digest = hashlib.sha256(f"1\0{config.project}\0{service.name}\0{product}\0{service.migrate}\0".encode())
    for path in state_files(config.root, service):
        digest.update(f"{path.relative_to(config.root).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def state_files(root: Path, service: Service) -> list[Path]:
    """Return the files that ``migrate`` and ``seed`` read: migrations sorted by name, then seeds in their order."""
    watched = sorted(set(_expand(root, service.watch or _watched(root, service))))
    return [*watched, *seed_files(root, service)]


def seed_files(root: Path, service: Service) -> list[Path]:
    """Return the seed files in the order to apply: globs as declared, names sorted inside each.

    Raise `ConfigError` for a glob that matches nothing: a seed that silently does not run is a false green.
    """
    files: list[Path] = []
    for pattern in service.seed:
        found = sorted(_expand(root, (pattern,)))
        if not found:
            raise ConfigError(
                f"{pattern!r} matches no file",
                where=f"pyproject.toml: tool.juncture.services.{service.name}.seed",
                hint=f"globs are relative to {root}",
            )
        files += [path for path in found if path not in files]
    return files


def _watched(root: Path, service: Service) -> Sequence[str]:
    """Return the globs of the files that a known migration tool reads."""
    if not service.migrate:
        return ()
    words = [PurePath(word).name for word in shlex.split(service.migrate)]
    if "alembic" in words:
        return _alembic_files(root, words)
    if "migrate" in words and {"manage.py", "django-admin", "django"} & set(words):
        return ("**/migrations/*.py", "**/migrations/*.sql")
    raise ConfigError(
        f"juncture can't tell which files {service.migrate!r} reads, so it could not notice when one changes",
        where=f"pyproject.toml: tool.juncture.services.{service.name}",
        hint='name them: watch = ["migrations/**"]',
    )


def _alembic_files(root: Path, words: Sequence[str]) -> Sequence[str]:
    ini = words[words.index("-c") + 1] if "-c" in words[:-1] else "alembic.ini"
    location = ""
    parser = ConfigParser(interpolation=None)
    try:
        parser.read(root / ini, encoding="utf-8")
        location = parser.get("alembic", "script_location", fallback="")
    except Error as error:
        raise ConfigError(f"it is not an INI file: {error}", where=ini) from None
    if not location and (root / "pyproject.toml").exists():
        table = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        location = str(table.get("tool", {}).get("alembic", {}).get("script_location", ""))
    if not location:
        raise ConfigError(
            "it names no script_location, so the migrations can't be found",
            where=ini,
            hint='name the files that `migrate` reads: watch = ["migrations/**"]',
        )
    folder = location.replace("%(here)s", ".").replace(":", "/").removeprefix("./").rstrip("/")
    return (ini, f"{folder}/**/*.py", f"{folder}/**/*.sql")


def _expand(root: Path, patterns: Iterable[str]) -> list[Path]:
    return [
        path
        for pattern in patterns
        for path in root.glob(f"{pattern}/*" if pattern.endswith("**") else pattern)
        if path.is_file() and "__pycache__" not in path.parts
    ]
