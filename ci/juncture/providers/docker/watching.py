"""Tell the keeper which containers it has to remove once nobody uses them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.host import keeper
from juncture.host.removal import HOME_LABEL, KEY_LABEL, RUN_LABEL
from juncture.providers.docker.places import home_id

if TYPE_CHECKING:
    from juncture.providers.docker.places import Place

__all__ = ["watch", "watch_forgotten"]


def watch(place: Place, *, key: str, name: str, port: int, once: bool) -> bool:
    """Have the keeper watch the container of a key, and return whether it watched none before."""
    watched = keeper.Watch(
        key=key,
        engine=place.engine,
        name=name,
        home_id=home_id(place.home),
        port=port,
        idle=place.idle,
        once=once,
    )
    return keeper.watch(place.home, watched)


def watch_forgotten(place: Place) -> None:
    """Have the keeper watch this home's other containers too: those of a keeper that was killed, say.

    Raise `EngineError` where the engine does not tell them.
    """
    known = {running.key for running in keeper.running(place.home)}
    for row in place.engine.containers(f"{HOME_LABEL}={home_id(place.home)}"):
        key, name = row["Labels"].get(KEY_LABEL, ""), next(iter(row["Names"]), "").removeprefix("/")
        if key and name and key not in known:
            watch(place, key=key, name=name, port=0, once=RUN_LABEL in row["Labels"])
