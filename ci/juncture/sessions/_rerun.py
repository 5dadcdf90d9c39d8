"""A session that runs again what failed or never ran: of which bundles, into which folder, and how to merge both."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.merging.rerun import Rerun
    from juncture.sharding import ShardNumber

__all__ = ["Earlier", "earlier_run", "folder_of", "named_by"]

VARIABLE = "JUNCTURE_RERUN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The run of which tests run again: the paths as they were ``named``, and what its bundles owe."""

    named: tuple[str, ...]
    rerun: Rerun

    def how_to_merge(self, session: str, title: str, bundle: Path) -> str:
        """Return the command that merges both runs; ``session`` is the name of the merge's, ``title`` the suite's."""
        here = Path(os.path.relpath(bundle))
        bundles = shlex.join([*self.named, str(here)])
        return f"nox -s {session} -- --expect {title}={self.rerun.shards} {bundles}"


def named_by(options: tuple[str, ...], environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the paths that the options name, else the variable; none where no re-run is asked for."""
    return options or tuple(filter(None, environ.get(VARIABLE, "").split(os.pathsep)))


def folder_of(shard: ShardNumber | None) -> str:
    """Return the name of the folder for the bundle of a re-run, or of one of its shards."""
    return f"rerun-{shard.index}-of-{shard.total}" if shard else "rerun"


def earlier_run(named: tuple[str, ...], suite: str, bundle: Path) -> Earlier:
    """Read the named bundles before ``bundle`` is emptied for the re-run's own.

    Raise `UsageError` where they do not tell what they owe, and where one of them is that folder.
    """
    from juncture.merging.earlier import OPTION, rerun_of  # noqa: PLC0415 - no noxfile has to wait for it

    paths = [Path(text) for text in named]
    if bundle.resolve() in {path.resolve() for path in paths}:
        raise UsageError(
            "the re-run would empty the bundle that it reads",
            where=f"{OPTION} {bundle}",
            hint="name the bundles of the run that is to run again",
        )
    return Earlier(named=named, rerun=rerun_of(paths, suite))
