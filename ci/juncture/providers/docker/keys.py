"""What a container's key is made from, and the password that proves that the server in it is ours."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import TYPE_CHECKING

from juncture.host.folders import secret
from juncture.providers.docker.places import VERSION, home_id

if TYPE_CHECKING:
    from pathlib import Path

    from juncture.providers.docker.places import Place
    from juncture.services.kinds import Image

__all__ = ["key", "password_of"]


def key(  # noqa: PLR0913 - all that makes a difference
    kind: str, recipe: Image, place: Place, *, image: str, reference: str, tmpfs: tuple[str, ...], once: bool
) -> str:
    """Return the name of what a container is made from: no port, no password and no chance is part of it.

    ``image`` is the image's id; where the engine does not have it yet, the ``reference`` stands for it. ``once`` makes
    the key this run's own.
    """
    identity = [
        VERSION,
        home_id(place.home),
        place.engine.identity() if image else "",
        image or reference,
        recipe.command,
        sorted(recipe.environment("").items()),
        sorted(recipe.files("").items()),
        tmpfs,
        recipe.health,
        recipe.memory,
        place.run if once else "",
    ]
    return f"{kind}-{hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:12]}"


def password_of(home: Path, key: str) -> str:
    """Return the password of a server in a container of ours: who knows it is the one, and nobody else has it."""
    return hmac.new(secret(home).encode(), key.encode(), hashlib.sha256).hexdigest()[:40]
