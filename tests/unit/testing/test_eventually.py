"""Waiting: what ends it, what it tells when the time is up, and how long it takes."""

from __future__ import annotations

import asyncio
import itertools
import re
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import juncture
from juncture.errors import UsageError
from juncture.testing import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Paid:
    """A check that is an object: its third call holds."""

    def __init__(self) -> None:
        """Start with no call."""
        self.calls = 0

    def __call__(self) -> None:
        """Assert."""
        self.calls += 1
        assert self.calls == 3, f"call {self.calls}"

    def found(self) -> str | None:
        """Return a value from the third call on."""
        self.calls += 1
        return "found" if self.calls >= 3 else None

    async def later(self) -> str | None:
        """Return a value from the third call on, asynchronously."""
        await asyncio.sleep(0)
        return self.found()

    async def asserts(self) -> None:
        """Assert asynchronously."""
        await asyncio.sleep(0)
        self()


@pytest.fixture
def paid() -> Paid:
    """Return a check whose third call holds."""
    return Paid()


def refused(check: Callable[[], object], **options: object) -> str:
    """Return what a wait tells that must come to nothing."""
    with pytest.raises(AssertionError) as raised:
        eventually(check, **{"timeout": 0.0, **options})  # type: ignore[call-overload]  # the options differ in type
    return str(raised.value)


def test_first_true_value_is_returned(paid: Paid) -> None:
    """What is not true is waited out, and what is true comes back."""
    assert eventually(paid.found) == "found"
    assert paid.calls == 3


def test_assertions_are_waited_out(paid: Paid) -> None:
    """A check without a value to return holds as soon as it raises nothing."""
    eventually(paid)
    assert paid.calls == 3


def test_assertion_that_holds_at_once_is_not_tried_again() -> None:
    """A function that only asserts is recognized at its first call already."""
    calls = []

    def check() -> None:
        calls.append(1)
        assert calls

    eventually(check, timeout=0.5)
    assert len(calls) == 1


def test_early_return_of_nothing_is_no_value() -> None:
    """A bare ``return``, a loop or a ``with`` in a function that only asserts changes nothing."""

    def check(values: list[int]) -> None:
        with pytest.MonkeyPatch.context():
            for value in values:
                if value:
                    return
        assert values

    eventually(partial(check, [0, 1]), timeout=0.0)


@pytest.mark.parametrize("nothing", [None, 0, "", [], False])
def test_value_that_is_not_true_is_not_enough(nothing: object) -> None:
    """A check that can return a value has to: the ``None`` of a query is no success."""

    def query(found: object) -> object:
        return found

    assert refused(partial(query, nothing)).splitlines()[1] == f"  last value  {nothing!r}"
    assert f"  last value  {nothing!r}" in refused(lambda: nothing)
    assert "  last value  None" in refused(lambda: nothing or None)


def test_value_after_assertions_has_to_be_true_too() -> None:
    """A check that asserts and returns is judged by both."""
    calls: list[int] = []

    def counted() -> int:
        calls.append(1)
        assert len(calls) > 1
        return len(calls) - 2

    assert eventually(counted) == 1
    assert len(calls) == 3


def test_other_errors_are_the_callers_at_once() -> None:
    """A broken check is not waited for."""
    calls = []

    def broken() -> bool:
        calls.append(1)
        raise KeyError("typo")

    with pytest.raises(KeyError, match="typo"):
        eventually(broken)
    assert len(calls) == 1


def test_ignored_errors_mean_not_yet(paid: Paid) -> None:
    """An error to ignore is waited out as an assertion is, and its subclasses are too."""

    def connect() -> str:
        if not paid.found():
            raise ConnectionRefusedError("port 5")
        return "connected"

    assert eventually(connect, ignore=OSError) == "connected"
    assert paid.calls == 3
    assert "last error  KeyError: 'a'" in refused(lambda: dict[str, int]()["a"], ignore=(OSError, KeyError))


def test_asynchronous_check_gives_an_awaitable(paid: Paid) -> None:
    """A coroutine function, or a lambda that calls one, is awaited at each try."""

    async def both() -> tuple[str, str]:
        first = await eventually(paid.later)
        paid.calls = 0
        return first, await eventually(lambda: paid.later())  # noqa: PLW0108 - the lambda is the point

    assert asyncio.run(both()) == ("found", "found")


def test_asynchronous_assertions_are_waited_out(paid: Paid) -> None:
    """An asynchronous check without a value holds as soon as it raises nothing."""
    asyncio.run(eventually(paid.asserts))
    assert paid.calls == 3


def test_asynchronous_wait_lets_others_run() -> None:
    """What a check waits for may come about in the same event loop."""

    async def both() -> list[str]:
        booked: list[str] = []

        async def read() -> list[str]:
            await asyncio.sleep(0)
            return booked

        async def book() -> None:
            await asyncio.sleep(0.02)
            booked.append("refund")

        booking = asyncio.ensure_future(book())
        found = await eventually(read)
        await booking
        return found

    assert asyncio.run(both()) == ["refund"]


