"""A project whose data files are combined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from measured import Project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return an empty project."""
    made = Project(tmp_path)
    made.bundle.mkdir(parents=True)
    made.settings.write_text("[run]\nrelative_files = true\n")
    return made
