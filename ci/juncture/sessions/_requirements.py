"""What a session's environment needs: juncture as it is imported here, the project, and what its tests want."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from juncture.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["checkout_of", "direct_url", "own_requirement", "project_requirements", "read_pyproject"]

FOR_TESTS = ("test", "tests")
FOR_ALL = ("dev",)
"""Taken where a project sets nothing apart for its tests: it is what ``uv add --dev`` fills."""


def read_pyproject(root: Path) -> dict[str, Any]:
    """Read ``root``'s pyproject.toml; empty where there is none."""
    try:
        return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(str(error), where=str(root / "pyproject.toml")) from error


def checkout_of(package: Path) -> Path | None:
    """Return the source checkout that the imported package lies in, if it does."""
    if package.parent.name == "ci":
        checkout = package.parents[1]
        if read_pyproject(checkout).get("project", {}).get("name") == "juncture":
            return checkout
    return None


def direct_url(package: Path) -> str:
    """Return the text of the ``direct_url.json`` that an installer left of the imported package.

    See PyPA's "Recording the Direct URL Origin of installed distributions". Empty for what came from an index, and for
    a checkout, whatever else is installed beside it.
    """
    if checkout_of(package) is not None:
        return ""
    try:
        return distribution("juncture").read_text("direct_url.json") or ""
    except PackageNotFoundError:
        return ""


def own_requirement(package: Path, version: str, direct_url: str) -> tuple[str, ...]:
    """Return the words that make an installer install juncture as it is imported here.

    ``package`` is the folder of the imported package; ``direct_url`` as the function of that name returns it. A file
    that has gone since is no source: then the version has to be found on an index.
    """
    if checkout := checkout_of(package):
        return ("--editable", str(checkout))
    if direct_url:
        origin = json.loads(direct_url)
        url = str(origin["url"])
        if url.startswith("file:"):
            path = Path(url2pathname(urlsplit(url).path))
            if path.exists():
                return (str(path),)
        elif vcs := origin.get("vcs_info"):
            return (f"juncture @ {vcs['vcs']}+{url}@{vcs['commit_id']}",)
        else:
            return (f"juncture @ {url}",)
    return (f"juncture=={version}",)


def project_requirements(
    root: Path,
    pyproject: Mapping[str, Any],
    expand: Callable[[dict[str, Any], str], tuple[str, ...]],
) -> tuple[str, ...]:
    """Return the words that make an installer, called in ``root``, install the project and what its tests want.

    The project itself is installed editable where it says how it is built. One that only lists its dependencies is an
    application run from its folder: the dependencies are installed, as uv does. What its tests want is the dependency
    group ``test`` or ``tests``, else the extra of that name, else the group or extra ``dev``. ``expand`` resolves a
    dependency group of a pyproject.toml's content: not every installer can.
    """
    group, extra = _wanted(pyproject)
    project = pyproject.get("project", {})
    if _is_built(root, pyproject):
        words = ["--editable", f".[{extra}]" if extra else "."]
    else:
        words = [*project.get("dependencies", []), *project.get("optional-dependencies", {}).get(extra, [])]
    return (*words, *(expand(dict(pyproject), group) if group else ()))


def _wanted(pyproject: Mapping[str, Any]) -> tuple[str, str]:
    """Return the group or the extra that holds what the tests want, as ``(group, extra)`` with one of them empty."""
    groups = {_normal(name): str(name) for name in pyproject.get("dependency-groups", {})}
    extras = {_normal(name): str(name) for name in pyproject.get("project", {}).get("optional-dependencies", {})}
    for names in (FOR_TESTS, FOR_ALL):
        for name in names:
            if name in groups:
                return groups[name], ""
        for name in names:
            if name in extras:
                return "", extras[name]
    return "", ""


def _is_built(root: Path, pyproject: Mapping[str, Any]) -> bool:
    if not pyproject.get("tool", {}).get("uv", {}).get("package", True):
        return False
    if "build-system" in pyproject or (root / "setup.py").is_file():
        return True
    return "project" in pyproject and (root / "src").is_dir()


def _normal(name: str) -> str:
    """Normalize a group's or an extra's name (PEP 685 and 735)."""
    return re.sub(r"[-_.]+", "-", name).lower()
