"""Images that are built from a folder of the project, and named by the hash of what is in it: none is built twice."""

from __future__ import annotations

import hashlib
import re
import tempfile
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from juncture.errors import ProviderError
from juncture.host import leases
from juncture.host.folders import lease_path
from juncture.providers.docker import context
from juncture.providers.docker.containers import HOME_LABEL
from juncture.providers.docker.places import home_id
from juncture.providers.docker.sdk import client, refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from juncture.providers.docker.places import Place

__all__ = ["REPOSITORY", "build", "reference_of"]

REPOSITORY = "juncture-build"
"""What the names of images that were built here begin with."""

BUILT_WITHIN = 3600
"""Seconds that another process may take to build the same image."""

TOLD_EVERY = 2.0
"""Seconds between two lines of progress."""

SHOWN = 20
"""Lines of a failed build's output that its error shows."""


def reference_of(folder: Path, *, project: str, service: str, home: Path) -> str:
    """Return the name of the image that the folder makes as it is now. Raise `ProviderError` where it can make none.

    Each home has images of its own, so that removing one takes it from nobody else.
    """
    if not (folder / "Dockerfile").is_file():
        what = "there is no Dockerfile" if folder.is_dir() else "there is no such folder to build from"
        raise ProviderError(f"{what}: {folder}", where=f"service {service}", hint="`build` is relative to the project")
    try:
        made_of = context.digest(folder, home)
    except OSError as error:
        raise ProviderError(f"the folder to build from can't be read: {error}", where=f"service {service}") from None
    version = hashlib.sha256(f"1 {home_id(home)} {made_of}".encode()).hexdigest()[:12]
    return f"{REPOSITORY}/{_named(project)}-{_named(service)}:{version}"


def build(place: Place, folder: Path, reference: str, *, service: str) -> Mapping[str, Any]:
    """Return what the engine knows of the image, building it where it is not there.

    Two processes never build the same at once. Raise `ProviderError` with the end of the output where it fails.
    """
    purpose = f"build {reference}"
    with leases.hold(
        lease_path(place.home, f"build-{reference.partition(':')[2]}"),
        exclusive=True,
        timeout=BUILT_WITHIN,
        purpose=purpose,
    ):
        found = place.engine.image(reference)
        if found is None:
            _build(place, folder, reference, service)
            found = place.engine.image(reference)
    if found is None:
        raise ProviderError(f"the engine built {reference}, but does not have it", where=f"service {service}")
    return found


def _build(place: Place, folder: Path, reference: str, service: str) -> None:
    began = time.monotonic()
    place.tell(f"{service}: building {folder.name}/Dockerfile")
    with (
        tempfile.TemporaryFile() as archive,
        client(place.engine, place.environ) as docker,
        refused(service, "its image can't be built"),
    ):
        context.archive(folder, archive)
        archive.seek(0)
        events: Iterable[Mapping[str, Any]] = docker.api.build(
            fileobj=archive,
            custom_context=True,
            tag=reference,
            labels={HOME_LABEL: home_id(place.home)},
            rm=True,
            forcerm=True,
            decode=True,
            # A step may be silent for as long as it takes to download and compile something.
            timeout=BUILT_WITHIN,
        )
        _follow(place, events, folder, service)
    place.tell(f"{service}: built {reference} in {time.monotonic() - began:.0f} s")


def _follow(place: Place, events: Iterable[Mapping[str, Any]], folder: Path, service: str) -> None:
    output: deque[str] = deque(maxlen=SHOWN)
    failure = ""
    told = time.monotonic()
    for event in events:  # to its end: else the SDK leaves the connection open
        failure = str(event.get("error", failure)).strip()
        lines = [line for line in str(event.get("stream", "")).splitlines() if line.strip()]
        output.extend(lines)
        if lines and time.monotonic() - told >= TOLD_EVERY:
            told = time.monotonic()
            place.tell(f"{service}: building, {lines[-1].strip()}")
    if failure:
        shown = "\n".join(f"  | {line}" for line in output)
        raise ProviderError(
            f"its image can't be built: {failure}\n{shown}".rstrip(),
            where=f"service {service}",
            hint=f"`docker build {folder}` shows all of it",
        )


def _named(text: str) -> str:
    """Return a text as a part of an image's name: lower-case letters, digits, and single separators inside."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "project"
