"""Wait until a check holds: the one loop that a test of something asynchronous needs."""

from __future__ import annotations

import dis
import inspect
import math
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeAlias, TypeVar, overload

from juncture.errors import UsageError
from juncture.testing._history import History, shown_error, shown_value

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from types import TracebackType

__all__ = ["eventually"]

T = TypeVar("T")
Ignored: TypeAlias = "type[Exception] | tuple[type[Exception], ...]"

FIRST_PAUSE = 0.001
"""Seconds between the first two tries: what is almost there is not waited for."""

GROWTH = 1.5
"""How much longer each pause is than the one before."""


@overload
def eventually(
    check: Callable[[], Coroutine[Any, Any, None]],
    *,
    timeout: float = ...,
    interval: float = ...,
    message: str = ...,
    ignore: Ignored = ...,
) -> Coroutine[Any, Any, None]: ...
@overload
def eventually(
    check: Callable[[], Awaitable[T | None]],
    *,
    timeout: float = ...,
    interval: float = ...,
    message: str = ...,
    ignore: Ignored = ...,
) -> Coroutine[Any, Any, T]: ...
@overload
def eventually(
    check: Callable[[], None],
    *,
    timeout: float = ...,
    interval: float = ...,
    message: str = ...,
    ignore: Ignored = ...,
) -> None: ...
@overload
def eventually(
    check: Callable[[], T | None],
    *,
    timeout: float = ...,
    interval: float = ...,
    message: str = ...,
    ignore: Ignored = ...,
) -> T: ...
def eventually(
    check: Callable[[], Any],
    *,
    timeout: float = 10.0,
    interval: float = 0.05,
    message: str = "",
    ignore: Ignored = (),
) -> Any:
    """Call ``check`` until it holds, and return its value; where it is asynchronous, return an awaitable of that.

    A check holds once it returns something true. One that has no value to return, because it only asserts, holds once
    it raises nothing. An ``AssertionError``, or one of the errors to ``ignore``, means: not yet; any other error is the
    caller's at once. ``timeout`` and ``interval``, the longest pause between two tries, are in seconds; the check is
    always tried once more when the time is up. Then an ``AssertionError`` tells ``message``, or else the name of the
    check, and what was seen when.
    """
    __tracebackhide__ = True
    if not 0 <= timeout < math.inf or not 0 < interval < math.inf:
        what = f"timeout={timeout!r}, interval={interval!r}: both are seconds, an interval is more than 0"
        raise UsageError(what, where="eventually")
    start = partial(_Wait, check, timeout=timeout, interval=interval, message=message or _name(check), ignore=ignore)
    wait = start()
    while True:
        with wait:
            value = check()
            if inspect.isawaitable(value):
                return _later(check, value, start())
            if wait.holds(value):
                return value
        time.sleep(wait.pause())


async def _later(check: Callable[[], Awaitable[Any]], first: Awaitable[Any], wait: _Wait) -> Any:
    """Go on with a check that turned out to be asynchronous; ``first`` is what its first call returned."""
    import asyncio  # noqa: PLC0415 - 30 ms, and there already where something can be awaited

    __tracebackhide__ = True
    pending: Awaitable[Any] | None = first
    while True:
        again, pending = pending, None
        with wait:
            value = await (check() if again is None else again)
            if wait.holds(value):
                return value
        await asyncio.sleep(wait.pause())


class _Wait:
    """One wait; each of its tries is a ``with`` block, which notes and swallows what means "not yet"."""

    _clock = staticmethod(time.monotonic)
    """Kept here because libraries that freeze time exchange it in modules, and a wait would never end."""

    def __init__(
        self, check: Callable[[], Any], *, timeout: float, interval: float, message: str, ignore: Ignored
    ) -> None:
        """Take the options; the time begins with the first try."""
        self._timeout = timeout
        self._interval = interval
        self._message = message
        self._not_yet = (AssertionError, ignore)
        self._only_asserts = _only_asserts(check)
        self._history = History()
        self._tries = 0
        self._began = self._at = 0.0
        self._pause = FIRST_PAUSE / GROWTH
        self._error: BaseException | None = None

    def __enter__(self) -> Self:
        """Begin a try."""
        now = self._clock()
        if not self._tries:
            self._began = now
        self._tries += 1
        self._at = now - self._began
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Note and swallow an error that means "not yet"."""
        if not isinstance(error, self._not_yet):
            return False
        self._error = error
        self._note("error", shown_error(error))
        return True

    def holds(self, value: object) -> bool:
        """Tell whether a returned value ends the wait; note it where it does not."""
        if value or self._only_asserts:
            return True
        self._error = None
        self._note("value", shown_value(value))
        return False

    def pause(self) -> float:
        """Return the seconds until the next try, or raise what was seen, where the last one began at the deadline."""
        __tracebackhide__ = True
        if self._at >= self._timeout:
            raise AssertionError("\n".join(self._told())) from self._error
        self._pause = min(self._pause * GROWTH, self._interval)
        return max(min(self._pause, self._began + self._timeout - self._clock()), 0.0)

    def _note(self, label: str, text: str) -> None:
        self._history.note(self._clock() - self._began, label, text)

    def _told(self) -> list[str]:
        tries = f"{self._tries} {'try' if self._tries == 1 else 'tries'}"
        return [f"{self._message}: not within {self._at:.2f} s and {tries}", *self._history.lines()]


def _name(check: Callable[[], Any]) -> str:
    name: str = getattr(_function(check), "__name__", type(check).__name__)
    return "it did not come about" if name == "<lambda>" else name


def _only_asserts(check: Callable[[], Any]) -> bool:
    """Tell whether a check is a function without any ``return VALUE``: it says all that it has to say by raising."""
    code = getattr(_function(check), "__code__", None)
    if code is None:
        return False
    before = None
    for instruction in dis.get_instructions(code):
        if _returns_value(instruction, before):
            return False
        before = instruction
    return True


def _returns_value(instruction: dis.Instruction, before: dis.Instruction | None) -> bool:
    if instruction.opname == "RETURN_CONST":
        return instruction.argval is not None
    if instruction.opname != "RETURN_VALUE":
        return False
    # A jump to the return itself brings a value along, as the one over `or None` does.
    return instruction.is_jump_target or before is None or before.opname != "LOAD_CONST" or before.argval is not None


def _function(check: Callable[[], Any]) -> object:
    """Return the function that a check comes down to: of a partial, a decorated one, an object that can be called."""
    inner: Any = check
    while isinstance(inner, partial):
        inner = inner.func
    inner = inspect.unwrap(inner)
    return inner if hasattr(inner, "__code__") else type(inner).__call__
