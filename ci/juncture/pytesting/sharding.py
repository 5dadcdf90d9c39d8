"""Run one shard of the plan: plan what was collected, or check it against a plan that was made before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from juncture.errors import JunctureError, UsageError
from juncture.pytesting.needs import Needs
from juncture.pytesting.rerunning import NOTHING, header, leave_wanted
from juncture.sharding import PlannedTest, check_collection, group_of, make_plan, to_json
from juncture.sharding.collection import collection_to_json
from juncture.sharding.files import publish
from juncture.sharding.garbage import undisturbed
from juncture.sharding.history import NO_HISTORY

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from pathlib import Path

    from juncture.pytesting.asked import Asked
    from juncture.sharding import Plan
    from juncture.sharding.history import History

__all__ = ["Sharding"]

GROUP_MARK = "xdist_group"
REFUSAL, EMPTY = "juncture_refusal", "juncture_empty_shard"
"""What a worker says to its controller at its end."""


class Sharding:
    """The plugin object of the process that collects, and of a controller whose workers do.

    ``plan`` is None until the tests were collected, where nothing asks for it, and after a collection with errors.
    """

    def __init__(self, asked: Asked) -> None:
        """Take what was asked for."""
        self.number = asked.number
        self.plan: Plan | None = None
        self._given = asked.given
        self._source = asked.source
        self._file = asked.file
        self._collected = asked.collected
        self.history = asked.history
        self.rerun = asked.rerun
        self._said = asked.said
        self._bare: dict[str, str] = {}
        self._empty: list[str] = []

    def bare(self, nodeid: str) -> str:
        """Return a node id as the plan has it: ``--dist loadgroup`` appends the group's name to it in workers."""
        return self._bare.get(nodeid, nodeid)

    def pytest_report_header(self) -> list[str]:
        """Say which shard this is, where the run is divided, and by whose word."""
        said = [f"juncture: {line}" for line in (*header(self.rerun), *self._said)]
        if self.number.total == 1 and self._given is None:
            return said
        digest = f", plan {self._source} ({self._given.digest[:12]})" if self._given else ""
        return [f"juncture: shard {self.number}{digest}", *said]

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Register the selection last: it has to see what ``--lf`` leaves, which registers itself only now."""
        config.pluginmanager.register(_Selection(self), "juncture-selection")

    def select(self, session: pytest.Session, items: list[pytest.Item], bare: Mapping[int, str]) -> None:
        """Leave this shard's tests in ``items``; ``bare`` maps the ``id()`` of items to their node ids as collected."""
        if self.number.total == 1 and not any((self._given, self._file, self._collected, self.rerun)):
            return
        with undisturbed():
            self._select(session, items, bare)

    def _select(self, session: pytest.Session, items: list[pytest.Item], bare: Mapping[int, str]) -> None:
        broken = session.testsfailed > 0  # a module that can't be imported: pytest itself says so
        try:
            if self.rerun:
                leave_wanted(session, items, bare, self.rerun, broken=broken)
            tests = planned(items, bare, self.history)
            if self._collected and not broken:
                publish(self._collected, collection_to_json(tests))
            plan = self._given or make_plan(tests, self.number.total, self.history)
            if not broken:
                self._keep(plan, tests)
        except JunctureError as error:
            _refuse(session.config, items, error)
            return
        self._bare = {item.nodeid: bare.get(id(item), item.nodeid) for item in items} if bare else {}
        if self.rerun and not self.rerun.tests:
            self._say_empty(session.config, NOTHING)
        elif self.number.total > 1:
            self._leave_mine(session, items, plan, [test.nodeid for test in tests])

    def _leave_mine(
        self, session: pytest.Session, items: list[pytest.Item], plan: Plan, nodeids: Sequence[str]
    ) -> None:
        mine = set(plan.shards[self.number.index - 1].nodeids)
        others = [item for item, nodeid in zip(items, nodeids, strict=True) if nodeid not in mine]
        if others:
            items[:] = [item for item, nodeid in zip(items, nodeids, strict=True) if nodeid in mine]
            session.config.hook.pytest_deselected(items=others)
        if plan.groups and not mine:
            line = f"shard {self.number} is empty: the other shards run all {len(plan.groups)} tests"
            self._say_empty(session.config, line)

    def _say_empty(self, config: pytest.Config, line: str) -> None:
        """Remember why there is no test to run, in the controller too."""
        self._empty = [line]
        _tell_controller(config, EMPTY, line)

    def _keep(self, plan: Plan, tests: Sequence[PlannedTest]) -> None:
        """Check the collection against the plan, and write the plan where all processes of the run agree on it."""
        if self._given:
            check_collection(plan, (test.nodeid for test in tests), where=self._source)
        if self._file and not self._is_agreed(self._file, plan):
            raise UsageError(
                "the processes of this run collected different tests",
                where=str(self._file),
                hint="node ids must not change from process to process: no sets, times or random numbers in parameters",
            )
        self.plan = plan

    def _is_agreed(self, file: Path, plan: Plan) -> bool:
        """Write the plan, and tell whether all processes have the same; a full disk is no reason to run no tests."""
        try:
            return publish(file, to_json(plan))
        except (UsageError, OSError):
            return True

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Hear what a worker says at its end; a refusal stops the run."""
        said = getattr(node, "workeroutput", {})
        if REFUSAL in said:
            raise pytest.UsageError(said[REFUSAL])
        self._empty.append("" if error else said.get(EMPTY, ""))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """End green where the shard is empty and the plan is not."""
        if self._is_empty() and session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = pytest.ExitCode.OK

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say why no test ran."""
        if self._is_empty():
            terminalreporter.write_line(f"juncture: {self._empty[0]}")

    def _is_empty(self) -> bool:
        """Tell whether every process that collected found this shard empty."""
        return bool(self._empty) and all(self._empty)


