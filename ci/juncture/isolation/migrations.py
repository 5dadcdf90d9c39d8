"""Which files a migration command reads, for the tools that juncture knows."""

from __future__ import annotations

import os
import re
import shlex
import tomllib
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from juncture.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from juncture.config import Service

__all__ = ["command_words", "files_below", "migration_files"]

HINT = 'name the files that `migrate` reads: watch = ["migrations/**"]'

FOREIGN = frozenset({"__pycache__", "node_modules", "site-packages"})
"""Folders that no project keeps its own migrations in."""


def command_words(service: Service) -> list[str]:
    """Return the words of ``migrate``, split as a shell does; raise `ConfigError` for a quote that never ends."""
    try:
        return shlex.split(service.migrate)
    except ValueError as error:
        where = f"pyproject.toml: tool.juncture.services.{service.name}.migrate"
        raise ConfigError(f"{service.migrate!r} is no command: {error}", where=where) from None


def migration_files(root: Path, service: Service) -> list[Path]:
    """Return the files that the service's ``migrate`` reads, sorted.

    Raise `ConfigError` where that can't be told: a change of a file that is not seen would be a false green.
    """
    words = command_words(service)
    names = [PurePath(word).name for word in words]
    if "alembic" in names:
        return sorted(_alembic_files(root, words[names.index("alembic") + 1 :]))
    if "migrate" in names and {"manage.py", "django-admin", "django"} & set(names):
        return sorted(_django_files(root))
    raise ConfigError(
        f"juncture can't tell which files {service.migrate!r} reads, so it could not notice when one changes",
        where=f"pyproject.toml: tool.juncture.services.{service.name}",
        hint='name them: watch = ["migrations/**"]',
    )


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, without what Python compiled."""
    return (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _alembic_files(root: Path, options: Sequence[str]) -> set[Path]:
    """Return what Alembic reads: the INI file, and everything in its script and version folders."""
    ini = _option(options, "-c", "--config") or "alembic.ini"
    settings = _alembic_settings(root, ini, _option(options, "-n", "--name") or "alembic")
    locations = [settings["script_location"], *_listed(settings)]
    files = {root / ini} if (root / ini).is_file() else set()
    for location in locations:
        folder = _folder(root, (root / ini).parent, location)
        if folder is None:
            raise ConfigError(
                f"there is no folder {location!r}, so the migrations can't be found", where=ini, hint=HINT
            )
        files.update(files_below(folder))
    return files


def _alembic_settings(root: Path, ini: str, section: str) -> dict[str, str]:
    from configparser import ConfigParser, Error  # noqa: PLC0415 - for Alembic alone

    parser = ConfigParser(interpolation=None)
    try:
        parser.read(root / ini, encoding="utf-8")
    except (Error, UnicodeDecodeError) as error:
        raise ConfigError(f"it is not an INI file: {error}", where=ini) from None
    settings = dict(parser[section]) if parser.has_section(section) else {}
    if not settings.get("script_location") and (root / "pyproject.toml").exists():
        document = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        table = document.get("tool", {}).get("alembic", {})
        settings |= {name: "\n".join(value) if isinstance(value, list) else str(value) for name, value in table.items()}
    if not settings.get("script_location"):
        raise ConfigError("it names no script_location, so the migrations can't be found", where=ini, hint=HINT)
    return settings


def _listed(settings: dict[str, str]) -> list[str]:
    """Return Alembic's ``version_locations``: more folders with migrations than the one beside its scripts."""
    separator = settings.get("path_separator") or settings.get("version_path_separator", "")
    pattern = rf"[\s,;{os.pathsep}]+" if separator in {"os", ":"} else r"[\s,;]+"
    return [word for word in re.split(pattern, settings.get("version_locations", "")) if word]


def _folder(root: Path, here: Path, location: str) -> Path | None:
    """Return the folder that Alembic means: beside the INI file, below the root, or ``package:folder``."""
    path = location.replace("%(here)s", str(here))
    package, colon, inner = path.partition(":")
    if colon:
        path = f"{package.replace('.', '/')}/{inner}"
    for base in (root, root / "src"):
        folder = Path(os.path.normpath(base / path))
        if folder.is_dir():
            return folder
    return None


def _option(words: Sequence[str], short: str, long: str) -> str:
    """Return the value of a command-line option in any of its forms, or nothing."""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word in (short, long):
            return following
        if word.startswith(f"{long}="):
            return word.partition("=")[2]
        if word.startswith(short) and not word.startswith("--"):
            return word.removeprefix(short)
    return ""


def _django_files(root: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(root):
        folders[:] = [
            name
            for name in folders
            if not name.startswith(".") and name not in FOREIGN and not Path(parent, name, "pyvenv.cfg").exists()
        ]
        if PurePath(parent).name == "migrations":
            yield from (Path(parent, name) for name in files if name.endswith((".py", ".sql")))
