"""`inv --list` shows the tasks; `juncture --list` shows the same."""

from juncture.tasks import namespace

__all__ = ["namespace"]
