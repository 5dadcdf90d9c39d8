"""Record what a subscription delivers, and wait for it: for consumers of queues, streams and topics."""

from __future__ import annotations

import math
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from juncture.errors import UsageError
from juncture.testing._history import FIRST, LAST, LONGEST, shortened, shown_value

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Recorder"]

M = TypeVar("M")


class Recorder(Generic[M]):
    """What a consumer received, in order; a test waits on it. Any number of threads and event loops may use one.

    It is called as the client's callback is; ``read`` makes a message of those arguments, by default the only one.
    """

    _clock = staticmethod(time.monotonic)
    """Kept here because libraries that freeze time exchange it in modules, and a wait would never end."""

    def __init__(self, read: Callable[..., M] | None = None, *, name: str = "the message") -> None:
        """Record nothing yet; ``name`` is what a failure calls that which did not come."""
        self._read = read
        self._name = name
        self._began = self._clock()
        self._messages: list[tuple[float, M]] = []
        self._cleared = 0
        self._failure: Exception | None = None
        self._changed = threading.Condition()
        self._wakers: list[Callable[[], object]] = []
        self._watches: list[tuple[object, Callable[[M], object]]] = []

    def __call__(self, *arguments: Any) -> None:
        """Record a message; where it is one that `when` waits for, call what that was given, in this thread."""
        message = self._read(*arguments) if self._read else _only(arguments)
        with self._changed:
            self._messages.append((self._clock() - self._began, message))
            self._changed.notify_all()
            for wake in self._wakers:
                wake()
            met = self._met(message)
        for call in met:
            call(message)

    async def callback(self, *arguments: Any) -> None:
        """Record a message, as the callback of a client that takes a coroutine function."""
        self(*arguments)

    @property
    def received(self) -> tuple[M, ...]:
        """All messages so far, in the order in which they came."""
        with self._changed:
            return tuple(message for _, message in self._messages)

    @property
    def count(self) -> int:
        """How many messages came so far."""
        return len(self._messages)

    def clear(self) -> None:
        """Forget what came so far, and what a function of `when` raised."""
        with self._changed:
            self._failure = None
            self._messages.clear()
            self._cleared += 1

    def when(self, wanted: M | Callable[[M], object], call: Callable[[M], object]) -> None:
        """Call ``call`` once with the first message that is ``wanted``: now, where it is there, else as it comes.

        Where ``wanted`` raises something as a message comes, that does not go to the client, whose thread may end of
        it: every wait raises it from then on, and ``call`` still waits for its message.
        """
        with self._changed:
            found = self._first(wanted, 0)
            if found is None:
                self._watches.append((wanted, call))
        if found is not None:
            call(found[0])

    def wait_for(self, wanted: M | Callable[[M], object], *, timeout: float = 10.0, message: str = "") -> M:
        """Return the first message that equals ``wanted``, or for which it returns something true.

        One that came before counts. Raise an ``AssertionError`` after ``timeout`` seconds, which tells ``message`` and
        what came instead, and when.
        """
        __tracebackhide__ = True
        seen, deadline = (0, 0), self._clock() + _checked(timeout)
        with self._changed:
            while True:
                found, seen = self._look(wanted, seen)
                if found:
                    return found[0]
                left = deadline - self._clock()
                if left <= 0:
                    raise AssertionError(self._told(message, f"  {'wanted':<10}  {_named(wanted)}", timeout))
                self._changed.wait(left)

    def wait_for_count(self, count: int, *, timeout: float = 10.0, message: str = "") -> tuple[M, ...]:
        """Return all messages as soon as there are ``count`` of them; raise as `wait_for` does."""
        __tracebackhide__ = True
        with self._changed:
            if not self._changed.wait_for(lambda: self._failure or len(self._messages) >= count, _checked(timeout)):
                raise AssertionError(self._told(message, f"  {'wanted':<10}  {count} messages", timeout))
            self._raise_failure()
            return tuple(each for _, each in self._messages)

    async def wait_for_async(
        self,
        wanted: M | Callable[[M], object],
        *,
        timeout: float = 10.0,  # noqa: ASYNC109 - its message is what it is for
        message: str = "",
    ) -> M:
        """Wait as `wait_for` does, without holding up the event loop on which the messages may come."""
        import asyncio  # noqa: PLC0415 - 30 ms, and there already where something can be awaited

        __tracebackhide__ = True
        loop, arrived = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop was closed
                loop.call_soon_threadsafe(arrived.set)

        seen, deadline = (0, 0), self._clock() + _checked(timeout)
        with self._changed:
            self._wakers.append(wake)
        try:
            while True:
                arrived.clear()
                with self._changed:
                    found, seen = self._look(wanted, seen)
                if found:
                    return found[0]
                left = deadline - self._clock()
                if left <= 0:
                    raise AssertionError(self._told(message, f"  {'wanted':<10}  {_named(wanted)}", timeout))
                with suppress(TimeoutError):
                    await asyncio.wait_for(arrived.wait(), left)
        finally:
            with self._changed:
                self._wakers.remove(wake)

    def _met(self, message: M) -> list[Callable[[M], object]]:
        """Return what is to be called with a message, and forget it; keep the first failure of the functions."""
        met, left = [], []
        for wanted, call in self._watches:
            matches = False
            try:
                matches = _matches(wanted, message)
            except Exception as error:  # noqa: BLE001 - it is a test's code, and goes to the test
                self._failure = self._failure or error
            if matches:
                met.append(call)
            else:
                left.append((wanted, call))
        self._watches = left
        return met

    def _raise_failure(self) -> None:
        __tracebackhide__ = True
        if self._failure:
            raise self._failure

    def _look(
        self, wanted: M | Callable[[M], object], seen: tuple[int, int]
    ) -> tuple[tuple[M] | None, tuple[int, int]]:
        """Return the first message that is wanted of those not ``seen`` yet, and what is seen now.

        What was seen is a number of messages, and how often they had been forgotten by then. Raise what a function of
        `when` raised.
        """
        __tracebackhide__ = True
        self._raise_failure()
        cleared, count = seen
        found = self._first(wanted, count if cleared == self._cleared else 0)
        return found, (self._cleared, len(self._messages))

    def _first(self, wanted: M | Callable[[M], object], start: int) -> tuple[M] | None:
        """Return the first message from ``start`` on that is wanted, in a tuple: it may be anything."""
        return next(((message,) for _, message in self._messages[start:] if _matches(wanted, message)), None)

    def _told(self, message: str, wanted: str, timeout: float) -> str:
        count = len(self._messages)
        came = f"{count} other{'' if count == 1 else 's'} came" if count else "nothing came"
        return "\n".join([f"{message or self._name}: not within {timeout:.2f} s; {came}", wanted, *self._lines()])

    def _lines(self) -> list[str]:
        """Return what came with the seconds since the recorder was made: the first and the last few."""
        every = [f"{seconds:.2f} s  {shortened(shown_value(each), LONGEST)}" for seconds, each in self._messages]
        if len(every) > FIRST + LAST:
            every[FIRST:-LAST] = [f"... {len(every) - FIRST - LAST} more ..."]
        return [f"  {'' if at else 'received':<10}  {line}" for at, line in enumerate(every)]


def _only(arguments: tuple[Any, ...]) -> Any:
    if len(arguments) != 1:
        what = f"it was called with {len(arguments)} arguments, and nothing says which of them is the message"
        hint = "give it a function of them: Recorder(lambda channel, method, properties, body: body)"
        raise UsageError(what, where="Recorder", hint=hint)
    return arguments[0]


def _matches(wanted: object, message: object) -> bool:
    return bool(wanted(message) if callable(wanted) else message == wanted)


def _named(wanted: object) -> str:
    if not callable(wanted):
        return shortened(shown_value(wanted), LONGEST)
    name = getattr(wanted, "__name__", type(wanted).__name__)
    return "one that the function accepts" if name == "<lambda>" else f"one that {name} accepts"


def _checked(timeout: float) -> float:
    if not 0 <= timeout < math.inf:
        raise UsageError(f"timeout={timeout!r} is no number of seconds", where="Recorder")
    return timeout
