"""Which tests are integration tests, and whether a command line certainly selects some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from juncture.config import Config

__all__ = ["Need", "is_below", "need"]

Need = Literal["now", "perhaps"]
"""Whether services are needed: certainly, or only if an integration test turns up."""


def need(config: Config, arguments: Sequence[Path], *, narrowed: bool, dry: bool) -> Need:
    """Decide from the paths of a command line.

    ``narrowed`` says that other options select among the tests (``-k``, ``-m``, ``--lf``), ``dry`` that none will run.
    A path inside an integration folder is certain; one around it only if nothing narrows it.
    """
    folders = [config.root / folder for folder in config.integration]
    if dry:
        return "perhaps"
    inside = any(is_below(path, folder) for path in arguments for folder in folders)
    around = any(is_below(folder, path) and folder.is_dir() for path in arguments for folder in folders)
    return "now" if inside or (around and not narrowed) else "perhaps"


def is_below(path: Path, folder: Path) -> bool:
    """Tell whether ``path`` is ``folder`` or somewhere in it."""
    return path == folder or folder in path.parents
