"""The task ``junit.merge``: the JUnit files of any tools as one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from invoke.exceptions import Exit

from juncture.errors import IncompleteError, UsageError
from juncture.tasks._common import command, say
from juncture.tasks._junit_screens import file_table, merge_screen

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["merge"]

_MEGABYTE = 1_000_000


@command(
    positional=["file"],
    iterable=["file"],
    help={
        "file": "write the first FILE, from all others: files, folders (every *.xml in them), quoted patterns",
        "split_mb": "write files of at most N megabytes, named OUT-1, OUT-2, ... (GitLab takes 30)",
        "verbose": "show a line for each file",
    },
)
def merge(
    _context: Any,
    file: Sequence[str] | None = None,
    split_mb: str = "",
    verbose: bool = False,  # noqa: FBT001, FBT002 - a flag of the command line
) -> None:
    """Merge JUnit files of any tools into one.

    Suites, attributes and unknown elements stay as they are, totals are counted anew, tests that are there twice are
    named. A file that is broken or no JUnit is named with its place; the others are merged all the same.

    Exit codes: 0 merged, whatever the tests say; 20 an input is missing or was refused; 4 usage.

    Examples:
        juncture junit.merge reports/all.xml 'jest/*.xml' target/surefire-reports
        juncture junit.merge --split-mb 30 reports/junit.xml shards/

    """
    words = list(file or ())
    if len(words) < 2:  # noqa: PLR2004 - OUT and one input
        hint = "juncture junit.merge OUT.xml FILE..."
        raise UsageError("there is nothing to merge" if words else "OUT is missing", where="junit.merge", hint=hint)
    limit = _bytes(split_mb)
    from juncture.merging.foreign import merge_files  # noqa: PLC0415

    merged = merge_files(Path(words[0]), words[1:], limit=limit)
    say([*(file_table(merged) if verbose else ()), *merge_screen(merged, Path.cwd(), limit)])
    if merged.refused:
        raise Exit(code=IncompleteError.exit_code)


def _bytes(megabytes: str) -> int:
    """Return the bytes of a number of megabytes; 0 where none is given."""
    if not megabytes:
        return 0
    try:
        size = int(float(megabytes) * _MEGABYTE)
    except (ValueError, OverflowError):
        size = 0
    if size < 1:
        hint = "juncture junit.merge --split-mb 30 OUT.xml FILE..."
        raise UsageError(f'--split-mb needs a number of megabytes, not "{megabytes}"', where="junit.merge", hint=hint)
    return size
