"""The files beside the parser: find pyproject.toml, read it, and hand its table over."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from juncture.config._keys import COMPOSE
from juncture.config._parse import NOTHING, parse
from juncture.config._problems import InvalidError
from juncture.config._wording import type_name
from juncture.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from juncture.config._composed import Composed
    from juncture.config.types import Config, KindSchema

__all__ = ["find_root", "load"]

_FILE = "pyproject.toml"
_NEXT_STEP = 'add [tool.juncture] to it, and a service such as [tool.juncture.services.db] with kind = "postgres"'


def find_root(start: Path) -> Path | None:
    """Return the nearest folder, from ``start`` upwards, whose pyproject.toml has ``[tool.juncture]``.

    A file that can't be read, or that never says "juncture", is passed over unparsed; one that does and is not valid
    TOML raises ``ConfigError``.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        try:
            content = (folder / _FILE).read_bytes()
        except OSError:
            continue
        if b"juncture" in content:
            tool = _parse_toml(folder / _FILE, content).get("tool")
            if isinstance(tool, dict) and "juncture" in tool:
                return folder
    return None


def load(
    root: Path,
    *,
    kinds: Mapping[str, KindSchema],
    environ: Mapping[str, str] = NOTHING,
    overrides: Mapping[str, str] = NOTHING,
) -> Config:
    """Return the declaration of the project whose pyproject.toml is in ``root``.

    ``Config.root`` is ``root`` without symbolic links; the project's name is ``[project].name`` or that of the folder.
    """
    root = root.resolve()
    file = root / _FILE
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        raise ConfigError("there is no such file", where=str(file), hint=f"create it and {_NEXT_STEP}") from None
    except OSError as error:
        raise ConfigError(
            f"can't be read: {error.strerror}", where=str(file), hint="check the path and its mode"
        ) from error
    document = _parse_toml(file, content)
    tool = _as_table(document.get("tool", {}), "tool")
    if "juncture" not in tool:
        raise ConfigError("has no [tool.juncture]", where=str(file), hint=_NEXT_STEP)
    name = _as_table(document.get("project", {}), "project").get("name", "")
    if not isinstance(name, str):
        raise ConfigError(f"must be a string, not {type_name(name)}", where=f"{_FILE}: project.name")
    table = _as_table(tool["juncture"], "tool.juncture")
    return parse(
        table,
        root=root,
        kinds=kinds,
        project=name or root.name,
        named=bool(name),
        environ=environ,
        overrides=overrides,
        composed=_composed(table, root, kinds, environ),
    )


def _composed(
    table: Mapping[str, object], root: Path, kinds: Mapping[str, KindSchema], environ: Mapping[str, str]
) -> Composed | None:
    """Return the services of the compose file that the table names; what else it names is the parser's to refuse."""
    if "compose" not in table:
        return None
    from juncture.config._compose import read_compose  # noqa: PLC0415 - few projects have one

    over = table.get("services", {})
    try:
        file = COMPOSE.form.read(table["compose"])
    except InvalidError:
        return None
    return read_compose(
        root,
        file,
        kinds=kinds,
        environ=environ,
        over=over if isinstance(over, dict) else {},
        where=f"{_FILE}: tool.juncture.compose",
    )


def _as_table(value: object, path: str) -> dict[str, object]:
    """Return the value as the table that it must be."""
    if isinstance(value, dict):
        return value
    raise ConfigError(f"must be a table, not {type_name(value)}", where=f"{_FILE}: {path}")


def _parse_toml(file: Path, content: bytes) -> dict[str, object]:
    """Parse what the file holds; ``ConfigError`` names file, line and column of what is not TOML."""
    import tomllib  # noqa: PLC0415 - a pytest run without a declaration never needs it

    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        column = error.start - content.rfind(b"\n", 0, error.start)
        raise ConfigError("not UTF-8", where=f"{file}:{line}:{column}", hint="save the file as UTF-8") from error
    except (ValueError, RecursionError) as error:
        what, place = _split_place(str(error), content.decode())
        raise ConfigError(f"not valid TOML: {what}", where=f"{file}{place}") from error


def _split_place(message: str, text: str) -> tuple[str, str]:
    """Split tomllib's message into what is wrong and ``:line:column``; the latter is empty where there is none.

    Before Python 3.14 the message is the only place that tells them.
    """
    match = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", message, re.DOTALL)
    if match is None:
        return message, ""
    if match[2]:
        return match[1], f":{match[2]}:{match[3]}"
    lines = text.replace("\r\n", "\n").split("\n")
    return match[1], f":{len(lines)}:{len(lines[-1]) + 1}"
