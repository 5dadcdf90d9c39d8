"""Run one shard of the plan: plan what was collected, or check it against a plan that was made before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from juncture.errors import JunctureError, UsageError
from juncture.sharding import PlannedTest, ShardNumber, check_collection, group_of, make_plan, to_json
from juncture.sharding.files import publish, read_plan

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, MutableMapping, Sequence

    from juncture.sharding import Plan

__all__ = ["Sharding", "requested"]

NUMBER, PLAN, BUNDLE, COLLECTED = "JUNCTURE_SHARD", "JUNCTURE_PLAN", "JUNCTURE_BUNDLE", "JUNCTURE_COLLECTED"
GROUP_MARK = "xdist_group"
REFUSAL, EMPTY = "juncture_refusal", "juncture_empty_shard"
"""What a worker says to its controller at its end."""


class Sharding:
    """The plugin object of the process that collects, and of a controller whose workers do.

    ``plan`` is None until the tests were collected, where nothing asks for it, and after a collection with errors.
    """

    def __init__(
        self, number: ShardNumber, given: Plan | None, source: str, file: Path | None, *, wanted: bool = False
    ) -> None:
        """Take the shard to run and the ``given`` plan of the file ``source``.

        ``file`` is where the plan goes; where it is ``wanted``, it is an error that it can't be written.
        """
        self.number = number
        self.plan: Plan | None = None
        self._given = given
        self._source = source
        self._file = file
        self._wanted = wanted
        self._bare: dict[str, str] = {}
        self._empty: list[str] = []

    def bare(self, nodeid: str) -> str:
        """Return a node id as the plan has it: ``--dist loadgroup`` appends the group's name to it in workers."""
        return self._bare.get(nodeid, nodeid)

    def pytest_report_header(self) -> list[str]:
        """Say which shard this is, where the run is divided."""
        if self.number.total == 1 and self._given is None:
            return []
        digest = f", plan {self._source} ({self._given.digest[:12]})" if self._given else ""
        return [f"juncture: shard {self.number}{digest}"]

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Register the selection last: it has to see what ``--lf`` leaves, which registers itself only now."""
        config.pluginmanager.register(_Selection(self), "juncture-selection")

    def select(self, session: pytest.Session, items: list[pytest.Item], bare: Mapping[int, str]) -> None:
        """Leave this shard's tests in ``items``; ``bare`` maps the ``id()`` of items to their node ids as collected."""
        if self.number.total == 1 and self._given is None and self._file is None:
            return
        broken = session.testsfailed > 0  # a module that can't be imported: pytest itself says so
        tests = planned(items, bare)
        try:
            plan = self._given or make_plan(tests, self.number.total, {})
            if not broken:
                self._keep(plan, tests)
        except JunctureError as error:
            _refuse(session.config, items, error)
            return
        self._bare = {item.nodeid: bare.get(id(item), item.nodeid) for item in items} if bare else {}
        if self.number.total > 1:
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
            self._empty = [f"shard {self.number} is empty: the other shards run all {len(plan.groups)} tests"]
            _tell_controller(session.config, EMPTY, self._empty[0])

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
            if self._wanted:
                raise
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
        """Say that the shard is empty."""
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


def requested(
    namespace: Any, environ: MutableMapping[str, str], *, role: Literal["single", "controller", "worker"], folder: Path
) -> Sharding:
    """Return the plugin object for what the command line or the environment asks for; unasked, it is shard 1 of 1.

    A controller leaves it in the environment for its workers, which look nowhere else; a process that runs tests takes
    it out, as a pytest that one of its tests starts is a run of its own. ``folder`` is where a plan's path counts from.
    """
    number_text, number_where = environ.pop(NUMBER, ""), NUMBER
    plan_text, plan_where = environ.pop(PLAN, ""), PLAN
    if role != "worker" and namespace.juncture_shard is not None:
        number_text, number_where = namespace.juncture_shard, "--juncture-shard"
    if role != "worker" and namespace.juncture_plan is not None:
        plan_text, plan_where = namespace.juncture_plan, "--juncture-plan"
    number = ShardNumber.parse(number_text, where=number_where) if number_text else None
    given = read_plan(folder / plan_text) if plan_text else None
    if given:
        number = _number_in(given, number, where=f"{plan_where} {plan_text}")
    number = number or ShardNumber(1, 1)
    if role == "controller":
        environ[NUMBER] = number.slashed
        environ.update({PLAN: str((folder / plan_text).absolute())} if given else {})
    bundle = environ.get(BUNDLE)
    wanted = environ.pop(COLLECTED, "")
    file = wanted or (f"{bundle}/plan.json" if bundle else "")
    return Sharding(number, given, Path(plan_text).name, Path(file) if file else None, wanted=bool(wanted))


def _number_in(plan: Plan, number: ShardNumber | None, *, where: str) -> ShardNumber:
    total = len(plan.shards)
    if number is None and total > 1:
        raise UsageError(f"it has {total} shards", where=where, hint=f"say which one: --juncture-shard 1/{total}")
    if number is not None and number.total != total:
        hint = f"take --juncture-shard {number.index}/{total}, or make another plan"
        raise UsageError(f"it has {total} shards, not {number.total}", where=where, hint=hint)
    return number or ShardNumber(1, 1)


def planned(items: Sequence[pytest.Item], bare: Mapping[int, str]) -> list[PlannedTest]:
    """Return the tests to plan, with their groups: the name of the ``xdist_group`` mark, else class, else module."""
    nodeids = [bare.get(id(item), item.nodeid) for item in items] if bare else [item.nodeid for item in items]
    marked = _marked(items)
    groups = [
        _marked_group(item) if id(item) in marked else group_of(nodeid)
        for item, nodeid in zip(items, nodeids, strict=True)
    ]
    return list(map(PlannedTest, nodeids, groups))


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
