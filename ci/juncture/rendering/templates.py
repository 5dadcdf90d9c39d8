"""Where the templates are: in the wheel beside the package, in a checkout beside its source root."""

from __future__ import annotations

from pathlib import Path

from juncture.errors import JunctureError

__all__ = ["templates_folder"]

PACKAGED = "_templates"
"""The folder's name in the wheel; an editable install does not have it."""


def templates_folder(package: Path | None = None) -> Path:
    """Return the folder of juncture's templates.

    ``package`` is the folder of the imported package, found out where it is None.
    """
    package = package or Path(__file__).resolve().parents[1]
    packaged = package / PACKAGED
    if packaged.is_dir():
        return packaged
    checkout = package.parents[1]
    if package.parent.name == "ci" and (checkout / "templates").is_dir():
        return checkout / "templates"
    raise JunctureError("juncture's templates are missing", where=str(packaged), hint="install juncture again")
