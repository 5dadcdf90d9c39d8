"""Where every thread of this process is, and every task of its event loop: one line a call, the innermost last."""

from __future__ import annotations

import linecache
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

__all__ = ["stacks"]

DEEPEST = 30
"""Calls of one thread that are shown, the innermost ones."""

LONGEST = 160
"""Characters of one line of code that are shown."""

RUNNERS = (f"{os.sep}_pytest{os.sep}", f"{os.sep}pluggy{os.sep}")
"""What the files of pytest have in their path: the calls up to theirs say nothing of a test."""


def stacks(root: Path) -> list[str]:
    """Return the stacks as indented lines, the main thread's first; files are named relative to ``root``."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    main = threading.main_thread().ident
    frames = sorted(sys._current_frames().items(), key=lambda each: each[0] != main)  # noqa: SLF001 - there is no other way
    lines: list[str] = []
    for ident, frame in frames:
        calls = list(_outwards(frame))
        if calls and not _serves_pytest(calls[-1][0], names.get(ident, "")):
            lines += [f"thread {names.get(ident, ident)}", *_calls(calls, root)]
    return lines + _tasks(root)


def _serves_pytest(outermost: str, name: str) -> bool:
    """Tell whether a thread is ours, or the one by which a worker hears from its controller."""
    return name.startswith("juncture-") or f"{os.sep}execnet{os.sep}" in outermost


def _outwards(frame: FrameType | None) -> Iterator[tuple[str, int, str]]:
    """Yield file, line and function of a frame and those that it was called from, up to pytest's."""
    while frame is not None and not any(part in frame.f_code.co_filename for part in RUNNERS):
        if not frame.f_code.co_filename.startswith(str(Path(__file__).parent)):
            yield frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name
        frame = frame.f_back


def _calls(calls: list[tuple[str, int, str]], root: Path) -> list[str]:
    shown = [f"  {_short(file, root)}:{line} {name}: {_code(file, line)}" for file, line, name in calls[:DEEPEST]]
    if len(calls) > DEEPEST:
        shown.append(f"  ... {len(calls) - DEEPEST} calls before these")
    return shown[::-1]


def _tasks(root: Path) -> list[str]:
    """Return what the tasks of the event loop wait for, where one runs in this thread."""
    asyncio: Any = sys.modules.get("asyncio")
    loop = asyncio and asyncio._get_running_loop()  # noqa: SLF001 - the public one raises, or makes one
    if not loop:
        return []
    lines: list[str] = []
    for task in asyncio.all_tasks(loop):
        lines.append(f"task {task.get_name()}")
        frames = task.get_stack(limit=DEEPEST)
        lines += _calls([(each.f_code.co_filename, each.f_lineno, each.f_code.co_name) for each in frames[::-1]], root)
    return lines


def _short(file: str, root: Path) -> str:
    path = Path(file)
    if path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    for folder in ("site-packages", "dist-packages"):
        if folder in path.parts:
            return "/".join(path.parts[path.parts.index(folder) + 1 :])
    return "/".join(path.parts[-2:])


def _code(file: str, line: int) -> str:
    return linecache.getline(file, line).strip()[:LONGEST]
