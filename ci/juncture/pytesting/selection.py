"""Which tests are integration tests, and whether a command line certainly selects some."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from juncture.config import Config

__all__ = ["Need", "is_below", "is_dry", "is_narrowed", "leaves_out", "need"]

_SELECTING = ("keyword", "markexpr", "lf", "deselect", "ignore_glob", "stepwise")
"""Pytest's options that may leave out any test, as it names them in its namespace."""

_NARROWING = (*_SELECTING, "ignore", "maxfail")
"""Pytest's options that leave tests out; of ``maxfail`` 0 is none."""

_DRY = (
    "cacheshow",
    "collectonly",
    "help",
    "markers",
    "setupplan",
    "show_fixtures_per_test",
    "showfixtures",
    "version",
)
"""Pytest's options with which no test runs, nor any fixture."""

Need = Literal["now", "perhaps"]
"""Whether services are needed: certainly, or only if an integration test turns up."""


def need(config: Config, arguments: Sequence[Path], *, narrowed: bool, dry: bool) -> Need:
    """Decide from the paths of a command line.

    ``narrowed`` says that other options select among the tests, as `leaves_out` tells, ``dry`` that none will run. A
    path inside an integration folder is certain; one around it only if nothing narrows it.
    """
    folders = [config.root / folder for folder in config.integration]
    if dry:
        return "perhaps"
    inside = any(is_below(path, folder) for path in arguments for folder in folders)
    around = any(is_below(folder, path) and folder.is_dir() for path in arguments for folder in folders)
    return "now" if inside or (around and not narrowed) else "perhaps"


def is_dry(options: Any) -> bool:
    """Tell whether pytest is asked for something else than to run tests."""
    return any(getattr(options, name, False) for name in _DRY)


def leaves_out(options: Any, ignored: Sequence[Path], folders: Sequence[Path]) -> bool:
    """Tell whether options may leave out tests of the ``folders``; ``--ignore`` does around or inside of one alone."""
    apart = (is_below(path, folder) or is_below(folder, path) for path in ignored for folder in folders)
    return any(getattr(options, name, None) for name in _SELECTING) or any(apart)


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
