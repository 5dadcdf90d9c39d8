"""The tasks ``ci.render`` and ``ci.lock``: CI jobs from the declaration, and the images that they run."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juncture.errors import UsageError
from juncture.tasks._common import ROOT_HELP, command, environment, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.config import Config

__all__ = ["lock", "render"]


@command(
    iterable=["platform"],
    help={
        "platform": "render for PLATFORM (default: the declared ones)",
        "check": "write nothing; show how the files differ from the declaration, and fail where they do",
        "root": ROOT_HELP,
    },
)
def render(
    _context: Any,
    platform: Sequence[str] | None = None,
    check: bool = False,  # noqa: FBT001, FBT002 - a flag of the command line
    root: str = "",
) -> None:
    """Write the jobs of CI platforms from the declaration.

    PLATFORM is github, github-reusable, gitlab, gitlab-include, gitlab-component, compose or kubernetes. A file that
    juncture did not write is never written over. What a project changes in its jobs stands in [tool.juncture.ci].

    Exit codes: 0 written, or nothing to do; 22 --check found a difference; 4 usage; 10 the declaration.

    Examples:
        juncture ci.render
        juncture ci.render --platform gitlab --platform compose
        juncture ci.render --check

    """
    from juncture.rendering import writing  # noqa: PLC0415
    from juncture.rendering.render import PLATFORMS  # noqa: PLC0415
    from juncture.rendering.render import render as rendered  # noqa: PLC0415

    config = _declaration(root)
    platforms = tuple(dict.fromkeys(platform or config.ci.platforms))
    if unknown := [each for each in platforms if each not in PLATFORMS]:
        hint = f"One of: {', '.join(PLATFORMS)}"
        raise UsageError(f'there is no platform "{unknown[0]}"', where="--platform", hint=hint)
    repository = writing.repository_of(config.root, environment())
    files = rendered(config, writing.read_lock(config.root), writing.layout_of(config, repository), platforms)
    if check:
        say(writing.differences(files, repository))
        writing.check(files, repository)
        return
    say(f"{became:<9}  {path}" for path, became in writing.write(files, repository))


@command(
    help={
        "refresh": "ask for every image again, also for what the lock has",
        "offline": "ask no registry: take what the lock has and what juncture knows",
        "root": ROOT_HELP,
    },
)
def lock(
    _context: Any,
    refresh: bool = False,  # noqa: FBT001, FBT002 - a flag of the command line
    offline: bool = False,  # noqa: FBT001, FBT002
    root: str = "",
) -> None:
    """Write juncture.lock: the digests of the jobs' images.

    What the lock has stays as it is, and needs no network; what it lacks is asked of the image's registry.

    Exit codes: 0 written, or nothing to do; 11 nobody tells a digest; 4 usage; 10 the declaration.

    Examples:
        juncture ci.lock
        juncture ci.lock --refresh

    """
    if refresh and offline:
        raise UsageError("a lock can't be refreshed without asking", where="--offline", hint="leave one of them out")
    from datetime import datetime  # noqa: PLC0415

    from juncture.host.files import replace_text  # noqa: PLC0415
    from juncture.rendering.lock import lock_text  # noqa: PLC0415
    from juncture.rendering.locking import locked  # noqa: PLC0415
    from juncture.rendering.pipeline import images_of  # noqa: PLC0415
    from juncture.rendering.registry import digest_of  # noqa: PLC0415
    from juncture.rendering.writing import LOCK, read_lock  # noqa: PLC0415

    config = _declaration(root)
    before = read_lock(config.root)
    today = datetime.now(tz=UTC).date().isoformat()
    ask = None if offline else digest_of
    after, told = locked(images_of(config), before, ask, today=today, refresh=refresh)
    if after != before:
        replace_text(config.root / LOCK, lock_text(after))
    width = max((len(name) for name, _ in told), default=0)
    say(f"{name:<{width}}  {became}" for name, became in told)


def _declaration(root: str) -> Config:
    """Load the declaration as everybody sees it: no variable of this process is part of a rendered file."""
    from juncture.provisioning import declare  # noqa: PLC0415

    if root and not Path(root).is_dir():
        raise UsageError(f"there is no folder {root}", where="--root")
    return declare(Path(root) if root else None, environ={})
