"""Hand over to the controller what a worker collected, where no journal says it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from juncture.pytesting.reports import groups_of, shared_fixtures

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

__all__ = ["FIRST", "FOLDER", "Handover", "handed_over"]

FOLDER = "JUNCTURE_HANDOVER"
"""The variable that names the controller's folder to the workers."""

FIRST = "gw0"
"""The worker that does it; all collect the same."""

FILE = "collected.json"


class Handover:
    """The plugin object of that worker."""

    def __init__(self, folder: str) -> None:
        """Take the controller's folder."""
        self._folder = Path(folder)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Write the file before xdist tells the controller that the collection is done."""
        tests = [
            {"id": item.nodeid, "group": group, "fixtures": shared_fixtures(item)}
            for item, group in zip(session.items, groups_of(session.items), strict=True)
        ]
        part = self._folder / f"{FILE}.part"
        try:
            part.write_text(json.dumps(tests), encoding="utf-8")
            part.replace(self._folder / FILE)
        except OSError:
            pass  # the controller is on another machine


def handed_over(folder: str) -> Sequence[dict[str, Any]]:
    """Return the tests in the folder; none where the worker died, or is on another machine."""
    try:
        text = (Path(folder) / FILE).read_text(encoding="utf-8")
    except OSError:
        return []
    tests: list[dict[str, Any]] = json.loads(text)
    return tests
