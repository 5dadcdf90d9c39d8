"""Tests of ``juncture.config._checks``."""

from __future__ import annotations

from itertools import pairwise

import pytest

from juncture.config._checks import (
    check_circles,
    check_env_names,
    check_folders,
    check_names,
    check_reports,
    check_service_names,
)


@pytest.mark.parametrize("name", ["a", "db", "orders-db", "s3", "a" * 32, "a-"])
def test_right_name_passes(name: str) -> None:
    """Lower-case letters, digits and hyphens, a letter first, make a name."""
    assert list(check_names([name])) == []


@pytest.mark.parametrize("name", ["", "DB", "my_db", "3s", "-a", "a b", "é", "a" * 33, "db\n", "a.b"])
def test_wrong_name_is_told(name: str) -> None:
    """Any other name is told with the rule."""
    ((wrong, what),) = check_names([name])
    assert wrong == name
    assert what.startswith("a name has 1 to 32 of a-z, 0-9 and -, a letter first")


def test_right_spelling_is_offered() -> None:
    """Where a right name is near, it is offered."""
    assert [what.rpartition("; ")[2] for _, what in check_names(["My_DB"])] == ['write "my-db"']


def test_services_with_one_variable_collide() -> None:
    """Names that differ only in case or in ``-`` and ``_`` are told at the later one, with the earlier one."""
    expected = 'collides with "my-db": both are the same in variables and fixtures; rename one'
    assert list(check_service_names(["my-db", "db", "my_db", "My-DB"])) == [("my_db", expected), ("My-DB", expected)]


@pytest.mark.parametrize("name", ["DATABASE_URL", "a", "_x", "A1"])
def test_right_variable_passes(name: str) -> None:
    """Letters, digits and underscores, no digit first, make a variable."""
    assert list(check_env_names([name])) == []


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A B", "A=B", "É"])
def test_wrong_variable_is_told(name: str) -> None:
    """Any other name is told with the rule."""
    assert list(check_env_names([name])) == [(name, "the name of a variable has letters, digits and _, no digit first")]


@pytest.mark.parametrize("name", ["JUNCTURE_RUN", "juncture_home"])
def test_own_variable_is_refused(name: str) -> None:
    """What juncture itself reads can't be set by the declaration."""
    assert list(check_env_names([name])) == [
        (name, "names that begin with JUNCTURE_ are juncture's own; choose another")
    ]


def test_variables_that_differ_in_case_are_told() -> None:
    """Some systems would take them for one."""
    assert list(check_env_names(["Url", "URL"])) == [("URL", 'differs from "Url" in case only; rename one')]


@pytest.mark.parametrize(
    ("unit", "integration", "message"),
    [
        ("tests", "tests", '"tests" is in unit and in integration; a test is one or the other'),
        ("tests", "tests/db", '"tests" (unit) and "tests/db" (integration) overlap; name folders apart'),
        ("tests/a/b", "tests/a", '"tests/a/b" (unit) and "tests/a" (integration) overlap; name folders apart'),
        (".", "tests", '"." (unit) and "tests" (integration) overlap; name folders apart'),
    ],
)
def test_overlap_is_told(unit: str, integration: str, message: str) -> None:
    """The same folder, or one inside the other, is told with both."""
    assert list(check_folders(["other", unit], [integration])) == [message]


def test_folders_apart_pass() -> None:
    """Neighbours are no overlap, even where one name begins like the other."""
    assert list(check_folders(["tests/unit", "tests/db"], ["tests/unit2", "tests/db-slow"])) == []


@pytest.mark.parametrize(
    ("reports", "message"),
    [
        (".", '"." holds the project; name a folder for reports alone'),
        ("..", '".." holds the project; name a folder for reports alone'),
        ("/", '"/" holds the project; name a folder for reports alone'),
        ("/srv/shop", '"/srv/shop" holds the project; name a folder for reports alone'),
        ("tests", '"tests" holds "tests/unit"; name a folder for reports alone'),
        ("/srv/shop/tests/unit", '"/srv/shop/tests/unit" holds "tests/unit"; name a folder for reports alone'),
    ],
)
def test_reports_over_the_project_are_told(reports: str, message: str) -> None:
    """A folder that may be emptied must not hold anything of the user's."""
    assert list(check_reports("/srv/shop", reports, ["tests/unit"])) == [message]


@pytest.mark.parametrize("reports", ["reports", "build/reports", "../out", "/srv/shop2", "tests/reports", "test"])
def test_reports_of_their_own_pass(reports: str) -> None:
    """Any folder that holds neither the project nor tests will do."""
    assert list(check_reports("/srv/shop", reports, ["tests/unit"])) == []


@pytest.mark.parametrize("references", [{}, {"a": []}, {"a": ["b"], "b": []}, {"a": ["b", "c"], "b": ["c"], "c": []}])
def test_order_without_a_circle_passes(references: dict[str, list[str]]) -> None:
    """Each service can be started after those that it refers to."""
    assert list(check_circles(references)) == []


@pytest.mark.parametrize(
    ("references", "circle"),
    [({"a": ["b"], "b": ["a"]}, {"a", "b"}), ({"x": ["a"], "a": ["b"], "b": ["c"], "c": ["a"]}, {"a", "b", "c"})],
)
def test_circle_is_told_with_the_way_round(references: dict[str, list[str]], circle: set[str]) -> None:
    """The message names the services in the order of their references, and where a reference does no harm."""
    ((name, what),) = check_circles(references)
    way = what.partition("(")[2].partition(")")[0].split(" -> ")
    assert way[0] == way[-1] == name
    assert set(way) == circle
    assert all(second in references[first] for first, second in pairwise(way))
    assert "[tool.juncture.env]" in what
