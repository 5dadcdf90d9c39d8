"""What a home has built on an engine, beside its `tests.support.moorings`."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from moorings import Moorings

from juncture.providers.docker.containers import HOME_LABEL
from juncture.providers.docker.places import home_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from juncture.host.engine import Engine


def images_of(engine: Engine, home: Path) -> list[str]:
    """Return the names of the images that were built for a home."""
    filters = quote(json.dumps({"label": [f"{HOME_LABEL}={home_id(home)}"]}))
    return [name for row in engine.ask("GET", f"/images/json?filters={filters}") for name in row["RepoTags"] or []]


@contextmanager
def moored(engine: Engine, home: Path) -> Iterator[Moorings]:
    """Give what a home has on an engine; all of it, and what was built, is gone afterwards."""
    moorings = Moorings(engine, home)
    try:
        yield moorings
    finally:
        moorings.remove()
        for image in images_of(engine, home):
            engine.ask("DELETE", f"/images/{quote(image, safe='/:')}?force=1", patience=30)
