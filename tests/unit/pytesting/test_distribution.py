"""Whether xdist is going to start workers, by what the command line and the environment say."""

from __future__ import annotations

from argparse import Namespace

import pytest

from juncture.pytesting.distribution import is_distributed

PLAIN: dict[str, object] = {
    "numprocesses": None,
    "tx": [],
    "dist": "no",
    "distload": False,
    "collectonly": False,
    "usepdb": False,
}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, False),
        ({"numprocesses": 0}, False),
        ({"numprocesses": 0, "dist": "load", "tx": ["popen"]}, False),
        ({"numprocesses": 2}, True),
        ({"numprocesses": 2, "collectonly": True}, False),
        ({"numprocesses": "auto"}, True),
        ({"numprocesses": "auto", "usepdb": True}, False),
        ({"numprocesses": "logical", "usepdb": True}, False),
        ({"tx": ["2*popen"]}, False),
        ({"tx": ["2*popen"], "dist": "load"}, True),
        ({"tx": ["2*popen"], "distload": True}, True),
        ({"dist": "load"}, False),
    ],
)
def test_workers_are_started_where_xdist_does_it(said: dict[str, object], expected: bool) -> None:  # noqa: FBT001
    """The same rules as in its ``pytest_cmdline_main``; with ``--pdb`` and where nothing is run there are none."""
    assert is_distributed(Namespace(**PLAIN | said), {}) is expected


@pytest.mark.parametrize(("number", "expected"), [("0", False), ("1", True), ("many", True), ("", True)])
def test_the_environment_may_say_that_auto_is_none(number: str, expected: bool) -> None:  # noqa: FBT001
    """What is no number xdist passes over."""
    environ = {"PYTEST_XDIST_AUTO_NUM_WORKERS": number}
    assert is_distributed(Namespace(**PLAIN | {"numprocesses": "auto"}), environ) is expected
    assert is_distributed(Namespace(**PLAIN | {"numprocesses": 2}), environ) is True


def test_without_xdist_there_are_no_workers() -> None:
    """With ``-p no:xdist`` its options are not there."""
    assert is_distributed(Namespace(collectonly=False), {}) is False
