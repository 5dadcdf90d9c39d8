"""The loader beside the pure part: plans and texts, from files and to them."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.errors import UsageError
from juncture.sharding.document import from_json
from juncture.sharding.history import NO_HISTORY
from juncture.sharding.history_document import parse_history

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from juncture.sharding.history import History
    from juncture.sharding.plan import Plan

__all__ = ["cached_history", "publish", "read_history", "read_plan", "read_text", "replace_text", "tell_bazel"]


def read_plan(path: Path) -> Plan:
    """Return the plan in a file; see `from_json`. Raise `UsageError` for a file that can't be read."""
    return from_json(read_text(path, what="the plan"), where=str(path))


def read_history(path: Path) -> History:
    """Return the history in a file that the user named. Raise `UsageError` where it can't be read, or is none."""
    return parse_history(read_text(path, what="the history"), where=str(path))


def cached_history(path: Path) -> tuple[History, str]:
    """Return the history in a file that a cache brings, and a line about it.

    A file that is not there yet is none, and so is what a cache left torn: a plan can be made without.
    """
    if not path.exists():
        return NO_HISTORY, f"no history yet: there is no {path.name}"
    try:
        history = read_history(path)
    except UsageError as error:
        return NO_HISTORY, f"no history: {error.where}: {error.what}"
    return history, f"history of {len(history.tests)} tests from {path.name}"


def read_text(path: Path, *, what: str) -> str:
    """Return the text of a file that the user named; ``what`` says what it was to hold."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{what} can't be read: {error.strerror}", where=str(path)) from None
    except UnicodeDecodeError:
        raise UsageError(f"{what} is not UTF-8", where=str(path)) from None


def replace_text(path: Path, text: str) -> None:
    """Write a file in one step, in place of an older one; its folder must be there."""
    with _beside(path, text) as written:
        written.replace(path)


def tell_bazel(environ: Mapping[str, str]) -> None:
    """Make the file that tells Bazel that its shards are heeded, where it asks for one."""
    if status := environ.get("TEST_SHARD_STATUS_FILE"):
        Path(status).touch()


def publish(path: Path, text: str) -> bool:
    """Write a file that several processes write at once with equal text; return whether it holds this text.

    The first one's stays: a process that has another text gets False.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _beside(path, text) as written:
        try:
            os.link(written, path)
        except FileExistsError:
            return path.read_text(encoding="utf-8") == text
        except OSError:  # a file system without hard links
            written.replace(path)
    return True


@contextmanager
def _beside(path: Path, text: str) -> Iterator[Path]:
    """Give a complete file in the same folder, for one step to make it the real one."""
    written = path.parent / f"{path.name}.{os.urandom(4).hex()}.part"
    try:
        with written.open("x", encoding="utf-8") as file:
            file.write(text)
        yield written
    except OSError as error:
        raise UsageError(f"it can't be written: {error.strerror}", where=str(path)) from None
    finally:
        written.unlink(missing_ok=True)
