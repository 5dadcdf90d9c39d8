"""What the command line and the environment ask for: which shard, of which plan, with which history."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juncture.errors import UsageError
from juncture.sharding import ShardNumber
from juncture.sharding.detect import detect
from juncture.sharding.files import cached_history, read_history, read_plan, tell_bazel
from juncture.sharding.garbage import settle, undisturbed
from juncture.sharding.history import NO_HISTORY, History

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from juncture.config import Config
    from juncture.merging.rerun import Rerun
    from juncture.pytesting.run import Role
    from juncture.sharding import Plan

__all__ = ["Asked", "asked"]

NUMBER, PLAN, HISTORY = "JUNCTURE_SHARD", "JUNCTURE_PLAN", "JUNCTURE_HISTORY"
BUNDLE, COLLECTED, RUN = "JUNCTURE_BUNDLE", "JUNCTURE_COLLECTED", "JUNCTURE_RUN"
RERUN = "JUNCTURE_RERUN"
SUITE, INTEGRATION = "JUNCTURE_SUITE", "integration"

ALL = ShardNumber(1, 1)
"""A run that is not divided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which shard to run, and how to divide.

    ``given`` is a plan that was made before, of the file ``source``. The plan goes to ``file``, and the collection to
    ``collected``, where these are not None. ``rerun`` is what alone is to run of an earlier run, None for all tests.
    ``said`` are lines for the user.
    """

    number: ShardNumber = ALL
    given: Plan | None = None
    source: str = ""
    file: Path | None = None
    collected: Path | None = None
    history: History = NO_HISTORY
    rerun: Rerun | None = None
    said: tuple[str, ...] = ()


def asked(  # noqa: PLR0913 - what a process knows of itself
    namespace: Any,
    environ: MutableMapping[str, str],
    *,
    role: Role,
    folder: Path,
    config: Config | None = None,
    integration: bool = False,
) -> Asked:
    """Return what the command line or the environment asks for; unasked, it is shard 1 of 1.

    A controller leaves it in the environment for its workers, which look nowhere else; a process that runs tests takes
    it out, as a pytest that one of its tests starts is a run of its own. ``folder`` is where paths count from.
    ``integration`` says that the command line selects integration tests alone: only such a run, or a session of that
    suite, is divided on the word of a CI platform.
    """
    number_text, number_where = environ.pop(NUMBER, ""), NUMBER
    plan_text, plan_where = environ.pop(PLAN, ""), PLAN
    if role != "worker" and namespace.juncture_shard is not None:
        number_text, number_where = namespace.juncture_shard, "--juncture-shard"
    if role != "worker" and namespace.juncture_plan is not None:
        plan_text, plan_where = namespace.juncture_plan, "--juncture-plan"
    number = ShardNumber.parse(number_text, where=number_where) if number_text else None
    said: list[str] = []
    if number is None and role != "worker" and _is_divided(environ, integration=integration):
        number = _detected(environ, config, said)
    rerun = _rerun(namespace, environ, role, folder)
    if rerun and plan_text:
        hint = "leave the plan out: what runs again is planned anew"
        raise UsageError("a re-run has a plan of its own", where=plan_where, hint=hint)
    given = read_plan(folder / plan_text) if plan_text else None
    if given:
        number = _number_in(given, number, where=f"{plan_where} {plan_text}")
    number = number or ALL
    bundle = environ.get(BUNDLE)
    collected = environ.pop(COLLECTED, "")
    history = NO_HISTORY
    if config and (role == "controller" or (not given and (number.total > 1 or bundle or collected))):
        history = _history(config, folder, environ, role, said if number.total > 1 else [])
    if role == "controller":
        environ[NUMBER] = number.slashed
        environ.update({PLAN: str((folder / plan_text).absolute())} if given else {})
        environ.update({COLLECTED: collected} if collected else {})
    return Asked(
        number=number,
        given=given,
        source=Path(plan_text).name,
        file=folder / bundle / "plan.json" if bundle else None,
        collected=Path(collected) if collected else None,
        history=history,
        rerun=rerun,
        said=tuple(said),
    )


def _rerun(namespace: Any, environ: MutableMapping[str, str], role: Role, folder: Path) -> Rerun | None:
    """Return what is to run again, None where no re-run is asked for; each process reads it from the bundles."""
    named = [text for text in environ.pop(RERUN, "").split(os.pathsep) if text]
    if role != "worker" and namespace.juncture_rerun:
        named = namespace.juncture_rerun
    if not named:
        return None
    paths = [(folder / text).absolute() for text in named]
    from juncture.merging.earlier import OPTION, rerun_of  # noqa: PLC0415 - for re-runs only

    if role == "controller":
        if apart := [text for text in named if os.pathsep in text]:
            hint = f"{os.pathsep} stands between the paths of {RERUN}: rename that folder"
            raise UsageError(f"{apart[0]} can't be handed to workers", where=OPTION, hint=hint)
        environ[RERUN] = os.pathsep.join(map(str, paths))
    return rerun_of(paths, environ.get(SUITE, ""))


def _is_divided(environ: Mapping[str, str], *, integration: bool) -> bool:
    """Tell whether a CI platform's word counts: not for unit tests, and not for a pytest inside of a run."""
    if RUN in environ:
        return False
    suite = environ.get(SUITE, "")
    return suite == INTEGRATION or (not suite and integration)


def _detected(environ: Mapping[str, str], config: Config | None, said: list[str]) -> ShardNumber | None:
    declared = config.shards if config and config.sources["shards"].layer != "default" else None
    found = detect(environ, declared)
    if found is None:
        return None
    number, line = found
    said.append(line)
    tell_bazel(environ)
    return number


def _history(config: Config, folder: Path, environ: MutableMapping[str, str], role: Role, said: list[str]) -> History:
    """Return the history that the option, the variable or the declaration names.

    What the command line names has to be there and whole; the others may name what a cache brings, or not yet.
    """
    environ.pop(HISTORY, None)
    if not config.history:
        return NO_HISTORY
    layer = config.sources["history"].layer
    path = (folder if layer in {"command line", "environment"} else config.root) / config.history
    if role == "controller":
        environ[HISTORY] = str(path.absolute())
    with undisturbed():
        if layer == "command line":
            history = read_history(path)
        else:
            history, line = cached_history(path)
            said.append(line)
    settle()
    return history


def _number_in(plan: Plan, number: ShardNumber | None, *, where: str) -> ShardNumber:
    total = len(plan.shards)
    if number is None and total > 1:
        raise UsageError(f"it has {total} shards", where=where, hint=f"say which one: --juncture-shard 1/{total}")
    if number is not None and number.total != total:
        hint = f"take --juncture-shard {number.index}/{total}, or make another plan"
        raise UsageError(f"it has {total} shards, not {number.total}", where=where, hint=hint)
    return number or ALL
