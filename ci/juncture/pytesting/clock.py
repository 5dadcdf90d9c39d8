"""Time the fixtures that several tests may share, each by itself."""

from __future__ import annotations

from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

__all__ = ["FixtureClock", "Note"]


class Note(Protocol):
    """Where the clock tells what it measured."""

    def __call__(self, phase: str, seconds: float, outcome: str, /, **names: object) -> None:
        """Take the seconds of a fixture's ``setup`` or ``teardown``; ``names`` are name, scope, base, perhaps param."""
        ...


class FixtureClock:
    """Measures setup and teardown of each fixture instance, without those of the fixtures it asks for meanwhile."""

    def __init__(self, note: Note) -> None:
        """Tell ``note`` of each setup and teardown when it ends."""
        self._note = note
        self._now = perf_counter  # kept here: what patches clocks for a test looks through modules
        self._inner = 0.0

    @contextmanager
    def setup(self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Iterator[None]:
        """Time the setup that happens in this context, and see to it that the teardown is timed."""
        names: dict[str, object] = {"name": fixturedef.argname, "scope": fixturedef.scope, "base": fixturedef.baseid}
        if hasattr(request, "param"):
            names["param"] = getattr(request, "param_index", 0)
        begun: list[float] = []

        def tear_down_begins() -> None:
            begun.append(self._now())

        def tear_down_ends() -> None:
            self._note("teardown", self._now() - begun.pop(), "passed", **names)

        # Finalizers run last in, first out: this one after all that the fixture adds, the other before.
        fixturedef.addfinalizer(tear_down_ends)
        around, self._inner = self._inner, 0.0
        outcome = "failed"
        began = self._now()
        try:
            yield
            outcome = "passed"
        finally:
            seconds = self._now() - began
            self._note("setup", seconds - self._inner, outcome, **names)
            self._inner = around + seconds
            fixturedef.addfinalizer(tear_down_begins)
