"""One owner of coverage: juncture measures, with the user's settings and a few of its own on top."""

from __future__ import annotations

import configparser
import io
import re
import shlex
import tomllib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from juncture.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from juncture.sessions._arguments import Adopted

__all__ = ["Settings", "addopts_with_cov", "rcfile", "read_settings"]

Settings = dict[str, dict[str, str]]
"""Coverage's settings as its ini files have them: section -> option -> text, lists one element a line."""

ONE_PROCESS_ONLY = ("module-not-imported", "no-data-collected")
"""Warnings that hold for one process of many, and so say nothing here: the merge knows what the whole run measured."""

PATCHES = ("_exit", "execv", "fork", "subprocess")
"""Coverage's patches for processes that it would lose: those that end by ``os._exit``, as the children of
``multiprocessing`` do, that become another program or fork, and those that a measured one starts."""

PREFIXED = ("setup.cfg", "tox.ini")
"""Files that coverage shares with other programs: its sections begin with ``coverage:`` there."""


def read_settings(root: Path, config: str = "") -> Settings:
    """Read the user's settings, from ``config`` where it is named, else from the first file that coverage would take.

    Raises ``ConfigError`` where a file can't be read, or says what an ini file can't.
    """
    if config:
        return _read_file(root / config, own=True)
    for name in (".coveragerc", ".coveragerc.toml", *PREFIXED, "pyproject.toml"):
        own = name.startswith(".coveragerc")
        if (root / name).is_file() and ((settings := _read_file(root / name, own=own)) or own):
            return settings
    return {}


def rcfile(settings: Settings, adopted: Adopted, *, context: str, tests: Iterable[str]) -> str:
    """Return the text of the configuration file that juncture runs coverage with.

    The user's settings stay, but for what makes a measurement mergeable: data files of its own for each process, below
    the bundle, with relative paths and ``context``; subprocesses measured too, however they end. Where the user names
    no source, the whole root but the ``tests`` and the task files is measured.
    """
    text = configparser.ConfigParser(interpolation=None)
    text.read_dict(settings)
    for section in ("run", "report"):
        if not text.has_section(section):
            text.add_section(section)
    run = text["run"]
    if adopted.source:
        run["source"] = _lines(adopted.source)
    elif not any(option in run for option in ("source", "source_pkgs", "source_dirs", "include")):
        run["source"] = "."
        run["omit"] = _lines([*_elements(run.get("omit", "")), *_omitted(tests)])
    if adopted.branch:
        run["branch"] = "true"
    if adopted.fail_under:
        text["report"]["fail_under"] = adopted.fail_under
    run["disable_warnings"] = _lines(sorted({*_elements(run.get("disable_warnings", "")), *ONE_PROCESS_ONLY}))
    run["context"] = context
    run["data_file"] = "${JUNCTURE_COVERAGE_DATA-data}"
    run["parallel"] = "true"
    run["patch"] = _lines(sorted({*_elements(run.get("patch", "")), *PATCHES}))
    run["relative_files"] = "true"
    run["sigterm"] = "true"  # how the project's own processes are ended
    written = io.StringIO()
    text.write(written)
    return written.getvalue()


def addopts_with_cov(root: Path, environ: Mapping[str, str]) -> str:
    """Return where pytest's standing options ask for pytest-cov, or an empty text.

    Only the first file that pytest would take counts.
    """
    if _asks_for_cov(environ.get("PYTEST_ADDOPTS", "")):
        return "PYTEST_ADDOPTS"
    for name, keys in (
        ("pytest.toml", ("pytest",)),
        (".pytest.toml", ("pytest",)),
        ("pytest.ini", ("pytest",)),
        (".pytest.ini", ("pytest",)),
        ("pyproject.toml", ("tool", "pytest")),
        ("tox.ini", ("pytest",)),
        ("setup.cfg", ("tool:pytest",)),
    ):
        path = root / name
        if not path.is_file():
            continue
        table: Any = _tables(path)
        for key in keys:
            table = table.get(key, {})
        table = table.get("ini_options", table)
        if table or name in {"pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini"}:
            return f"{name}: addopts" if _asks_for_cov(table.get("addopts", "")) else ""
    return ""


def _asks_for_cov(addopts: str | list[str]) -> bool:
    words = addopts if isinstance(addopts, list) else shlex.split(addopts)
    return any(word.partition("=")[0] == "--cov" or word.startswith("--cov-") for word in words)


def _omitted(tests: Iterable[str]) -> list[str]:
    """Return the patterns of what is no part of the program: task files, and the folder that holds the tests."""
    patterns = {"conftest.py", "noxfile.py", "setup.py", "tasks.py"}
    for folder in tests:
        parts = PurePosixPath(folder).parts
        top = next((index for index, part in enumerate(parts, 1) if part in {"test", "tests"}), len(parts))
        patterns.add("/".join((*parts[:top], "*")))
    return sorted(patterns)


def _tables(path: Path) -> dict[str, Any]:
    """Read a TOML or ini file as nested mappings."""
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".toml":
            return tomllib.loads(text)
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, configparser.Error) as error:
        raise ConfigError(str(error), where=path.name) from error
    return {name: dict(parser[name]) for name in parser.sections()}


def _read_file(path: Path, *, own: bool) -> Settings:
    tables = _tables(path)
    if path.suffix == ".toml":
        shared = tables.get("tool", {}).get("coverage", {})
        return {
            section: {key: _text(path, f"{section}.{key}", value) for key, value in options.items()}
            for section, options in (shared or (tables if own else {})).items()
        }
    return {
        name.removeprefix("coverage:"): {key: _escaped(value.splitlines()) for key, value in options.items()}
        for name, options in tables.items()
        if own or name.startswith("coverage:")
    }


def _text(path: Path, key: str, value: object) -> str:
    """Return a value of a TOML file as an ini file has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return _escaped(map(str, value))
    if isinstance(value, dict):
        raise ConfigError(
            "juncture can't hand a nested table on to coverage",
            where=f"{path.name}: tool.coverage.{key}",
            hint="move coverage's settings to a file .coveragerc, which is carried over as it is",
        )
    return str(value)


def _escaped(lines: Iterable[str]) -> str:
    """Join the elements of a list, each on its own line, so that none is taken for an ini file's comment.

    The elements are regular expressions wherever they may begin with a ``#``.
    """
    return _lines(re.sub(r"^([#;])", r"\\\1", line.strip()) for line in lines)


def _lines(values: Iterable[str]) -> str:
    lines = list(values)
    return lines[0] if len(lines) == 1 else "".join(f"\n{line}" for line in lines)


def _elements(text: str) -> list[str]:
    """Split a list as coverage does."""
    return [element for element in map(str.strip, re.split(r"[,\n]", text)) if element]
