"""Tests of the package ``juncture.config`` itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import juncture.config


def test_public_names_are_the_declared_ones() -> None:
    """Whatever has no underscore is in ``__all__``, but for the documented modules and the compiler's flag."""
    public = {name for name in dir(juncture.config) if not name.startswith("_")}
    assert public - {"annotations", "ci", "deny", "quarantine", "schema", "types"} == set(juncture.config.__all__)


def test_import_leaves_slow_modules_out() -> None:
    """What only an error or a file needs is not imported with the package, since pytest starts with it."""
    code = "import sys, juncture.config; print(*sorted({'difflib', 'json', 'tomllib'} & set(sys.modules)))"
    root = Path(juncture.config.__file__).parents[2]
    environ = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
