"""What a user's tasks.py has, once ``ci/`` can be imported."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "ci"))

from juncture.tasks import namespace

__all__ = ["namespace"]
