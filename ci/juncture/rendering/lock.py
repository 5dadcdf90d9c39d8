"""``juncture.lock``: which image a tag was when it was looked up, by its digest, from where and on which day."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from typing import TYPE_CHECKING

from juncture.errors import ConfigError
from juncture.rendering.known_images import DATE, KNOWN, SOURCE
from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["NOTHING", "Lock", "Locked", "known", "lock_text", "parse_lock", "pinned"]

VERSION = 1
HEAD = """\
# Written by `juncture ci.lock`, and checked in: the images that rendered CI jobs run, by their digests.
version = 1
"""
KEYS = {"name", "digest", "source", "date"}
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class Locked(Value, kw_only=True):
    """One image: its reference with a tag, its digest, who said so, and when, as an ISO date."""

    name: str
    digest: str
    source: str
    date: str


class Lock(Value):
    """All images of a lock, in the order of their names."""

    images: tuple[Locked, ...] = ()

    def digest(self, name: str) -> str:
        """Return the digest of a reference; empty where the lock does not have it."""
        return next((image.digest for image in self.images if image.name == name), "")

    def with_images(self, images: Iterable[Locked]) -> Lock:
        """Return the lock with these images in place of those of the same names."""
        every = {image.name: image for image in (*self.images, *images)}
        return Lock(tuple(every[name] for name in sorted(every)))

    def of(self, names: Iterable[str]) -> Lock:
        """Return the lock with those of its images that are named."""
        wanted = set(names)
        return Lock(tuple(image for image in self.images if image.name in wanted))


NOTHING = Lock()


def known(name: str) -> Locked | None:
    """Return what juncture itself knows of a reference, without asking a registry."""
    return Locked(name=name, digest=KNOWN[name], source=SOURCE, date=DATE) if name in KNOWN else None


def pinned(reference: str, lock: Lock, *, where: str) -> str:
    """Return a reference with its digest: its own, the lock's, or one that is known.

    Raise `ConfigError` where there is none; no digest is made up.
    """
    if "@" in reference:
        return reference
    found = known(reference)
    digest = lock.digest(reference) or (found.digest if found else "")
    if not digest:
        raise ConfigError(
            f"no digest of the image {reference} is known, and a tag can become another image",
            where=where,
            hint="`juncture ci.lock` asks its registry and writes juncture.lock; or name the `digest` here",
        )
    return f"{reference}@{digest}"


def parse_lock(text: str, *, where: str) -> Lock:
    """Read the text of a lock; raise `ConfigError` where it is none that juncture writes."""
    hint = "remove the file, and write it again with `juncture ci.lock`"
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"not valid TOML: {error}", where=where, hint=hint) from None
    version = document.get("version")
    if version != VERSION:
        what = f"it is of version {version!r}, this juncture reads {VERSION}"
        raise ConfigError(what, where=where, hint=hint)
    images = []
    for table in document.get("image", []):
        if not isinstance(table, dict) or table.keys() != KEYS or not DIGEST.fullmatch(str(table["digest"])):
            what = f"an image has other keys than {', '.join(sorted(KEYS))}, or a digest that is none: {table!r}"
            raise ConfigError(what, where=where, hint=hint)
        day = table["date"]
        told = day.isoformat() if isinstance(day, date) else str(day)
        images.append(Locked(name=table["name"], digest=table["digest"], source=table["source"], date=told))
    return Lock().with_images(images)


def lock_text(lock: Lock) -> str:
    """Return the text of a lock."""
    rows = [
        f'\n[[image]]\nname = "{image.name}"\ndigest = "{image.digest}"\n'
        f'source = "{image.source}"\ndate = {image.date}\n'
        for image in lock.images
    ]
    return HEAD + "".join(rows)
