"""Real pytest runs, and what their journals say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from juncture.recording.journal import read
from juncture.recording.outcomes import RunRecord, read_run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from juncture.recording.journal import Event

__all__ = ["DROPPED", "NO_SERVICES", "Recorded", "words"]

NO_SERVICES = '[project]\nname = "small"\nversion = "1"\n[tool.juncture]\n'

DROPPED = (
    "CI",
    "COVERAGE_PROCESS_CONFIG",
    "COVERAGE_PROCESS_START",
    "JUNCTURE_COVERAGE",
    "JUNCTURE_RUN",
    "JUNCTURE_SUITE",
    "PYTEST_XDIST_WORKER",
)


class Recorded:
    """A run that left journals."""

    def __init__(self, result: pytest.RunResult, bundle: Path) -> None:
        """Read what is in the bundle."""
        self.result = result
        self.bundle = bundle
        self.journals = {path.name: read(path) for path in sorted(bundle.glob("journal-*.jsonl"))}

    @property
    def record(self) -> RunRecord:
        """Return the run's record."""
        return read_run(list(self.journals.values()))

    def events(self, kind: str) -> list[Event]:
        """Return the events of one kind from all journals."""
        return [event for events in self.journals.values() for event in events if event["event"] == kind]


def words(event: Event, *names: str) -> tuple[Any, ...]:
    """Return some members of an event."""
    return tuple(event.get(name) for name in names)
