"""Ending tasks for sure."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

ANOTHER_TRY = 0.5


async def end(tasks: Collection[asyncio.Task[object]], *, another_try: float = ANOTHER_TRY) -> None:
    """Cancel tasks and see them end; what goes on regardless is cancelled again after *another_try* seconds.

    Before Python 3.12 ``asyncio.wait_for``, which waits for messages, loses a cancellation that comes together with its
    result; a ``TaskGroup`` would cancel only once. https://github.com/python/cpython/issues/86296
    """
    while left := {task for task in tasks if not task.done()}:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=another_try)
