"""What a prune removes from the engine: containers, then what only they kept there."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote

from juncture.host import leases, slots
from juncture.host.engine import EngineError
from juncture.host.folders import lease_path
from juncture.providers.docker import ours
from juncture.provisioning._prune_items import Item

if TYPE_CHECKING:
    from collections.abc import Iterator

    from juncture.providers.docker.ours import Container
    from juncture.provisioning._prune_items import Rest

__all__ = ["containers", "others"]

REMOVED_WITHIN = 60.0
"""Seconds that the engine may take to delete an image."""

EMPTY, UNUSED = "no container is in it", "built here; no container is made from it"


def containers(rest: Rest) -> Iterator[Item]:
    """Remove the containers that nobody uses, in any state, with their anonymous volumes."""
    engine = rest.docked.engine
    for container in rest.docked.containers:
        assert engine is not None  # noqa: S101 - it told us of the container
        size = container.memory
        try:
            goes = _is_idle(rest, container) if rest.dry_run else ours.remove(engine, rest.home, container)
        except (EngineError, OSError) as error:
            rest.problems.append(f"{container.name} could not be removed: {error}")
            continue
        if goes:
            yield Item("container", container.name, size, _why(rest, container))
        else:
            rest.used.append(container.name)


def others(rest: Rest) -> Iterator[Item]:
    """Remove network, volumes and built images that no container needs any more."""
    engine, identity = rest.docked.engine, rest.docked.identity
    if engine is None or identity is None:
        return
    left = [container for container in rest.docked.containers if container.name in rest.used]
    kept = {container.image_id for container in left}
    try:
        for network in [] if left else ours.networks(engine, identity):
            with _alone(rest, "network-use") as alone:  # whoever makes a container in it holds this, shared
                new = [] if rest.dry_run else ours.containers(engine, identity)
                if alone and not new:
                    yield from _deleted(rest, Item("network", network.name, None, EMPTY), f"/networks/{network.id}")
        for volume in ours.volumes(engine, identity):
            path = f"/volumes/{quote(volume.id, safe='')}"
            yield from _deleted(rest, Item("volume", volume.name, None, "no container has it"), path)
        for image in ours.images(engine, identity):
            with _alone(rest, f"build-{image.name.partition(':')[2]}") as alone:
                if alone and image.id not in kept:
                    path = f"/images/{quote(image.name, safe='/:@')}"
                    yield from _deleted(rest, Item("image", image.name, image.size, UNUSED), path)
    except (EngineError, OSError) as error:
        rest.problems.append(f"the engine does not tell what else it has of ours: {error}")


@contextmanager
def _alone(rest: Rest, name: str) -> Iterator[bool]:
    """Tell whether nobody else is at work on something, and see to it that nobody begins; a dry run only looks."""
    path = lease_path(rest.home, name)
    if rest.dry_run:
        yield not leases.holders(path)
        return
    lease = ours.won(path)
    try:
        yield lease is not None
    finally:
        if lease:
            lease.retire()


def _deleted(rest: Rest, item: Item, path: str) -> Iterator[Item]:
    """Delete one thing; the engine itself refuses where something of somebody's needs it."""
    assert rest.docked.engine is not None  # noqa: S101 - it told us of the thing
    try:
        if not rest.dry_run:
            rest.docked.engine.ask("DELETE", path, patience=REMOVED_WITHIN)
    except EngineError as error:
        rest.problems.append(f"the {item.what} {item.name} stays: {error}")
    else:
        yield item


def _is_idle(rest: Rest, container: Container) -> bool:
    return not leases.holders(lease_path(rest.home, f"server-{container.key}"))


def _why(rest: Rest, container: Container) -> str:
    kept = len(slots.given(rest.home, container.key))
    also = f"{kept} kept namespace{'' if kept == 1 else 's'}" if kept else ""
    told = {"created": "never started", "exited": "ended", "paused": "paused", "dead": "dead"}.get(container.state)
    return "; with ".join(filter(None, [told or "nobody uses it", also]))
