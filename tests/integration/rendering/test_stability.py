"""One text from one declaration: whichever Python renders it, and in whatever order sets and tables come."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import jinja2
import pipelines
import pytest
from pipelines import DECLARATIONS, EVERYWHERE, LOCK, layout_of, rendered

import juncture
from juncture.config import parse
from juncture.rendering.render import render
from juncture.services import schemas

RENDER = """
import hashlib, sys
from pipelines import DECLARATIONS, EVERYWHERE, rendered
for name in DECLARATIONS:
    for platform in EVERYWHERE:
        (file,) = rendered(name, platform)
        print(name, platform, hashlib.sha256(file.text.encode()).hexdigest())
"""


def pythons() -> list[str]:
    """Return the interpreters on the PATH that juncture supports and that really run, this one first."""
    found = [sys.executable]
    for version in sorted({"3.11", "3.12", "3.13", "3.14"} - {"{}.{}".format(*sys.version_info)}):
        name = shutil.which(f"python{version}")
        words = [name or "", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        if name and subprocess.run(words, capture_output=True, text=True, check=False).stdout == f"{version}\n":
            found.append(name)
    return found


def reversed_tables(value: Any) -> Any:
    """Return a table with its keys, and those of the tables in it, in the opposite order."""
    if isinstance(value, dict):
        return {name: reversed_tables(inner) for name, inner in reversed(value.items())}
    return value


@pytest.mark.parametrize("name", DECLARATIONS)
def test_order_of_tables_does_not_matter(name: str) -> None:
    """Who moves a service or a variable to another place in the file changes no job."""
    table = reversed_tables(tomllib.loads(DECLARATIONS[name]))
    config = parse(table, root=Path("/project"), kinds=schemas(), project="Some shop")
    for platform in EVERYWHERE:
        assert render(config, LOCK, layout_of(name), [platform]) == rendered(name, platform)


@pytest.mark.parametrize("python", pythons(), ids=os.path.basename)
def test_texts_are_equal_byte_by_byte(python: str) -> None:
    """Thirteen declarations, all platforms of CI, and hashes of strings that differ from run to run."""
    expected = [
        f"{name} {platform} {hashlib.sha256(rendered(name, platform)[0].text.encode()).hexdigest()}"
        for name in DECLARATIONS
        for platform in EVERYWHERE
    ]
    # Jinja is pure Python where its helper's C module is for another version.
    folders = (Path(juncture.__file__).parents[1], Path(pipelines.__file__).parent, Path(jinja2.__file__).parents[1])
    variables = {"PYTHONPATH": os.pathsep.join(map(str, folders)), "PYTHONHASHSEED": "random"}
    done = subprocess.run([python, "-c", RENDER], env=variables, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == expected
