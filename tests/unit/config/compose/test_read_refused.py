"""Tests of ``juncture.config._compose``: files, services and values that are refused, and what is told of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from composed import FILE, declare, told

from juncture.config import load
from juncture.errors import ConfigError
from juncture.services import schemas

if TYPE_CHECKING:
    from pathlib import Path


def test_missing_file_is_told_with_the_closest(tmp_path: Path) -> None:
    """A slip in the name is told where it was made."""
    (tmp_path / "docker-compose.tests.yml").touch()
    (tmp_path / "pyproject.toml").write_text(f'[tool.juncture]\ncompose = "{FILE}"\n')
    with pytest.raises(ConfigError) as raised:
        load(tmp_path, kinds=schemas())
    advice = 'Did you mean "docker-compose.tests.yml"?'
    assert str(raised.value) == f'pyproject.toml: tool.juncture.compose: there is no file "{FILE}". {advice}'


@pytest.mark.parametrize("name", ["../c.yml", "/c.yml", "", "*.yml"])
def test_name_of_the_file_is_checked(tmp_path: Path, name: str) -> None:
    """The parser refuses what is no file of the project."""
    (tmp_path / "pyproject.toml").write_text(f'[tool.juncture]\ncompose = "{name}"\n')
    with pytest.raises(ConfigError, match=r"^pyproject\.toml: tool\.juncture\.compose: "):
        load(tmp_path, kinds=schemas())


def test_huge_file_is_refused(tmp_path: Path) -> None:
    """Nobody writes a compose file of this size."""
    (line,) = told(tmp_path, "#" * (256 * 1024 + 1))
    assert line == f"{FILE}: has 262145 bytes; 262144 are the most"


def test_other_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    """YAML is UTF-8 here, as TOML is."""
    (tmp_path / FILE).write_bytes(b"services:\n  # caf\xe9\n")
    (tmp_path / "pyproject.toml").write_text(f'[tool.juncture]\ncompose = "{FILE}"\n')
    with pytest.raises(ConfigError, match=rf"^{FILE}:2: not UTF-8"):
        load(tmp_path, kinds=schemas())


@pytest.mark.parametrize(
    ("compose", "line"),
    [
        ("", f"{FILE}: it is empty"),
        ("- a", f"{FILE}: must be a table, not a list"),
        ("volumes: {}", f"{FILE}: has no services"),
        ("services: {}", f"{FILE}: has no services"),
        ("servcies: {db: {image: x}}", f'{FILE}: servcies: unknown key. Did you mean "services"?'),
        ("include: [x.yml]\nservices: {db: {image: redis}}", f"{FILE}: include: is not supported: name a file without"),
        ("services: {db: 5}", f"{FILE}: services.db: must be a table, not a number"),
        ("services: {5: {image: redis}}", f"{FILE}: services.5: a name has 1 to 32 of a-z, 0-9 and -, a letter first"),
        (
            "services:\n  a_b: {image: redis}\n  a-b: {image: redis}",
            f'{FILE}: services.a-b: is the same as "a_b" here: both are "a-b"; rename one',
        ),
        ("services: {db: {image: 'redis:${'}}", f'{FILE}: services.db.image: "${{" is no variable; write ${{NAME}}'),
        ("services: {db: {image: '${X:?set it}'}}", f"{FILE}: services.db.image: the variable X is not set: set it"),
        ("services: {db: {image: Redis}}", f'{FILE}: services.db.image: "Redis" is no image. Did you mean "redis"?'),
        ("services: {db: {image: 5}}", f"{FILE}: services.db.image: must be a string, not a number"),
        ("services: {x: {ports: [80]}}", f'{FILE}: services.x: "image" or "build" is missing'),
        ("services: {x: {image: x}}", f'{FILE}: services.x: "ports" is missing: a connection is made to one; ad'),
        ("services: {x: {image: x, ports: 80}}", f"{FILE}: services.x.ports: must be a list of ports, not a number"),
        (
            "services: {x: {image: x, ports: [80], depends_on: [y]}}",
            f'{FILE}: services.x.depends_on: unknown service "y".',
        ),
        (
            "services: {x: {image: x, ports: [80], environment: {JUNCTURE_X: 1}}}",
            f"{FILE}: services.x.environment: names that begin with JUNCTURE_ are juncture's own; choose another",
        ),
        ('services: {x: {image: x, ports: [80], command: "a \'b"}}', f'{FILE}: services.x.command: "a \'b" is no comm'),
        ("services: {x: {extends: y}}", f"{FILE}: services.x.extends: is not supported: name a file without it, such "),
        ("services: {x: {image: redis, extends: y}}", f"{FILE}: services.x.extends: is not supported: name a file"),
        ("services: {x: {image: x, ports: [80], env_file: .env}}", f"{FILE}: services.x.env_file: is not supported: w"),
        (
            "services: {x: {image: x, ports: [80], privileged: true}}",
            f"{FILE}: services.x.privileged: is not supported",
        ),
        ("services: {x: {image: x, ports: [80], network_mode: host}}", f"{FILE}: services.x.network_mode: is not supp"),
        (
            "services: {x: {image: x, ports: [80], entrypoint: y}}",
            f"{FILE}: services.x.entrypoint: is not supported: p",
        ),
        (
            "services: {x: {image: x, ports: [80], volumes: ['./a.conf:/a']}}",
            f'{FILE}: services.x.volumes: has "./a.conf" of the host in it: put that into an image, and build it',
        ),
        (
            "services: {x: {image: x, ports: [80], volumes: [{type: bind, source: /a, target: /b}]}}",
            f'{FILE}: services.x.volumes: has "/a" of the host in it',
        ),
        (
            "services: {db: {image: postgres, volumes: ['./init.sql:/docker-entrypoint-initdb.d/init.sql']}}",
            f'{FILE}: services.db.volumes: sets the data up from "./init.sql": name its files in seed, or a comm',
        ),
    ],
)
def test_what_would_change_its_meaning_is_refused(tmp_path: Path, compose: str, line: str) -> None:
    """A service is taken over as it is meant, or is told with the place and the next step."""
    assert told(tmp_path, compose)[0].startswith(line)


ADDRESSES = """
services:
  db: {image: postgres}
  mail: {image: mailpit, ports: [25]}
  app:
    image: app
    ports: [80]
    environment: {%s}
