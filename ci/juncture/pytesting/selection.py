"""Which tests are integration tests, and whether a command line certainly selects some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from juncture.config import Config

__all__ = ["Need", "is_below", "is_narrowed", "need"]

_NARROWING = ("keyword", "markexpr", "lf", "deselect", "ignore", "ignore_glob", "stepwise", "maxfail")
"""Pytest's options that leave tests out, as it names them in its namespace; of ``maxfail`` 0 is none."""

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


def is_narrowed(options: Any, arguments: Sequence[Path], folders: Sequence[Path]) -> bool:
    """Tell whether a command line selects less than all tests of the ``folders`` that it touches.

    ``options`` are pytest's, as far as they are known; ``arguments`` its paths, none of them with a test's name.
    """
    if any(getattr(options, name, None) for name in _NARROWING):
        return True
    touched = [folder for folder in folders if any(is_below(path, folder) for path in arguments)]
    return any(folder not in arguments for folder in touched)


def is_below(path: Path, folder: Path) -> bool:
    """Tell whether ``path`` is ``folder`` or somewhere in it."""
    return path == folder or folder in path.parents
