"""Workers of pytest-xdist in simulated time, for its schedulers and ours.

They do as `xdist.remote` and `xdist.dsession`. A worker takes a test as soon as there is a next one, or none will
follow; it gives back what it neither runs nor has next; module-wide fixtures go with the last test that needs them.
Messages take their time both ways.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from xdist.remote import Producer  # type: ignore[import-untyped] # xdist ships no types

from juncture.pytesting.scheduler import CostScheduling
from juncture.sharding.costs import PlannedTest
from juncture.sharding.history import FixtureKey, History, KnownFixture, timed
from juncture.sharding.work import work_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MESSAGE = 500
"""Microseconds that a message takes."""

SILENT = Producer("simulated", enabled=False)


@dataclass(frozen=True)
class Suite:
    """Tests by their position: what each takes in microseconds, and the fixtures that it needs.

    ``setups`` are the microseconds of each fixture; those in ``wide`` stay until the worker ends, the others are the
    module's of that name. ``marked`` maps tests to the name of their ``xdist_group``.
    """

    nodeids: Sequence[str]
    own: Sequence[int]
    needs: Sequence[frozenset[str]]
    setups: Mapping[str, int] = field(default_factory=dict)
    wide: frozenset[str] = frozenset()
    marked: Mapping[int, str] = field(default_factory=dict)

    @property
    def planned(self) -> list[PlannedTest]:
        """The tests as they are planned."""
        return [
            PlannedTest(
                nodeid,
                self.marked.get(test) or nodeid.rpartition("::")[0],
                test in self.marked,
                tuple(map(self._key, sorted(self.needs[test]))),
            )
            for test, nodeid in enumerate(self.nodeids)
        ]

    @property
    def history(self) -> History:
        """What earlier runs would tell, were each of them like this one."""
        tests = {nodeid: timed(time) for nodeid, time in zip(self.nodeids, self.own, strict=True)}
        return History(tests, {self._key(name): KnownFixture(0, cost) for name, cost in self.setups.items()})

    def _key(self, name: str) -> FixtureKey:
        if name in self.wide:
            return FixtureKey("", name, "session")
        return FixtureKey(name, name, "module", "", name)


class Node:
    """What a scheduler sees of a worker, and the worker itself."""

    def __init__(self, run: Run, name: str) -> None:
        """Begin with nothing to do."""
        self.gateway = SimpleNamespace(id=name)
        self.run = run
        self.queue: deque[int | None] = deque()
        self.next: int | None = None
        self.running: int | None = None
        self.up: frozenset[str] = frozenset()
        self.down = False
        self.told = False

    @property
    def shutting_down(self) -> bool:
        """Tell whether it was told that nothing follows."""
        return self.down or self.told

    def send_runtest_some(self, indices: Sequence[int]) -> None:
        """Queue tests, a message later."""
        if self.down:
            raise OSError
        self.run.later(MESSAGE, partial(self._put, list(indices)))

    def send_steal(self, indices: Sequence[int]) -> None:
        """Ask for tests back."""
        self.run.later(MESSAGE, partial(self._steal, set(indices)))

    def shutdown(self) -> None:
        """Tell it that nothing follows."""
        if not self.down:
            self.told = True
            self.run.later(MESSAGE, partial(self._put, [None]))

    def die(self) -> None:
        """End at once, whatever is going on."""
        self.down = True
        self.run.crashes += 1
        if self.running is not None:
            self.run.in_flight.add(self.run.suite.nodeids[self.running])
        self.run.tell(lambda _: self.run.died(self))

    def _put(self, tests: Sequence[int | None]) -> None:
        self.queue.extend(tests)
        self._go_on()

    def _steal(self, wanted: set[int]) -> None:
        if self.down:
            return
        given = wanted if wanted <= set(self.queue) else set()
        self.queue = deque(test for test in self.queue if test not in given)
        self.run.tell(lambda sched: sched.remove_pending_tests_from_node(self, sorted(given)))

    def _go_on(self) -> None:
        """Begin the next test where that can be, or end."""
        if self.down or self.running is not None or not self.queue:
            return
        if self.next is None:
            self.next = self.queue.popleft()
            if self.next is None:
                self._finish()
        if self.queue and self.next is not None:
            self.running, self.next = self.next, self.queue.popleft()
            self.run.later(self._time(self.running), self._end)

    def _time(self, test: int) -> int:
        suite = self.run.suite
        fresh = suite.needs[test] - self.up
        following = suite.needs[self.next] if self.next is not None else frozenset()
        self.up = (self.up | suite.needs[test]) & (suite.wide | following)
        self.run.setups.update(fresh)
        self.run.order[self.gateway.id].append(test)
        self.run.took[test] = suite.own[test] + sum(suite.setups[name] for name in fresh)
        return self.run.took[test]

    def _end(self) -> None:
        test = self.running
        if self.down or test is None:
            return
        self.running = None
        self.run.ended[test] += 1
        self.run.tell(lambda sched: sched.mark_test_complete(self, test, self.run.took[test] / 1_000_000))
        if self.next is None:
            self._finish()
        else:
            self._go_on()

    def _finish(self) -> None:
        self.down = True
        self.run.tell(lambda _: self.run.finished(self))


@dataclass
class Run:
    """One run: make it, then ``play``; what happened is in its fields.

    ``restarts`` is how many workers are replaced, ``start`` what a replacement takes to start, in microseconds.
    ``order`` has the tests that each worker began, ``ended`` counts how often each came to its end.
    """

    suite: Suite
    workers: int
    restarts: int = 100
    start: int = 300_000
    now: int = 0
    crashes: int = 0
    setups: Counter[str] = field(default_factory=Counter)
    ended: Counter[int] = field(default_factory=Counter)
    took: dict[int, int] = field(default_factory=dict)
    order: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    in_flight: set[str] = field(default_factory=set)
    blamed: set[str] = field(default_factory=set)
    nodes: list[Node] = field(default_factory=list)
    sched: Any = None
    _events: list[tuple[int, int, Callable[[], object]]] = field(default_factory=list)
    _number: int = 0
    _active: set[Node] = field(default_factory=set)
    _coming: int = 0
    _shutting_down: bool = False

    @property
    def config(self) -> Any:
        """Return what schedulers ask of pytest's configuration."""
        values = {"tx": ["popen"] * self.workers, "maxschedchunk": None}
        return SimpleNamespace(option=SimpleNamespace(loadscopereorder=True), getvalue=values.get, getoption=values.get)

    @property
    def begun(self) -> Counter[int]:
        """How often each test began."""
        return Counter(test for tests in self.order.values() for test in tests)

    def ours(self, history: History, *, journals: bool = True) -> CostScheduling:
        """Return our scheduler; without ``journals`` nobody knows what was in flight when a worker died."""
        tests = self.suite.planned
        return CostScheduling(self.config, lambda _: work_of(tests, history), self._fate if journals else _unknown)

    def play(self, sched: Any, deaths: Sequence[tuple[int, int]] = ()) -> None:
        """Run to the end; ``deaths`` are moments, and which of the workers that live then dies."""
        self.sched = sched
        for _ in range(self.workers):
            self._add()
        for moment, which in deaths:
            self.later(moment, partial(self._kill, which))
        while (self._active or self._coming) and self._events:
            self.now, _, do = heapq.heappop(self._events)
            do()
        assert not self._active, f"{self._active} wait for ever"

    def later(self, delay: int, do: Callable[[], object]) -> None:
        """Do something so many microseconds later."""
        self._number += 1
        heapq.heappush(self._events, (self.now + delay, self._number, do))

    def tell(self, do: Callable[[Any], object]) -> None:
        """Let the controller hear something, and then look whether all is done, as xdist's does."""

        def hear() -> None:
            if self._active or self._coming:
                do(self.sched)
                self._look()

        self.later(MESSAGE, hear)

    def finished(self, node: Node) -> None:
        """Hear that a worker came to its end in order."""
        if node in self.sched.nodes:
            vars(node)["workeroutput"] = {}
            assert not self.sched.remove_node(node)
        self._active.remove(node)

    def died(self, node: Node) -> None:
        """Hear that a worker is dead, and replace it."""
        blamed = self.sched.remove_node(node) if node in self.sched.nodes else None
        self.blamed |= {blamed} if blamed else set()
        self._active.remove(node)
        if self.crashes <= self.restarts:
            self._shutting_down = False
            self._coming += 1
            self.later(self.start, self._replace)
        else:
            self._shut_down()

    def _add(self) -> None:
        node = Node(self, f"gw{len(self.nodes)}")
        self.nodes.append(node)
        self._active.add(node)
        if self._shutting_down:
            node.shutdown()
            return
        self.sched.add_node(node)
        self.sched.add_node_collection(node, list(self.suite.nodeids))
        if self.sched.collection_is_completed:
            self.sched.schedule()
        self._look()

    def _replace(self) -> None:
        self._coming -= 1
        self._add()

    def _kill(self, which: int) -> None:
        if alive := [node for node in self.nodes if not node.down]:
            alive[which % len(alive)].die()

    def _look(self) -> None:
        if self.sched.tests_finished and not self._shutting_down:
            self._shut_down()

    def _shut_down(self) -> None:
        self._shutting_down = True
        for node in self.sched.nodes:
            node.shutdown()

    def _fate(self, worker: str, _: Sequence[str]) -> tuple[str, tuple[str, ...]]:
        """Return what a journal would say of a dead worker."""
        running = next(node.running for node in self.nodes if node.gateway.id == worker)
        return ("" if running is None else self.suite.nodeids[running]), ()


def _unknown(*_: object) -> None:
    """Know nothing of a dead worker."""
