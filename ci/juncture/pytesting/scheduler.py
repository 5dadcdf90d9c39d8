"""Hand tests to the workers of pytest-xdist by their costs: the adapter between its events and the schedule."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from xdist.report import report_collection_diff  # type: ignore[import-untyped] # xdist ships no types
from xdist.workermanage import parse_tx_spec_config  # type: ignore[import-untyped] # as above

from juncture.sharding.schedule import Close, Schedule, Send

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from xdist.workermanage import WorkerController

    from juncture.sharding.schedule import Command
    from juncture.sharding.work import Work

__all__ = ["CostScheduling", "Fate"]

Fate = tuple[str, tuple[str, ...]]
"""What became of what a dead worker held: the test that was in flight, or an empty text; tests that had ended."""


class CostScheduling:
    """What pytest-xdist calls a scheduling; it decides nothing, `juncture.sharding.schedule` does.

    ``work`` makes the work of the node ids that all workers collected; ``fate`` tells what became of the tests that a
    dead worker held, None where nobody knows: then it was the first of them, if that can have begun.
    """

    def __init__(
        self,
        config: pytest.Config,
        work: Callable[[Sequence[str]], Work],
        fate: Callable[[str, Sequence[str]], Fate | None],
    ) -> None:
        """Expect as many workers as the command line says."""
        self.config = config
        self.numnodes = len(parse_tx_spec_config(config))
        self.schedule_of: Schedule | None = None
        self.collection: list[str] = []
        self.lost: list[str] = []
        self._work = work
        self._fate = fate
        self._nodes: dict[str, WorkerController] = {}
        self._collections: dict[str, list[str]] = {}
        self._refused = False

    @property
    def nodes(self) -> list[WorkerController]:
        """The workers that are ready."""
        return list(self._nodes.values())

    @property
    def collection_is_completed(self) -> bool:
        """Tell whether all the first workers have collected."""
        return self.schedule_of is not None or len(self._collections) >= self.numnodes

    @property
    def tests_finished(self) -> bool:
        """Tell whether there is nothing left to be sent."""
        if not self.collection_is_completed:
            return False
        schedule = self.schedule_of
        return schedule is None or schedule.is_done or (self._refused and not self._collections)

    @property
    def has_pending(self) -> bool:
        """Tell whether tests are still to be run."""
        return self.schedule_of is not None and bool(self.schedule_of.unfinished)

    @property
    def unfinished(self) -> list[str]:
        """The node ids of tests that did not run."""
        return [self.collection[test] for test in self.schedule_of.unfinished] if self.schedule_of else []

    def add_node(self, node: WorkerController) -> None:
        """Hear that a worker is ready to collect."""
        self._nodes[_name(node)] = node

    def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
        """Hear what a worker collected; one that replaces another has to find the same."""
        name = _name(node)
        if self.schedule_of is not None and list(collection) != self.collection:
            self._report(name, report_collection_diff(self.collection, collection, "the first workers", name))
            self._refused = True
            node.shutdown()
            return
        self._collections[name] = list(collection)

    def schedule(self) -> None:
        """Begin, or let a worker that came later take part."""
        if self.schedule_of is None:
            if not self._is_agreed():
                return
            self.collection = next(iter(self._collections.values()))
            self.schedule_of = Schedule(self._work(self.collection))
        known = self.schedule_of.workers
        self._tell(self.schedule_of.add, [name for name in self._collections if name not in known])

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        """Hear that a worker is done with a test, after so many seconds."""
        self._tell(self._ready.finished, _name(node), item_index, round(duration * 1_000_000))

    def mark_test_pending(self, item: str) -> None:
        """Run a test once more: a plugin asks for it."""
        self._tell(self._ready.again, self.collection.index(item))

    def remove_pending_tests_from_node(self, node: WorkerController, indices: Sequence[int]) -> None:
        """Hear which tests a worker gave back."""
        self._tell(self._ready.returned, _name(node), indices)

    def remove_node(self, node: WorkerController) -> str | None:
        """Hear that a worker is gone; return the test that was in flight, which will not run again.

        Raise `KeyError` for a worker that is not known, as xdist expects it.
        """
        name = _name(node)
        del self._nodes[name]
        schedule = self.schedule_of
        if self._collections.pop(name, None) is None or schedule is None or name not in schedule.workers:
            return None
        held = [self.collection[test] for test in schedule.held(name)]
        flying, done = ("", ()) if hasattr(node, "workeroutput") else self._fate_of(name, held)
        if not hasattr(node, "workeroutput") and not flying:
            self.lost.append(name)
        ended = {*done, flying}
        self._tell(schedule.gone, name, [test for test in schedule.held(name) if self.collection[test] in ended])
        return flying or None

    @property
    def _ready(self) -> Schedule:
        assert self.schedule_of is not None  # noqa: S101 - no test runs before it is there
        return self.schedule_of

    def _fate_of(self, name: str, held: Sequence[str]) -> Fate:
        known = self._fate(name, held)
        if known is not None:
            return known
        schedule = self._ready
        begun = len(held) > 1 or (held and not schedule.is_open(name))  # a lone test does not begin before that
        return (held[0] if begun else "", ())

    def _tell(self, what: Callable[..., Iterable[Command]], *details: Any) -> None:
        """Tell the schedule what happened and do what it says; first, which workers xdist has closed by itself."""
        schedule = self._ready
        for name in schedule.workers:
            if name in self._nodes and self._nodes[name].shutting_down and schedule.is_open(name):
                self._send(schedule.closed(name))
        self._send(what(*details))

    def _send(self, commands: Iterable[Command]) -> None:
        for command in commands:
            node = self._nodes.get(command.worker)
            with suppress(OSError):  # it is dead, as xdist will say
                if node is None:
                    pass  # the schedule hears next that it is gone
                elif isinstance(command, Close):
                    node.shutdown()
                elif isinstance(command, Send):
                    node.send_runtest_some(list(command.tests))
                else:
                    node.send_steal(list(command.tests))

    def _is_agreed(self) -> bool:
        """Tell whether all workers collected the same tests, and report where they did not."""
        (first, collection), *others = self._collections.items()
        agreed = True
        for name, other in others:
            if difference := report_collection_diff(collection, other, first, name):
                self._report(name, difference)
                agreed = False
        return agreed

    def _report(self, name: str, difference: str | None) -> None:
        report = pytest.CollectReport(nodeid=name, outcome="failed", longrepr=difference, result=[])
        self.config.hook.pytest_collectreport(report=report)


def _name(node: WorkerController) -> str:
    name: Any = node.gateway.id
    return str(name)
