"""The programs of servers that are in no wheel: what needs one is skipped by its name where it is not there."""

from __future__ import annotations

import os
import shutil

import pytest

__all__ = ["missing", "needs"]

FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
"""Where servers are besides the PATH of most users."""


def missing(*programs: str) -> list[str]:
    """Return those of the programs that this machine does not have."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *FOLDERS))
    return [program for program in programs if shutil.which(program, path=path) is None]


def needs(*programs: str) -> pytest.MarkDecorator:
    """Return the mark of a test that starts such programs; where all is mandatory, a test that is skipped fails."""
    absent = missing(*programs)
    reason = f"there is no {' and no '.join(absent)}: tests/images/programs installs it"
    return pytest.mark.skipif(bool(absent), reason=reason)
