"""The sessions of several shards: ``plan`` for jobs, ``merge`` for their bundles, ``pipeline`` for all of it here."""

from __future__ import annotations

import argparse
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from juncture.errors import UsageError
from juncture.sessions import _arguments
from juncture.sessions._bundle import Bundle, make_folder
from juncture.sessions._environment import install_once
from juncture.sessions._suite import Suite, forget_result, prepare, run_juncture, run_pytest
from juncture.sessions._verdict import NO_TESTS, USAGE_ERROR, verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    import nox

    from juncture.config import Config

__all__ = ["merge", "pipeline", "plan", "split_shards"]


class _Parser(argparse.ArgumentParser):
    """A parser whose mistakes are errors of ours."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of exiting."""
        raise UsageError(message, where="nox -s pipeline", hint="nox -s pipeline -- --shards 3 [pytest's arguments]")


def split_shards(words: Sequence[str], declared: int) -> tuple[int, list[str]]:
    """Return the number of shards that ``--shards`` says, or the declared one, and the words for pytest."""
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--shards", type=int, default=declared)
    known, rest = parser.parse_known_args(list(words))
    if known.shards < 1:
        parser.error(f"--shards must be 1 or more, not {known.shards}")
    return int(known.shards), rest


def plan(session: nox.Session, suite: Suite, config: Config) -> None:
    """Divide the tests for parallel jobs; what stands after ``--`` goes to ``juncture plan``. No service is needed."""
    prepare(session, suite, config, servers=False)
    make_folder(config.root / config.reports)  # where one puts it
    planned = run_juncture(session, "plan", *session.posargs)
    if planned:
        session.error(f"there is no plan; the message is above (exit code {planned})")


def pipeline(session: nox.Session, suite: Suite, config: Config) -> None:
    """Plan, run each shard in processes of its own, one after another, and merge: the CI on a laptop.

    All shards run, whatever becomes of the first ones, as parallel jobs would.
    """
    shards, words = split_shards(session.posargs, config.shards)
    arguments = _arguments.split(words, root=config.root, invoked_from=Path(session.invoked_from))
    if arguments.asks_only or arguments.alone or arguments.rerun:
        raise UsageError("a pipeline runs shards", where=" ".join(words), hint="nox -s integration takes this")
    if arguments.selection or arguments.narrowing:
        hint = f"some of them: nox -s integration -- {shlex.join(words)}"
        what = "a pipeline runs all integration tests, as its plan has them"
        raise UsageError(what, where=" ".join((*arguments.selection, *arguments.narrowing)), hint=hint)
    folder = config.root / config.reports / "pipeline"
    forget_result(folder / "merged")
    prepare(session, suite, config)
    plan = folder / "plan.json"
    make_folder(folder)
    planned = run_juncture(session, "plan", "--shards", str(shards), "--out", str(plan))
    if planned is None:
        return
    if planned:
        session.error(f"there is no plan; the message is above (exit code {planned})")
    bundles = [Bundle(folder / f"{suite.name}-{shard}-of-{shards}") for shard in range(1, shards + 1)]
    _forget_others(folder, bundles)
    result = "success"
    for number, bundle in enumerate(bundles, 1):
        session.log(f"Shard {number} of {shards}")
        bundle.start_afresh()
        obeying = (*arguments.words, "--juncture-plan", str(plan), "--juncture-shard", f"{number}/{shards}")
        code = run_pytest(session, suite, config, bundle, replace(arguments, words=obeying))
        result = "failure" if code else result
        if code not in {USAGE_ERROR, NO_TESTS}:
            run_juncture(session, "seal", str(bundle.folder))
    title = suite.title(session)
    expected = ("--expect", f"{title}={shards}", "--job", f"{title}={result}")
    strict = ("--strict-budget",) if arguments.strict_budget else ()
    folders = [str(bundle.folder) for bundle in bundles]
    merged = run_juncture(session, "merge", "--out", str(folder / "merged"), *strict, *expected, *folders)
    if merged:
        session.error(verdict(None, merged, ()))


def merge(session: nox.Session, suite: Suite, config: Config) -> None:
    """Merge bundles that other jobs left; what stands after ``--`` goes to ``juncture merge``."""
    install_once(session, *(suite.install or ()))
    words = list(session.posargs)
    if not any(word == "--out" or word.startswith("--out=") for word in words):
        words += ["--out", f"{config.reports}/merged"]
    merged = run_juncture(session, "merge", *words)
    if merged:
        session.error(verdict(None, merged, ()))


def _forget_others(folder: Path, bundles: Sequence[Bundle]) -> None:
    """Remove the bundles of an earlier pipeline with another number of shards: none may be taken for one of these."""
    names = {bundle.folder.name for bundle in bundles}
    for path in folder.glob("*-of-*"):
        if path.name not in names:
            Bundle(path).remove()
