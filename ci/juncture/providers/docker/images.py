"""Images: which one a service runs from, whether the engine has it, and how it gets it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from juncture.errors import ProviderError
from juncture.host import leases
from juncture.host.folders import lease_path
from juncture.providers.docker.sdk import client, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from juncture.config import Service
    from juncture.providers.docker.places import Place
    from juncture.services.kinds import Image

__all__ = ["MissingImageError", "digest_of", "obtain", "reference_of", "version_of"]

PULLED_WITHIN = 1800.0
"""Seconds that another process may take to pull the same image."""

TOLD_EVERY = 2.0
"""Seconds between two lines of progress."""

MEGABYTE = 1_000_000


class MissingImageError(ProviderError):
    """The engine has no such image, and can't get it."""

    @property
    def short(self) -> str:
        """What is the matter, without the reason."""
        return self.what.partition(": ")[0]


def reference_of(service: Service, image: Image | None) -> str:
    """Return what to ask the engine for: the declared image, else the catalogue's of the declared version.

    A declared digest takes the place of the tag: it alone decides.
    """
    reference = service.image or (image.reference(service.version) if image else "")
    if service.digest:
        return f"{_repository(reference)}@{service.digest}"
    return reference


def digest_of(reference: str, found: Mapping[str, Any]) -> str:
    """Return the digest (``sha256:...``) that an image has in the repository of its reference; empty for none there.

    The same image may have come from, or gone to, other registries too: their digests pin nothing here. ``found`` is
    what the engine knows of the image.
    """
    asked = _short(_repository(reference))
    pairs = (name.partition("@") for name in found.get("RepoDigests") or ())
    return next((digest for repository, _, digest in pairs if _short(repository) == asked), "")


def obtain(place: Place, reference: str, *, service: str) -> Mapping[str, Any]:
    """Return what the engine knows of an image, pulling it where it is not there, with lines of progress.

    Two processes never pull at once. Raise `MissingImageError` with the next step where it can't be had.
    """
    engine, lease = place.engine, lease_path(place.home, "pull")
    with leases.hold(lease, exclusive=True, timeout=PULLED_WITHIN, purpose=f"pull {reference}"):
        if (found := engine.image(reference)) is not None:
            return found
        _pull(place, reference, service=service)
    found = engine.image(reference)
    if found is None:
        raise MissingImageError(f"the engine pulled {reference}, but does not have it", where=f"service {service}")
    return found


def _pull(place: Place, reference: str, *, service: str) -> None:
    began = time.monotonic()
    progress = Progress(f"{service}: pulling {reference}", place.tell)
    with (
        client(place.engine, place.environ) as docker,
        refused(service, f"{reference} can't be pulled", error=MissingImageError),
    ):
        repository = reference if "@" in reference or ":" in reference.rpartition("/")[2] else f"{reference}:latest"
        events: Iterable[Mapping[str, Any]] = docker.api.pull(repository, stream=True, decode=True)
        for event in events:
            if "error" in event:
                raise MissingImageError(
                    f"{reference} can't be pulled: {event['error']}",
                    where=f"service {service}",
                    hint=f"`docker pull {reference}` shows more; log in, name another `image`, or use "
                    "JUNCTURE_PROVIDER=embedded",
                )
            progress.add(event)
    place.tell(f"{service}: pulled {reference} in {time.monotonic() - began:.0f} s")


class Progress:
    """The state of a pull, told in a line now and then."""

    def __init__(self, what: str, tell: Callable[[str], None]) -> None:
        """Begin a pull; ``what`` says of what."""
        self.what = what
        self.tell = tell
        self._layers: dict[str, tuple[int, int]] = {}
        self._told = time.monotonic()

    def add(self, event: Mapping[str, Any]) -> None:
        """Take in one event of the engine, and tell the sum where it is time to."""
        detail = event.get("progressDetail") or {}
        if event.get("status") == "Downloading" and "total" in detail:
            self._layers[str(event.get("id"))] = (int(detail["current"]), int(detail["total"]))
        elif event.get("status") in {"Download complete", "Pull complete"} and event.get("id") in self._layers:
            total = self._layers[str(event["id"])][1]
            self._layers[str(event["id"])] = (total, total)
        if self._layers and time.monotonic() - self._told >= TOLD_EVERY:
            self._told = time.monotonic()
            self.tell(self.line())

    def line(self) -> str:
        """Return how much of the known layers is there."""
        current = sum(layer[0] for layer in self._layers.values())
        total = sum(layer[1] for layer in self._layers.values())
        return f"{self.what}, {current / MEGABYTE:.0f} of {total / MEGABYTE:.0f} MB"


def version_of(reference: str) -> str:
    """Return the version that a tag tells; empty where there is no tag."""
    tag = reference.partition("@")[0].rpartition("/")[2].partition(":")[2]
    return tag.partition("-")[0]


def _repository(reference: str) -> str:
    """Return a reference without tag and digest; a colon before the last slash is a registry's port."""
    name = reference.partition("@")[0]
    folder, slash, last = name.rpartition("/")
    return f"{folder}{slash}{last.partition(':')[0]}"


def _short(repository: str) -> str:
    """Return a repository's name as the engine writes it: Docker Hub's without registry and folder."""
    for prefix in ("docker.io/", "index.docker.io/", "library/"):
        repository = repository.removeprefix(prefix)
    return repository