class _Selection:
    """The hook around everybody else's; see `Sharding.pytest_configure`."""

    def __init__(self, sharding: Sharding) -> None:
        self._sharding = sharding

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> Generator[None, object, object]:
        """Select from what all others left, by the node ids from before xdist changes them for ``loadgroup``."""
        changes = getattr(session.config.option, "loadgroup", False)
        # By id(): in pytest 8 the hash of an item is that of its node id, and changes with it.
        bare = {id(item): item.nodeid for item in items} if changes else {}
        result = yield
        self._sharding.select(session, items, bare)
        return result


def planned(items: Sequence[pytest.Item], bare: Mapping[int, str], history: History = NO_HISTORY) -> list[PlannedTest]:
    """Return the tests to plan, with their groups and the shared fixtures that the history charges for.

    A group is the name of the ``xdist_group`` mark, else the class, else the module.
    """
    nodeids = [bare.get(id(item), item.nodeid) for item in items] if bare else [item.nodeid for item in items]
    marked = _marked(items)
    groups = [
        _marked_group(item) if id(item) in marked else group_of(nodeid)
        for item, nodeid in zip(items, nodeids, strict=True)
    ]
    pinned = [id(item) in marked for item in items]
    if not history.fixtures:
        return list(map(PlannedTest, nodeids, groups, pinned))
    return list(map(PlannedTest, nodeids, groups, pinned, map(Needs(history).of, items, nodeids)))


def _marked(items: Sequence[pytest.Item]) -> set[int]:
    """Return the ``id()`` of each item with a mark for its group.

    To walk through the marks of every item would cost more than the plan, and parents are far fewer than items.
    """
    parents = {id(item.parent): item.parent for item in items}
    above = {key for key, parent in parents.items() if parent and parent.get_closest_marker(GROUP_MARK)}
    own = {id(item) for item in items for mark in item.own_markers if mark.name == GROUP_MARK}
    return own | {id(item) for item in items if id(item.parent) in above} if above else own


def _marked_group(item: pytest.Item) -> str:
    """Return the name that marks give a test's group, several of them joined as xdist joins them."""
    marks = item.iter_markers(GROUP_MARK)
    return "_".join(sorted({str(mark.args[0] if mark.args else mark.kwargs.get("name", "default")) for mark in marks}))


def _refuse(config: pytest.Config, items: list[pytest.Item], error: JunctureError) -> None:
    """Run nothing, and say why: in a worker only its controller can."""
    message = f"juncture: {error}"
    if not hasattr(config, "workeroutput"):
        raise pytest.UsageError(message)
    items.clear()
    _tell_controller(config, REFUSAL, message)


def _tell_controller(config: pytest.Config, key: str, text: str) -> None:
    output: dict[str, Any] | None = getattr(config, "workeroutput", None)
    if output is not None:
        output[key] = text
