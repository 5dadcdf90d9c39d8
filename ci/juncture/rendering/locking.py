"""Bring a lock up to date: what is there stays, what is new is asked for, what nobody needs goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.errors import ProviderError
from juncture.rendering.lock import Lock, Locked, known

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["locked"]


def locked(
    names: Iterable[str],
    lock: Lock,
    ask: Callable[[str], tuple[str, str]] | None,
    *,
    today: str,
    refresh: bool = False,
) -> tuple[Lock, list[tuple[str, str]]]:
    """Return the lock with these images, and each name with what became of it.

    ``ask`` returns a digest and who said so; it is asked for what the lock lacks, with ``refresh`` for everything.
    Where it fails, or is None, what juncture knows by itself is taken, unless the lock was to be refreshed. Raise
    `ProviderError` where nobody tells a digest.
    """
    images, told = [], []
    for name in names:
        before = next((image for image in lock.images if image.name == name), None)
        image, became = before, "kept"
        if before is None or refresh:
            image, became = _new(name, ask, today=today, refresh=refresh)
            if before and before.digest == image.digest:
                image, became = before, "unchanged"
        if image:
            images.append(image)
        told.append((name, became))
    gone = sorted({image.name for image in lock.images} - {image.name for image in images})
    return Lock().with_images(images), [*told, *((name, "removed") for name in gone)]


def _new(name: str, ask: Callable[[str], tuple[str, str]] | None, *, today: str, refresh: bool) -> tuple[Locked, str]:
    """Return an image's entry as of today, and where it is from."""
    found = known(name)
    if ask is None:
        if found:
            return found, f"as known on {found.date}"
        what = f"no digest of the image {name} is known without its registry"
        raise ProviderError(what, where="ci.lock", hint="leave --offline out; or name the `digest` in the declaration")
    try:
        digest, source = ask(name)
    except ProviderError as error:
        if refresh or found is None:
            raise
        return found, f"as known on {found.date}: {error.what.partition(': ')[2]}"
    return Locked(name=name, digest=digest, source=source, date=today), f"from {source}"
