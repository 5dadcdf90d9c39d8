"""Deciding from a command line whether services are needed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from juncture.config import parse
from juncture.pytesting.selection import is_below, is_dry, is_narrowed, leaves_out, need
from juncture.services import schemas

if TYPE_CHECKING:
    from juncture.config import Config


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Return a declaration whose test folders exist."""
    (tmp_path / "tests" / "integration").mkdir(parents=True)
    (tmp_path / "tests" / "unit").mkdir()
    return parse({}, root=tmp_path, kinds=schemas(), project="p")


@pytest.mark.parametrize(
    ("argument", "narrowed", "expected"),
    [
        ("tests/integration", False, "now"),
        ("tests/integration/orders/test_refund.py", False, "now"),
        ("tests/integration", True, "now"),
        ("tests", False, "now"),
        (".", False, "now"),
        (".", True, "perhaps"),
        ("tests/unit", False, "perhaps"),
        ("tests/integration_of_parts", False, "perhaps"),
    ],
)
def test_need(config: Config, argument: str, *, narrowed: bool, expected: str) -> None:
    """A path in an integration folder is certain, one around it only where nothing narrows it."""
    assert need(config, [config.root / argument], narrowed=narrowed, dry=False) == expected


def test_nothing_is_needed_for_a_dry_run(config: Config) -> None:
    """``--collect-only`` and the like run no test."""
    assert need(config, [config.root / "tests/integration"], narrowed=False, dry=True) == "perhaps"


@pytest.mark.parametrize(
    ("option", "dry"),
    [(option, True) for option in ("collectonly", "markers", "cacheshow", "setupplan", "show_fixtures_per_test")]
    + [("setuponly", False), ("setupshow", False), ("verbose", False)],
)
def test_what_runs_nothing(option: str, *, dry: bool) -> None:
    """``--setup-plan`` executes no fixture, ``--setup-only`` does; an option of a plugin that is off is not there."""
    assert is_dry(SimpleNamespace(**{option: True})) is dry
    assert not is_dry(SimpleNamespace(**{option: False}))


@pytest.mark.parametrize(
    ("options", "ignored", "expected"),
    [
        ({}, [], False),
        ({"maxfail": 1}, [], False),
        ({"lf": True}, [], True),
        ({"deselect": ["tests/integration/test_a.py::test_b"]}, [], True),
        ({"ignore_glob": ["*/integration/*"]}, [], True),
        ({}, ["tests/integration"], True),
        ({}, ["tests"], True),
        ({}, ["tests/integration/test_a.py"], True),
        ({}, ["tests/e2e", "tests/integration_of_parts"], False),
    ],
)
def test_what_may_leave_tests_out(options: dict[str, object], ignored: list[str], *, expected: bool) -> None:
    """What is ignored elsewhere leaves a folder whole; a pattern and ``--deselect`` may mean anything."""
    paths = [Path("/p") / path for path in ignored]
    assert leaves_out(SimpleNamespace(**options), paths, [Path("/p/tests/integration")]) is expected


def test_a_declared_folder_that_is_not_there_is_not_around(config: Config) -> None:
    """A project without integration tests needs nothing, whatever the default folder is called."""
    without = replace(config, integration=("tests/system",))
    assert need(without, [config.root], narrowed=False, dry=False) == "perhaps"


def test_is_below() -> None:
    """A folder is below itself; a name that only begins alike is not."""
    assert is_below(Path("/a/b"), Path("/a/b"))
    assert is_below(Path("/a/b/c"), Path("/a/b"))
    assert not is_below(Path("/a/bc"), Path("/a/b"))


@pytest.mark.parametrize(
    ("options", "paths", "narrowed"),
    [
        ({}, ["tests/integration"], False),
        ({}, ["tests/unit", "tests/integration"], False),
        ({}, ["tests"], False),
        ({"keyword": "", "maxfail": 0, "deselect": None}, ["tests/integration"], False),
        ({"keyword": "orders"}, ["tests/integration"], True),
        ({"markexpr": "not slow"}, ["tests/integration"], True),
        ({"lf": True}, ["tests/integration"], True),
        ({"maxfail": 1}, ["tests/integration"], True),
        ({}, ["tests/integration/orders"], True),
        ({}, ["tests/integration/test_a.py"], True),
    ],
)
def test_a_selection_of_less_than_a_suite(options: dict[str, object], paths: list[str], narrowed: bool) -> None:  # noqa: FBT001 - a case
    """Options that leave tests out narrow a run, and so do paths inside of a suite's folder."""
    folders = [Path("/p/tests/unit"), Path("/p/tests/integration")]
    assert is_narrowed(SimpleNamespace(**options), [Path("/p") / path for path in paths], folders) is narrowed
