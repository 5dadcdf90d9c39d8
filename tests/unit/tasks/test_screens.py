"""Tables, units and the spellings of an environment."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juncture.provisioning.prune import Item, Pruned
from juncture.provisioning.survey import ServerStatus
from juncture.tasks._screens import (
    dotenv_text,
    human_age,
    human_size,
    json_text,
    prune_screen,
    shell_text,
    status_screen,
    table,
)

NASTY = {
    "URL": "postgresql://app@127.0.0.1:5432/dev?a=1&b=2",
    "EMPTY": "",
    "SPACE": "a  b ",
    "SINGLE": "it's",
    "DOUBLE": 'say "x"',
    "DOLLAR": "$HOME ${HOME} $(id) `id`",
    "BACKSLASH": "a\\b\\n\\",
    "HASH": "a #b",
    "LINES": "one\ntwo",
    "ALL": "'\"$`\\ #\n!é",
}


def server(**changes: object) -> ServerStatus:
    """Return a running server with some values of its own."""
    values: dict[str, object] = {
        "service": "db",
        "kind": "postgres",
        "product": "postgres",
        "version": "18.6",
        "provider": "embedded",
        "state": "running",
        "address": "127.0.0.1:5432",
        "pid": 4711,
        "age": 200.0,
        "leases": 2,
        "size": 61_000_000,
    }
    return ServerStatus(**(values | changes))  # type: ignore[arg-type]  # the values of one row differ in type


def sourced(text: str, names: list[str]) -> dict[str, str]:
    """Return the variables that a POSIX shell has after it read a text."""
    script = f"set -a\n{text}\nexec {sys.executable} -c 'import json, os; print(json.dumps(dict(os.environ)))'"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, env={"PATH": "/bin"})
    found = json.loads(done.stdout)
    return {name: found[name] for name in names}


def test_shell_format_survives_a_shell() -> None:
    """A shell that evaluates the ``shell`` format has exactly the values."""
    assert sourced(shell_text(NASTY), list(NASTY)) == NASTY


def test_dotenv_format_survives_a_shell() -> None:
    """A shell that sources the ``dotenv`` format has exactly the values."""
    assert sourced(dotenv_text(NASTY), list(NASTY)) == NASTY


def test_json_format_survives_json() -> None:
    """The ``json`` format is one object with exactly the values."""
    assert json.loads(json_text(NASTY)) == NASTY


def test_dotenv_format_leaves_plain_values_bare() -> None:
    """An ordinary URL needs no quotes, so that the simplest readers get it right too."""
    url = "postgresql://app:x1@127.0.0.1:5432/dev?sslmode=disable"
    assert dotenv_text({"URL": url, "NOTE": "two words"}) == f"URL={url}\nNOTE='two words'"


def test_table_aligns_and_marks_what_is_empty() -> None:
    """Columns are as wide as their widest cell; an empty cell shows as a dash."""
    assert table(("key", "value"), [("a", "1"), ("longer", "")]) == ["key     value", "a       1", "longer  -"]


def test_status_tells_who_holds_a_server() -> None:
    """A running server shows its address, process, age, holders and size; a stopped one shows dashes."""
    stopped = server(
        service="cache",
        kind="redis",
        product="redis",
        version="9.1",
        state="stopped",
        pid=None,
        age=None,
        leases=0,
        size=None,
    )
    assert status_screen([server(), server(service="events", leases=1, age=5.0, size=None), stopped]) == [
        "service  server         provider  state    address         pid   up     held by      size",
        "db       postgres 18.6  embedded  running  127.0.0.1:5432  4711  3 min  2 processes  61 MB",
        "events   postgres 18.6  embedded  running  127.0.0.1:5432  4711  5 s    1 process    -",
        "cache    redis 9.1      embedded  stopped  -               -     -      nobody       -",
    ]


def test_status_of_containers_has_columns_of_its_own() -> None:
    """Image and namespaces are shown where there are any, no process where there is none; what is old says so."""
    old = server(
        provider="docker",
        version="15",
        state="exited",
        image="pg:15",
        current=False,
        address="",
        pid=None,
        age=None,
        leases=0,
        size=None,
    )
    new = server(provider="docker", version="16", image="pg:16", pid=None, namespaces=3)
    assert status_screen([new, old]) == [
        "service  server       provider  state        image  address         up     held by      namespaces  size",
        "db       postgres 16  docker    running      pg:16  127.0.0.1:5432  3 min  2 processes  3           61 MB",
        "db       postgres 15  docker    exited, old  pg:15  -               -      nobody       -           -",
        "",
        "old: not what the declaration asks for now; it goes when nobody uses it",
    ]


@pytest.mark.parametrize(
    ("verdict", "dry_run"), [("would go; nothing was touched", {"dry_run": True}), ("removed", {"dry_run": False})]
)
def test_prune_tells_each_thing_and_the_sum(verdict: str, dry_run: dict[str, bool]) -> None:
    """What goes has a line with its reason; what stays because it is in use is named."""
    items = [Item("container", "juncture-db", 61_000_000, "ended"), Item("network", "juncture-1", None, "empty")]
    assert prune_screen(Pruned(items=items, used=["juncture-cache"]), **dry_run) == [
        "what       name         size   why",
        "container  juncture-db  61 MB  ended",
        "network    juncture-1   -      empty",
        "",
        f"2 things, 61 MB, {verdict}",
        "in use, and left alone: juncture-cache",
    ]


def test_prune_of_nothing_says_so() -> None:
    """Where nothing goes and nothing is used, one line says it."""
    assert prune_screen(Pruned(), dry_run=False) == ["nothing to do"]


def test_status_without_services_says_so() -> None:
    """A declaration without services is told in words, not by an empty table."""
    assert status_screen([]) == ["no services are declared"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 s"),
        (0.9, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3_599, "59 min"),
        (3_600, "1 h 00 min"),
        (7_500, "2 h 05 min"),
        (86_400, "1 d 0 h"),
        (273_600, "3 d 4 h"),
    ],
)
def test_age_has_the_units_people_use(seconds: float, text: str) -> None:
    """A duration is told in its two largest sensible units."""
    assert human_age(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1_000, "1.0 kB"),
        (7_420_000, "7.4 MB"),
        (9_960_000, "10 MB"),
        (61_400_000, "61 MB"),
        (999_600, "1.0 MB"),
        (2_000_000_000_000, "2.0 TB"),
    ],
)
def test_size_has_the_units_people_use(size: int, text: str) -> None:
    """A size is told in decimal units, with one decimal below ten."""
    assert human_size(size) == text


@given(st.integers(min_value=0, max_value=10**18))
def test_size_never_grows_a_fourth_digit(size: int) -> None:
    """Rounding never shows ``1000`` of a unit below the largest one."""
    number, unit = human_size(size).split()
    assert float(number) < 1000 or unit == "TB"