def test_asynchronous_wait_ends_with_what_was_seen() -> None:
    """The deadline and its message are the same for both kinds of checks."""

    async def never() -> None:
        await asyncio.sleep(0)
        raise AssertionError("assert 4 == 5")

    with pytest.raises(AssertionError, match=r"never: not within 0\.0\d s and \d+ tries\n  last error  Asser"):
        asyncio.run(eventually(never, timeout=0.02))


def test_assertion_before_the_first_awaitable_is_waited_out(paid: Paid) -> None:
    """A plain function that asserts, and then hands out a coroutine, is waited for as a whole."""

    def mixed() -> object:
        assert paid.found()
        return paid.later()

    assert asyncio.run(eventually(mixed)) == "found"  # type: ignore[arg-type]  # a mixed check has no type of its own


def test_check_is_tried_once_more_when_the_time_is_up() -> None:
    """What came about during the last pause is still seen."""
    began = time.monotonic()
    assert eventually(lambda: time.monotonic() - began >= 0.1, timeout=0.1, interval=60)


def test_no_time_is_one_try() -> None:
    """A wait of no time looks once."""
    calls = itertools.count()
    assert "and 1 try\n" in refused(lambda: next(calls) < 0)
    assert next(calls) == 1


def test_wait_is_over_soon_after_its_time() -> None:
    """Neither the growing pauses nor a long interval make it longer."""
    began = time.monotonic()
    refused(lambda: False, timeout=0.1, interval=60)
    assert 0.1 <= time.monotonic() - began < 1


def test_pauses_grow_up_to_the_interval() -> None:
    """The first tries follow each other at once, the later ones at the interval."""
    times: list[float] = []

    def never() -> bool:
        times.append(time.monotonic())
        return False

    refused(never, timeout=0.4, interval=0.05)
    pauses = [after - before for before, after in itertools.pairwise(times)]
    assert pauses[0] < 0.02
    assert all(pause >= 0.045 for pause in pauses[-4:-1])
    assert len(times) < 25


def test_frozen_clock_does_not_stop_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that froze time is not kept for ever."""
    monkeypatch.setattr(time, "monotonic", lambda: 0.0)
    assert "not within" in refused(lambda: False, timeout=0.01)


@pytest.mark.parametrize("timeout", [-1.0, float("nan"), float("inf")])
def test_time_without_sense_is_refused(timeout: float) -> None:
    """A wait for ever, or for less than no time, is a mistake."""
    with pytest.raises(UsageError, match=r"^eventually: timeout=.*both are seconds"):
        eventually(lambda: True, timeout=timeout)


@pytest.mark.parametrize("interval", [0.0, -1.0, float("nan")])
def test_interval_without_sense_is_refused(interval: float) -> None:
    """An interval of nothing would keep a processor busy."""
    with pytest.raises(UsageError, match="an interval is more than 0"):
        eventually(lambda: True, interval=interval)


def test_message_tells_what_was_waited_for() -> None:
    """The message comes first; without one, the name of the check does."""

    def settled() -> bool:
        return False

    assert refused(settled, message="the refund is booked").startswith("the refund is booked: not within 0.00 s")
    assert refused(partial(settled)).startswith("settled: not within")
    assert refused(lambda: False).startswith("it did not come about: not within")
    assert refused(Paid()).startswith("__call__: not within")


def test_message_tells_every_value_and_its_time(paid: Paid) -> None:
    """The last value is named, and each change before it."""
    values: Iterator[object] = iter([[], 0, 0])

    def stock() -> object:
        return next(values, [])

    text = refused(stock, timeout=0.05)
    assert text.splitlines()[1] == "  last value  []"
    assert re.search(r"  seen        0\.0\d s  \[\]\n              0\.0\d s  0\n              0\.0", text)
    assert "the same each time" in refused(lambda: paid.calls, timeout=0.01)


def test_last_error_is_the_cause() -> None:
    """A debugger and pytest find the assertion that failed last; a value that came after it has none."""
    with pytest.raises(AssertionError) as raised:
        eventually(Paid(), timeout=0.0)
    assert str(raised.value.__cause__).startswith("call 1")
    with pytest.raises(AssertionError) as raised:
        eventually(lambda: False, timeout=0.0)
    assert raised.value.__cause__ is None


def test_report_hides_the_loop(pytester: pytest.Pytester) -> None:
    """Pytest's traceback ends at the test, not in the waiting."""
    pytester.makepyfile(
        """
        from juncture.testing import eventually

        def test_refund():
            stock = 4

            def settled():
                assert stock == 5

            eventually(settled, timeout=0.01)
        """
    )
    result = pytester.runpytest_inprocess("-p", "no:juncture")
    output = result.stdout.str()
    result.stdout.fnmatch_lines(
        ["*settled: not within 0.0* s and * tries", "*last error  AssertionError: assert 4 == 5"]
    )
    assert "_eventually.py" not in output


def test_helpers_are_light() -> None:
    """Importing the helpers, as the plugin does in every process, brings neither asyncio nor pytest."""
    script = "import sys, juncture.testing; print(*sorted(sys.modules))"
    root = str(Path(juncture.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-S", "-c", script], capture_output=True, text=True, check=True, env={"PYTHONPATH": root}
    )
    assert {"asyncio", "pytest", "juncture.config"}.isdisjoint(done.stdout.split())
