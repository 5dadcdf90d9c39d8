"""What a user wrote after ``--``: tests, pytest's options, and the options of pytest-cov, told apart."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from juncture.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = ["Adopted", "Arguments", "split"]

TAKES_VALUE = frozenset(
    {
        *("-c", "-k", "-m", "-n", "--numprocesses", "-o", "-p", "-r", "-W"),
        *("--basetemp", "--confcutdir", "--deselect", "--ignore", "--ignore-glob", "--import-mode", "--rootdir"),
        *("--juncture-plan", "--juncture-provider", "--juncture-rerun", "--juncture-shard"),
        *("--junit-prefix", "--junit-xml", "--junitprefix", "--junitxml", "--log-file", "--override-ini"),
    },
)
"""Options of pytest and xdist whose value may look like a test's path."""

STRICT = "--strict-budget"
WORKERS = frozenset({"-n", "--numprocesses"})
SHARD = frozenset({"--juncture-shard"})
RERUN = frozenset({"--juncture-rerun"})

COV_TAKES_VALUE = frozenset({"--cov-config", "--cov-context", "--cov-fail-under", "--cov-precision", "--cov-report"})

ASKS_ONLY = frozenset(
    {
        *("--cache-show", "--co", "--collect-only", "--fixtures", "--fixtures-per-test", "--funcargs", "--help"),
        *("--markers", "--setup-plan", "--version", "-V", "-h"),
    },
)
"""Options that make pytest tell something and run no test."""

LEAVES_OUT = re.compile(r"-[km].*|--(?:deselect|ignore|ignore-glob)(?:=.*)?|--lf|--last-failed|--sw|--stepwise")
"""Options that leave out tests among those that the paths name."""

NEEDS_TERMINAL = frozenset({"--pdb", "--trace", "-pno:xdist", "no:xdist"})
"""Options that make no sense, or an error, in the workers of xdist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """What pytest-cov was asked for and juncture does in its place.

    ``options`` are the words as they were written; ``source`` is empty where ``--cov`` named none; ``fail_under`` and
    ``config`` are empty where not given.
    """

    options: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    branch: bool = False
    fail_under: str = ""
    config: str = ""
    off: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """The words for pytest, and what they mean for the run around it.

    ``selection``: the files, folders and node ids among them, in place of the suite's own folders. ``narrowing``: the
    options among them that leave tests out. ``asks_only``: no test will run. ``alone``: the tests have to run in one
    process. ``workers``: what ``-n`` says last, empty without one; ``shard`` the same for ``--juncture-shard``;
    ``rerun`` are all values of ``--juncture-rerun``. ``strict_budget`` is for the merge, and not among the words.
    """

    words: tuple[str, ...]
    selection: tuple[str, ...]
    narrowing: tuple[str, ...]
    asks_only: bool
    alone: bool
    workers: str
    shard: str
    rerun: tuple[str, ...]
    strict_budget: bool
    coverage: Adopted


def split(words: Iterable[str], *, root: Path, invoked_from: Path) -> Arguments:
    """Tell apart the words a user wrote after ``--``.

    A path counts from ``root``, or else from ``invoked_from``, the folder where Nox was called (so that a shell's
    completion works in a monorepo); it is handed on as pytest in ``root`` understands it. What is no option, and either
    names a node id, ends in ``.py`` or is a folder, selects tests: another word may be the value of a plugin's option.
    Raises ``UsageError`` for a path that is nowhere: the workers of xdist would say nothing of it.
    """
    given = list(words)
    rest, coverage = _without_cov([word for word in given if word != STRICT])
    kept: list[str] = []
    selection: list[str] = []
    for word, after in _with_option_before(rest):
        value = word.startswith("-") or after in TAKES_VALUE
        path = "" if value else _test_path(word, root, invoked_from, certain=not after.startswith("--"))
        selection += [path] if path else []
        kept.append(path or word)
    return Arguments(
        words=tuple(kept),
        selection=tuple(selection),
        narrowing=tuple(
            word for word, after in _with_option_before(kept) if after not in TAKES_VALUE and LEAVES_OUT.fullmatch(word)
        ),
        asks_only=not ASKS_ONLY.isdisjoint(kept),
        alone=not NEEDS_TERMINAL.isdisjoint(kept),
        workers=_last(_said(kept, WORKERS, r"(?:-n|--numprocesses=)(\w+)")),
        shard=_last(_said(kept, SHARD, r"--juncture-shard=(.+)")),
        rerun=tuple(_said(kept, RERUN, r"--juncture-rerun=(.+)")),
        strict_budget=STRICT in given,
        coverage=coverage,
    )


def _said(words: Sequence[str], options: frozenset[str], joined: str) -> list[str]:
    """Return all values of an option, each in the next word or ``joined`` in one."""
    said = []
    for word, after in _with_option_before(words):
        if after in options:
            said.append(word)
        elif match := re.fullmatch(joined, word):
            said.append(match[1])
    return said


def _last(values: Sequence[str]) -> str:
    """Return the value that counts of an option that may be given once; empty without one."""
    return values[-1] if values else ""


def _with_option_before(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    return zip(words, ["", *words], strict=False)


def _test_path(word: str, root: Path, invoked_from: Path, *, certain: bool) -> str:
    """Return the word as pytest in ``root`` understands it, or an empty text where it selects nothing.

    Not ``certain``: it follows some option, and may be its value.
    """
    path, separator, name = word.partition("::")
    found = next((folder / path for folder in (root, invoked_from) if path and (folder / path).exists()), None)
    if found is None:
        if not certain or not (separator or path.endswith(".py")):
            return ""
        raise UsageError(f"there is no {path}", where="after --", hint=f"a path counts from {root}")
    if not separator and not path.endswith(".py") and not found.is_dir():
        return ""
    return word if found == root / path else os.path.relpath(found, root) + separator + name


def _without_cov(words: list[str]) -> tuple[list[str], Adopted]:
    """Take the options of pytest-cov out of the words; each is read as pytest-cov's own parser reads it."""
    rest: list[str] = []
    taken: list[str] = []
    source: list[str] = []
    values: dict[str, str] = {}
    while words:
        word = words.pop(0)
        option, equals, value = word.partition("=")
        if option not in {"--cov", "--no-cov"} and not option.startswith(("--cov-", "--no-cov-")):
            rest.append(word)
            continue
        taken.append(word)
        wants = option in COV_TAKES_VALUE or option == "--cov"
        if wants and not equals and words and (option != "--cov" or not words[0].startswith("-")):
            value = words.pop(0)
            taken.append(value)
        if option == "--cov" and value:
            source.append(value)
        values[option] = value
    return rest, Adopted(
        options=tuple(taken),
        source=tuple(source),
        branch="--cov-branch" in values,
        fail_under=values.get("--cov-fail-under", ""),
        config=values.get("--cov-config", ""),
        off="--no-cov" in values,
    )
