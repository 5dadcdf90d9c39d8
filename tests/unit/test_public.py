"""What a package shows is what its ``__all__`` says."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import types
from pathlib import Path

import pytest

import juncture

PACKAGES = [
    juncture.__name__,
    *(module.name for module in pkgutil.walk_packages(juncture.__path__, "juncture.") if module.ispkg),
]


@pytest.mark.parametrize("name", PACKAGES)
def test_dir_is_all(name: str) -> None:
    """A public name is in ``__all__``, or is a module (an import path of its own), or comes from elsewhere."""
    package = importlib.import_module(name)
    declared = getattr(package, "__all__", [])
    hidden = _from_elsewhere(package) | {each for each in dir(package) if _is_submodule(package, each)}
    shown = {each for each in dir(package) if not each.startswith("_")}
    assert shown - hidden == {each for each in declared if not each.startswith("_")} - hidden
    assert all(hasattr(package, each) for each in declared)
    assert len(declared) == len(set(declared))


@pytest.mark.parametrize("name", PACKAGES)
def test_package_says_what_it_is(name: str) -> None:
    """Every package opens with a docstring."""
    assert importlib.import_module(name).__doc__


def _is_submodule(package: types.ModuleType, name: str) -> bool:
    value = getattr(package, name, None)
    return isinstance(value, types.ModuleType) and value.__name__ == f"{package.__name__}.{name}"


def _from_elsewhere(package: types.ModuleType) -> set[str]:
    """Return the names that a package's ``__init__`` imports from outside the package."""
    names = set()
    for node in ast.walk(ast.parse(Path(str(package.__file__)).read_text())):
        if isinstance(node, ast.Import | ast.ImportFrom):
            origin = getattr(node, "module", "") or ""
            if not f"{origin}.".startswith(f"{package.__name__}."):
                names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    return names
