"""Imports point down the ladder, never up and never round in a circle; lazy and type-only ones count too."""

from __future__ import annotations

import ast
import graphlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import juncture

PACKAGE = Path(juncture.__file__).parent

LADDER = (
    {"errors", "values"},
    {"model"},
    {"testing"},
    {"config"},
    {"host"},
    {"services"},
    {"stubs"},
    {"providers"},
    {"provisioning"},
    {"isolation"},
    {"recording"},
    {"sharding"},
    {"merging"},
    {"reporting"},
    {"rendering"},
    {"migrations", "plugin", "program", "pytesting", "sessions", "tasks"},
    {"__main__"},
)
RUNGS = {name: rung for rung, names in enumerate(LADDER) for name in names}

ALLOWED = {
    "alembic": ("juncture.migrations",),
    "coverage": ("juncture.merging", "juncture.pytesting.measure"),
    "docker": ("juncture.providers.docker",),
    "invoke": ("juncture.program", "juncture.tasks"),
    "jinja2": ("juncture.rendering",),
    "nox": ("juncture.sessions",),
    "pytest": ("juncture.migrations._tests", "juncture.plugin", "juncture.pytesting"),
    "xdist": ("juncture.plugin", "juncture.pytesting"),
    "yaml": ("juncture.config._compose",),
}
"""What is imported in few places, and where."""


@dataclass(frozen=True, slots=True)
class Import:
    """One import of one module, by its full name; ``line`` is where it stands."""

    module: str
    line: int
    target: str


@cache
def modules() -> dict[str, Path]:
    """Return every module of the package by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = ("juncture", *path.relative_to(PACKAGE).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports_in(name: str, source: str, *, known: frozenset[str], package: bool) -> list[Import]:
    """Return every import in a module's source, wherever it stands; ``known`` tells modules from other names."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [Import(name, node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = name.split(".") + ([""] if package else [])
                base = ".".join(filter(None, [*parents[: -node.level], base]))
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                found.append(Import(name, node.lineno, inner if inner in known else base))
    return found


@cache
def imports() -> tuple[Import, ...]:
    """Return every import in the package."""
    known = frozenset(modules())
    return tuple(
        found
        for name, path in modules().items()
        for found in imports_in(name, path.read_text(), known=known, package=path.name == "__init__.py")
    )


def rung_of(module: str) -> int:
    """Return a module's rung; the package itself, which imports nothing, is the lowest."""
    _, _, rest = module.partition(".")
    return RUNGS[rest.partition(".")[0]] if rest else -1


def upward(found: Import) -> bool:
    """Tell whether an import points up the ladder."""
    return found.target.partition(".")[0] == "juncture" and rung_of(found.target) > rung_of(found.module)


def foreign(found: Import) -> bool:
    """Tell whether an import brings a library to where it is not allowed."""
    places = ALLOWED.get(found.target.partition(".")[0])
    return places is not None and not any(f"{found.module}.".startswith(f"{place}.") for place in places)


def test_every_module_has_a_rung() -> None:
    """A new top-level module has to be given its place on the ladder."""
    tops = {name.split(".")[1] for name in modules() if "." in name}
    assert tops <= set(RUNGS)


def test_no_import_points_upward() -> None:
    """No module knows of what is built on it."""
    assert [found for found in imports() if upward(found)] == []


def test_no_import_cycle() -> None:
    """The modules can be put in an order in which each needs only those before it."""
    graph: dict[str, set[str]] = {name: set() for name in modules()}
    for found in imports():
        if found.target in graph and found.target != found.module:
            graph[found.module].add(found.target)
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" -> ".join(reversed(error.args[1])))


def test_heavy_libraries_stay_in_their_modules() -> None:
    """Nox, Invoke, Docker, Jinja and pytest are each imported where they are spoken to, and nowhere else."""
    assert [found for found in imports() if foreign(found)] == []


@pytest.mark.parametrize(
    "source",
    [
        "import juncture.plugin",
        "from juncture import plugin",
        "from juncture.plugin import x",
        "from ..plugin import x",
        "from .. import plugin",
        "def f():\n    import juncture.plugin",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from juncture.plugin import x",
    ],
)
def test_upward_import_is_seen_in_every_form(source: str) -> None:
    """The walk itself sees an upward import, however it is written."""
    known = frozenset({"juncture", "juncture.config", "juncture.config.types", "juncture.plugin"})
    found = imports_in("juncture.config.types", source, known=known, package=False)
    assert any(map(upward, found))


def test_relative_import_in_a_package_is_resolved() -> None:
    """One dot in a package's ``__init__`` is the package itself."""
    known = frozenset({"juncture.config", "juncture.config.types"})
    found = imports_in("juncture.config", "from . import types\nfrom .types import x", known=known, package=True)
    assert {each.target for each in found} == {"juncture.config.types"}


def test_foreign_import_is_seen() -> None:
    """The walk itself sees a library where it does not belong, and lets it be where it does."""
    assert foreign(Import("juncture.tasks._common", 1, "nox.project"))
    assert not foreign(Import("juncture.sessions._nox", 1, "nox"))
    assert not foreign(Import("juncture.tasks._services", 1, "invoke"))
