"""Groups and fixtures of bare node ids, out of the history."""

from __future__ import annotations

import pytest

from juncture.sharding import PlannedTest
from juncture.sharding.history import NO_HISTORY, FixtureKey, History, KnownFixture, KnownTest
from juncture.sharding.needs import instance_of, planned_of_nodeids, resolver


def test_without_a_history_groups_are_class_or_module() -> None:
    """A node id tells no more."""
    found = planned_of_nodeids(["a.py::t", "a.py::C::t"], NO_HISTORY)
    assert found == [PlannedTest("a.py::t", "a.py"), PlannedTest("a.py::C::t", "a.py::C")]


def test_history_knows_marks_and_fixtures() -> None:
    """What a run recorded of a test's group and fixtures is known before pytest collects it again."""
    keys = [FixtureKey("", "app", "session"), FixtureKey("t", "db", "module", "", "t/other.py")]
    history = History(
        {"t/a.py::C::t": KnownTest(1, 5, uses=("app", "db", "gone")), "t/a.py::u": KnownTest(1, 5, group="shared")},
        dict.fromkeys(keys, KnownFixture(1, 5000)),
    )
    assert planned_of_nodeids(["t/a.py::C::t", "t/a.py::u", "t/a.py::new"], history) == [
        PlannedTest("t/a.py::C::t", "t/a.py::C", fixtures=(keys[0], keys[1]._replace(of="t/a.py"))),
        PlannedTest("t/a.py::u", "shared", pinned=True),
        PlannedTest("t/a.py::new", "t/a.py"),
    ]


def test_nearest_fixture_of_a_name_is_meant() -> None:
    """Folders and modules may each define a ``db``; what is beside is not visible."""
    keys = [FixtureKey(base, "db", "session") for base in ("", "t", "t/a", "t/ab", "t/a/x.py")]
    find = resolver(History({}, dict.fromkeys(keys, KnownFixture(1, 1))))
    found = {
        nodeid: find.fixtures(nodeid, nodeid, ("db",))[0].base for nodeid in ("u.py::t", "t/u.py::t", "t/a/x.py::t")
    }
    assert found == {"u.py::t": "", "t/u.py::t": "t", "t/a/x.py::t": "t/a/x.py"}


@pytest.mark.parametrize(("scope", "of"), [("session", ""), ("package", ""), ("module", "a.py"), ("class", "a.py::C")])
def test_instance_belongs_to_its_scope(scope: str, of: str) -> None:
    """A module's fixture is set up once a module, a session's once a process."""
    assert instance_of(scope, "a.py::C::t", "a.py::C") == of
