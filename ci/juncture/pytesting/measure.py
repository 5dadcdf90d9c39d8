"""Measure coverage in this process, from just before the first conftest on.

Measuring from the interpreter's start, as ``coverage run`` does, would trace pytest's own imports and cost each worker
0.1 s before its first test; the application is not imported earlier than its conftests.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coverage import Coverage

__all__ = ["Measure"]


class Measure:
    """What is measured of this process, to be saved at its end, before the journal's last line."""

    def __init__(self, settings: str) -> None:
        """Start measuring with coverage's configuration file ``settings``; subprocesses are measured as it says."""
        from coverage import Coverage as Measurement  # noqa: PLC0415 - 40 ms, for measured runs only

        self._coverage: Coverage = Measurement(config_file=settings, messages=False)
        self._coverage.start()

    def save(self) -> None:
        """Stop measuring and save: a process that is killed before this leaves no data, and no closing line either."""
        from coverage.exceptions import CoverageException  # noqa: PLC0415 - as above

        self._coverage.stop()
        try:
            self._coverage.save()
        except (CoverageException, OSError) as error:  # the journal says that there ought to be data
            sys.stderr.write(f"juncture: the coverage of this process could not be saved: {error}\n")
