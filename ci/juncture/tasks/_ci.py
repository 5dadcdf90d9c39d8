"""The tasks ``ci.render`` and ``ci.lock``: CI jobs from the declaration, and the images that they run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from juncture.errors import UsageError
from juncture.tasks._common import ROOT_HELP, command, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from juncture.config import Config

__all__ = ["render"]


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
    repository = writing.repository_of(config.root)
    files = rendered(config, writing.read_lock(config.root), writing.layout_of(config, repository), platforms)
    if check:
        say(writing.differences(files, repository))
        writing.check(files, repository)
        return
    say(f"{became:<9}  {path}" for path, became in writing.write(files, repository))


def _declaration(root: str) -> Config:
    """Load the declaration as everybody sees it: no variable of this process is part of a rendered file."""
    from juncture.provisioning import declare  # noqa: PLC0415

    if root and not Path(root).is_dir():
        raise UsageError(f"there is no folder {root}", where="--root")
    return declare(Path(root) if root else None, environ={})
