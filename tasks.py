"""What a user's tasks.py has, once ``ci/`` can be imported; and the task that writes the samples in templates/."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from invoke.tasks import task

sys.path.insert(0, str(Path(__file__).resolve().parent / "ci"))

from juncture.tasks import namespace

__all__ = ["namespace"]


@task()
def samples(_context: Any) -> None:
    """Write the samples of CI jobs in templates/ anew."""
    from juncture.rendering.samples import samples as every  # noqa: PLC0415 - no other task needs Jinja

    for file in every():
        path = Path(__file__).parent / "templates" / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text, encoding="utf-8")


namespace.add_task(samples)
