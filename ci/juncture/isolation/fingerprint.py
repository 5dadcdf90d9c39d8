"""The fingerprint of a service's state: what its template database was made from."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from juncture.errors import ConfigError
from juncture.isolation.migrations import files_below, migration_files
from juncture.isolation.reset.service import key_of
from juncture.isolation.seeds import is_call, source_files

if TYPE_CHECKING:
    from pathlib import Path

    from juncture.config import Config, Service

__all__ = ["fingerprint", "seed_steps", "watched_files"]


def fingerprint(config: Config, service: Service, product: str) -> str:
    """Return a hex digest of everything the template is made from: server, command, and the content of each file."""
    root = config.root
    made = (config.project, service.name, product, service.migrate, key_of(service))
    digest = hashlib.sha256("\0".join(("3", *made, "")).encode())
    sources = [("migrate", path) for path in watched_files(root, service)]
    for step in seed_steps(root, service):
        if isinstance(step, str):
            digest.update(f"call\0{step}\0".encode())
            sources += [("call", path) for path in source_files(root, service, step)]
        else:
            sources.append(("seed", step))
    for role, path in sources:
        content = path.read_bytes()
        digest.update(f"{role}\0{os.path.relpath(path, root)}\0{len(content)}\0".encode(errors="surrogateescape"))
        digest.update(content)
    return digest.hexdigest()


def watched_files(root: Path, service: Service) -> list[Path]:
    """Return the files that ``migrate`` reads, sorted: those of ``watch``, else those its tool is known to read.

    Raise `ConfigError` for a pattern that matches nothing: a migration whose change is not seen is a false green.
    """
    if not service.watch:
        return migration_files(root, service) if service.migrate else []
    return sorted({path for pattern in service.watch for path in _matching(root, service, "watch", pattern)})


def seed_steps(root: Path, service: Service) -> list[Path | str]:
    """Return the seeds in the order to apply, as declared: files, names sorted inside each glob, and functions.

    Raise `ConfigError` for a glob that matches nothing: a seed that silently does not run is a false green.
    """
    steps: list[Path | str] = []
    for seed in service.seed:
        steps += [seed] if is_call(seed) else _matching(root, service, "seed", seed)
    return list(dict.fromkeys(steps))


def _matching(root: Path, service: Service, key: str, pattern: str) -> list[Path]:
    """Return the files that a pattern names, sorted; a folder, and ``folder/**``, mean what is below it."""
    found: set[Path] = set()
    for path in root.glob(pattern):
        if path.is_dir():
            found.update(files_below(path) if key == "watch" or pattern.endswith("**") else ())
        elif "__pycache__" not in path.parts:
            found.add(path)
    if not found:
        raise ConfigError(
            f"{pattern!r} matches no file",
            where=f"pyproject.toml: tool.juncture.services.{service.name}.{key}",
            hint=f"globs are relative to {root}",
        )
    return sorted(found)
