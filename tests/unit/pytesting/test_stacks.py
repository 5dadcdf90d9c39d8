"""Tests of ``juncture.pytesting.stacks``."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from juncture.pytesting.stacks import DEEPEST, stacks

HERE = Path(__file__).parent


def test_every_thread_is_told_the_main_one_first() -> None:
    """Each call has its file, line, function and code; what pytest does is left out."""
    free, there = threading.Event(), threading.Event()

    def wait_here() -> None:
        there.set()
        free.wait()

    thread = threading.Thread(target=wait_here, name="helper")
    thread.start()
    there.wait()
    lines = stacks(HERE)
    free.set()
    thread.join()
    assert lines[0] == "thread MainThread"
    assert lines[1].startswith("  test_stacks.py:")
    assert " test_every_thread_is_told_the_main_one_first: lines = stacks(HERE)" in lines[1]
    helper = lines.index("thread helper")
    assert any(line.endswith(" wait_here: free.wait()") for line in lines[helper:])
    assert not any("_pytest/" in line or "juncture-" in line for line in lines)


def test_the_tasks_of_an_event_loop_are_told() -> None:
    """What runs in this thread's loop is where the test really waits."""

    async def wait_for_news(news: asyncio.Event) -> None:
        await news.wait()

    async def run() -> list[str]:
        news = asyncio.Event()
        task = asyncio.create_task(wait_for_news(news), name="listener")
        await asyncio.sleep(0)
        found = stacks(HERE)
        news.set()
        await task
        return found

    lines = asyncio.run(run())
    assert lines[lines.index("task listener") + 1].endswith(" wait_for_news: await news.wait()")


def test_a_deep_stack_is_cut() -> None:
    """The innermost calls are those that matter."""

    def deeper(more: int) -> list[str]:
        return deeper(more - 1) if more else stacks(HERE)

    lines = deeper(DEEPEST + 5)
    assert lines[1].startswith("  ... ")
    assert lines[1].endswith(" calls before these")
    assert lines[DEEPEST + 1].endswith(" deeper: return deeper(more - 1) if more else stacks(HERE)")