"""


@pytest.mark.parametrize(
    ("variable", "name"),
    [
        ("DATABASE_URL: 'postgresql://app:secret@db:5432/app'", "db"),
        ("DATABASE_URL: 'postgresql+asyncpg://app:secret@db/app'", "db"),
        ("DB_HOST: db", "db"),
        ("SMTP: 'mail:25'", "mail"),
        ("URL: 'http://mail'", "mail"),
        ("HOSTS: 'a:1,mail:25'", "mail"),
    ],
)
def test_address_of_another_service_is_refused(tmp_path: Path, variable: str, name: str) -> None:
    """Name, port and password are juncture's, so that the variable needs a field: laid over it, all is well."""
    (line,) = told(tmp_path, ADDRESSES % variable)
    own = variable.partition(":")[0]
    assert line.startswith(
        f'{FILE}: services.app.environment: {own} has the address of "{name}", which only juncture knows: '
        f'write env.{own} with a field such as "{{{name}.url}}" or "{{{name}.host}}" in [tool.juncture.services.app]'
    )
    over = f'[tool.juncture.services.app.env]\n{own} = "{{{name}.url}}"\n'
    assert declare(tmp_path, ADDRESSES % variable, over).service("app").references == {name}


@pytest.mark.parametrize(
    "variable",
    ["NAME: db", "URL: 'http://db.example.com/'", "SELF: 'http://app:80'", "TEXT: 'mydb:5432'", "TIME: 'db: 5'"],
)
def test_word_that_is_no_address_is_taken_over(tmp_path: Path, variable: str) -> None:
    """The name of a service may mean something else."""
    assert declare(tmp_path, ADDRESSES % variable).service("app").env


def test_address_in_a_command_is_refused(tmp_path: Path) -> None:
    """So is one there, unless the declaration has a command of its own."""
    compose = (
        "services:\n  db: {image: redis}\n  app: {image: a, ports: [80], command: serve --cache redis://db:6379}\n"
    )
    (line,) = told(tmp_path, compose)
    assert line.startswith(
        f'{FILE}: services.app.command: has the address of "db", which only juncture knows: write comm'
    )
    over = '[tool.juncture.services.app]\ncommand = "serve --cache {db.url}"\n'
    assert declare(tmp_path, compose, over).service("app").references == {"db"}


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    """The user meets all problems of the file in one error."""
    lines = told(
        tmp_path, "services:\n  a: {image: a, ports: x, user: root}\n  b: {build: {dockerfile: B}, ports: [0]}\n"
    )
    assert [line.partition(": ")[2].partition(":")[0] for line in lines] == [
        *("services.a.ports", "services.a.user", "services.b.build", "services.b.ports")
    ]
