"""The plan as JSON, and what is refused."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juncture.errors import IncompleteError
from juncture.sharding import Plan, PlannedTest, from_json, make_plan, to_json

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = st.text(st.characters(), max_size=12)


def small() -> Plan:
    """Return a plan of three tests over two shards."""
    tests = [PlannedTest("t.py::a", "t.py"), PlannedTest("t.py::b[é]", "t.py"), PlannedTest("u.py::c", "g")]
    return make_plan(tests, 2, {"t.py::a": 1.5, "t.py::b[é]": 0.5, "u.py::c": 2.0})


@given(st.dictionaries(NAMES, NAMES, max_size=20), st.integers(1, 20), st.floats(0, 1e9))
def test_plan_comes_back_from_its_text(groups: dict[str, str], shards: int, seconds: float) -> None:
    """Any plan, lone surrogates in its node ids too, is the same after it was written and read."""
    tests = [PlannedTest(nodeid, group) for nodeid, group in groups.items()]
    plan = make_plan(tests, shards, dict.fromkeys(list(groups)[:3], seconds))
    text = to_json(plan)
    assert text.isascii()
    assert from_json(text) == plan
    assert to_json(from_json(text)) == text


def test_text_is_the_contract() -> None:
    """The names in the JSON are what other programs read."""
    plan = small()
    assert json.loads(to_json(plan)) == {
        "version": 2,
        "digest": plan.digest,
        "shards": [
            {"index": 1, "predicted_seconds": 2.0, "nodeids": ["u.py::c"]},
            {"index": 2, "predicted_seconds": 2.0, "nodeids": ["t.py::a", "t.py::b[é]"]},
        ],
        "lower_bound_seconds": 2.0,
        "bound_by": "",
        "workers": 1,
        "history": "",
        "groups": {"t.py::a": "t.py", "t.py::b[é]": "t.py", "u.py::c": "g"},
    }


def test_order_inside_a_document_does_not_matter() -> None:
    """Who formats the file anew, or sorts its keys, has the same plan."""
    document = json.loads(to_json(small()))
    document["shards"][1]["nodeids"].reverse()
    document["groups"] = dict(reversed(document["groups"].items()))
    assert from_json(json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False)) == small()


def change(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Return a function that sets what a path such as ``shards/0/index`` leads to, or drops it for ``None``."""

    def change_it(document: Any) -> None:
        *way, last = [int(part) if part.isdecimal() else part for part in path.split("/")]
        for part in way:
            document = document[part]
        if value is None:
            del document[last]
        else:
            document[last] = value

    return change_it


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("version", 1, "written in version 1, this juncture reads 2"),
        ("version", None, "written in version None, this juncture reads 2"),
        ("digest", None, "it has no digest"),
        ("digest", 7, "it has no digest"),
        ("digest", "0" * 64, "it was changed: its digest is of another plan"),
        ("lower_bound_seconds", -1, "it has no lower bound"),
        ("lower_bound_seconds", float("nan"), "it has no lower bound"),
        ("lower_bound_seconds", 10**400, "it has no lower bound"),
        ("bound_by", None, "it does not say what it is bound by"),
        ("history", 3, "it does not say which history it knew"),
        ("workers", 0, "it has no number of workers"),
        ("workers", True, "it has no number of workers"),
        ("groups", [], "it has no groups"),
        ("groups/u.py::c", 3, "a group is no text"),
        ("groups/u.py::c", "h", "it was changed: its digest is of another plan"),
        ("groups/u.py::c", None, "its shards and its groups are not of the same tests"),
        ("shards", {}, "it has no shards"),
        ("shards", [], "it has too few or too many shards"),
        ("shards", [{}] * 257, "it has too few or too many shards"),
        ("shards/0", "x", "a shard is no object"),
        ("shards/0", None, "its shards do not count from 1"),
        ("shards/1/index", 3, "its shards do not count from 1"),
        ("shards/0/predicted_seconds", True, "a shard has no predicted seconds"),
        ("shards/0/predicted_seconds", "1", "a shard has no predicted seconds"),
        ("shards/0/nodeids", None, "a shard has no node ids"),
        ("shards/0/nodeids", "u.py::c", "a shard has no node ids"),
        ("shards/0/nodeids", [7], "a node id is no text"),
        ("shards/0/nodeids", [["u.py::c"]], "a node id is no text"),
        ("shards/0/nodeids", [], "its shards and its groups are not of the same tests"),
        ("shards/0/nodeids", ["u.py::c", "u.py::d"], "its shards and its groups are not of the same tests"),
        ("shards/0/nodeids", ["u.py::c", "u.py::c"], "a test is in it twice"),
        ("shards/0/nodeids", ["u.py::c", "t.py::a"], "a test is in it twice"),
    ],
)
def test_a_changed_document_is_refused(path: str, value: Any, message: str) -> None:
    """What was cut, edited or written by another juncture is named, with the file and the next step."""
    document = json.loads(to_json(small()))
    change(path, value)(document)
    with pytest.raises(IncompleteError, match=rf"^plan\.json: {re.escape(message)}\n  \w"):
        from_json(json.dumps(document), where="plan.json")


def test_a_test_moved_to_another_shard_is_noticed() -> None:
    """The digest covers the assignment: who wants another plan has to make one."""
    document = json.loads(to_json(small()))
    first, second = document["shards"]
    first["nodeids"].append(second["nodeids"].pop())
    with pytest.raises(IncompleteError, match="it was changed"):
        from_json(json.dumps(document))


@pytest.mark.parametrize("text", ["", "null", "[]", '"plan"', "1", "[" * 100_000, "\ud800"])
def test_what_is_no_object_is_refused(text: str) -> None:
    """Another file, or an empty one, is no plan; never a traceback."""
    with pytest.raises(IncompleteError, match=r"^the plan: it is (torn: this is not JSON|no plan)\n"):
        from_json(text)


def test_every_torn_end_is_refused() -> None:
    """A plan that was cut anywhere is refused: no byte of it can be spared."""
    text = to_json(small())
    for end in range(len(text)):
        with pytest.raises(IncompleteError):
            from_json(text[:end])
