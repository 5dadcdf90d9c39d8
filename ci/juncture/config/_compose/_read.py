"""The files: the compose file itself, and the ``.env`` beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.config._compose._document import read_document
from juncture.config._compose._dotenv import read_dotenv
from juncture.config._compose._tables import composed
from juncture.config._wording import quoted, suggestion
from juncture.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from juncture.config._composed import Composed
    from juncture.config.types import KindSchema

__all__ = ["read_compose"]

_LARGEST = 256 * 1024
"""Bytes; a compose file of a hundred services has a tenth of it."""


def read_compose(  # noqa: PLR0913 - two files, and what gives them meaning
    root: Path,
    file: str,
    *,
    kinds: Mapping[str, KindSchema],
    environ: Mapping[str, str],
    over: Mapping[str, object],
    where: str,
) -> Composed:
    """Return the services of the compose file, which is named relative to ``root`` at the place ``where``.

    ``over`` are the tables of services that the declaration lays over them. Raise ``ConfigError`` for whatever can't be
    taken over without changing what it means.
    """
    path = root / file
    if not path.is_file():
        found = sorted(each.name for each in path.parent.glob("*.y*ml")) if path.parent.is_dir() else []
        advice = suggestion(path.name, found, lead="In its folder")
        raise ConfigError(f"there is no file {quoted(file)}.{advice}", where=where)
    document = read_document(_text(path, file), file=file)
    dotenv = path.parent / ".env"
    # Variables of the environment are worth more than those of the file, as for compose itself.
    given = read_dotenv(_text(dotenv, dotenv.name), environ, file=dotenv.name) if dotenv.is_file() else {}
    return composed(document, file=file, kinds=kinds, variables={**given, **environ}, over=over)


def _text(path: Path, name: str) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"can't be read: {error.strerror}", where=name, hint="check the path and its mode") from error
    if len(content) > _LARGEST:
        raise ConfigError(f"has {len(content)} bytes; {_LARGEST} are the most", where=name)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError("not UTF-8", where=f"{name}:{line}", hint="save the file as UTF-8") from error
