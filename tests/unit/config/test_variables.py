"""Tests of ``juncture.config._variables``: processes of the project's own, with their texts."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from juncture.config import Config, Ready, Service, parse
from juncture.errors import ConfigError
from juncture.services import schemas

if TYPE_CHECKING:
    from collections.abc import Callable

    Declare = Callable[[str], Config]

SERVICES = """
services.db.kind = "postgres"
services.web.kind = "http"
"""


@pytest.fixture(scope="session")
def declare() -> Declare:
    """Return a function that parses a text against the catalogue."""
    return lambda text: parse(tomllib.loads(text), root=Path("/project"), kinds=schemas(), project="shop")


def told(declare: Declare, text: str) -> list[str]:
    """Return the lines of the error that a text makes, without the indent and the file."""
    with pytest.raises(ConfigError) as raised:
        declare(text)
    first, *rest = str(raised.value).splitlines()
    return [line.strip().removeprefix("pyproject.toml: tool.juncture.") for line in rest or [first]]


def test_process_with_every_key(declare: Declare) -> None:
    """Texts become templates, whichever service comes first in the file."""
    config = declare(
        """
        [services.web]
        kind = "http"
        command = "serve --db {db.url} {port}"
        ready = "/health"
        cwd = "web/"
        timeout = "1m"
        env = { DB = "{db.host}", OWN = "{web.url}", EMPTY = "" }
        [services.db]
        kind = "postgres"
        """
    )
    web = config.service("web")
    assert (web.ready, web.cwd, web.timeout, web.version) == (Ready("http", "/health"), "web", 60.0, "")
    assert web.command is not None
    assert web.command.parts == ("serve --db ", ("db", "url"), " ", ("web", "port"))
    assert {name: template.parts for name, template in web.env} == {
        "DB": (("db", "host"),),
        "OWN": (("web", "url"),),
        "EMPTY": (),
    }
    assert web.references == {"db"}
    assert config.service("db").references == frozenset()


def test_defaults_of_a_process(declare: Declare) -> None:
    """The command is all that has to be said; its own port is no reference."""
    config = declare(f'{SERVICES}services.web.command = "serve {{port}}"')
    web = config.service("web")
    assert (web.ready, web.cwd, web.timeout, web.env) == (Ready("http", "/"), ".", 30.0, ())
    assert web.references == frozenset()
    assert Service(name="x", kind="http").references == frozenset()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 'services.web: "command" is missing; for example command = "python -m uvicorn'),
        ('services.web.command = "x {db.urll}"', 'services.web.command: "{db.urll}": unknown attribute "urll".'),
        (
            'services.web.command = "x {prot}"',
            'services.web.command: "{prot}": unknown service "prot". Did you mean "po',
        ),
        ('services.web.command = "x \'"', 'services.web.command: "x \'" is no command line: no closing quotation'),
        (
            'services.web = {command = "x", version = "1"}',
            "services.web.version: not for http; only for elasticsearch",
        ),
        ('services.web = {command = "x", migrate = "1"}', "services.web.migrate: not for http; only for mariadb, m"),
        (
            'services.web.command = "x"\nservices.db.ready = "/"',
            "services.db.ready: not for postgres; only for container, http",
        ),
        ('services.web = {command = "x", redy = "/"}', 'services.web.redy: unknown key. Did you mean "ready"?'),
        ('services.web = {command = "x", env = "A=1"}', "services.web.env: must be a table, not a string"),
        ('services.web = {command = "x", env = {A = 1}}', "services.web.env.A: must be a string, not a number"),
        ('services.web = {command = "x", env = {A = "{x.y}"}}', 'services.web.env.A: "{x.y}": unknown service "x".'),
        ('services.web = {command = "x", env = {1A = ""}}', "services.web.env.1A: the name of a variable has letters"),
        ('services.web = {command = "x", timeout = "2h"}', 'services.web.timeout: must be from 0 to 1h, not "2h"'),
        ('env.PASSWORD = "{web.password}"\nservices.web.command = "x"', 'env.PASSWORD: "{web.password}": unknown att'),
    ],
)
def test_mistake_is_told_on_one_line(declare: Declare, text: str, line: str) -> None:
    """Each mistake in a process is one problem, with its dotted key."""
    (found,) = told(declare, _merged(text))
    assert found.startswith(line)


def _merged(text: str) -> str:
    """Return the two services with what ``text`` says of them."""
    if "services.web = {" in text:
        return SERVICES.replace('services.web.kind = "http"\n', "") + text.replace("= {", '= {kind = "http", ', 1)
    return SERVICES + text


def test_circle_is_told(declare: Declare) -> None:
    """Two processes that each wait for the other would never start."""
    (found,) = told(
        declare,
        """
        services.a = {kind = "http", command = "x {b.url}"}
        services.b = {kind = "http", command = "x", env = {A = "{a.url}"}}
        """,
    )
    assert "refers to itself in a circle" in found
    assert "a -> b -> a" in found or "b -> a -> b" in found


def test_common_variables_make_no_circle(declare: Declare) -> None:
    """Every process gets them, so that they can't say what waits for what."""
    config = declare(
        """
        services.a = {kind = "http", command = "x"}
        services.b = {kind = "http", command = "x"}
        env = {A = "{a.url}", B = "{b.url}"}
        """
    )
    assert [service.references for service in config.services] == [frozenset(), frozenset()]
