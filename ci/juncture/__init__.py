"""A CI pipeline kit for Python projects with integration tests.

What a user imports: ``juncture.sessions.register`` in a noxfile, ``juncture.tasks`` in an Invoke tasks file; the pytest
plugin comes by its entry point.
"""

from __future__ import annotations

__all__ = ["__version__"]

__version__ = "0.1.0"
