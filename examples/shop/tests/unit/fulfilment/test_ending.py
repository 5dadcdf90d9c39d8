"""Tasks end when they are told to."""

from __future__ import annotations

import asyncio

import pytest

from shop.fulfilment.ending import end


async def deaf(times: int) -> str:
    """Overhear so many cancellations, as ``asyncio.wait_for`` may before Python 3.12."""
    for _ in range(times):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue
    await asyncio.Event().wait()
    return "never"


@pytest.mark.parametrize("times", [0, 1, 3])
def test_a_cancellation_that_is_lost_is_repeated(times: int) -> None:
    """However often a task overhears it, it ends in the end."""

    async def run() -> bool:
        task = asyncio.create_task(deaf(times))
        await asyncio.sleep(0)
        await asyncio.wait_for(end([task], another_try=0.001), 10)
        return task.cancelled()

    assert asyncio.run(run())


def test_what_ended_by_itself_keeps_its_result() -> None:
    """A task that is done is left as it is, and so is its error."""

    async def fail() -> None:
        raise ValueError("broken")

    async def run() -> asyncio.Task[None]:
        task = asyncio.create_task(fail())
        await asyncio.wait([task])
        await end([task])
        return task

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(run()).result()
