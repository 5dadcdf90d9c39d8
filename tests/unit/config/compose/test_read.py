"""Tests of ``juncture.config._compose``: whole files, read as ``load`` reads them."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from juncture.config import Config, Ready, Source, load
from juncture.errors import ConfigError
from juncture.services import schemas

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = "docker-compose.test.yml"


def declare(
    folder: Path, compose: str, over: str = "", *, environ: Mapping[str, str] | None = None, file: str = FILE
) -> Config:
    """Write the two files and load the declaration."""
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text(compose)
    (folder / "pyproject.toml").write_text(f'[tool.juncture]\ncompose = "{file}"\n{over}')
    return load(folder, kinds=schemas(), environ=environ or {})


def told(folder: Path, compose: str, over: str = "", *, environ: Mapping[str, str] | None = None) -> list[str]:
    """Return the lines of the error that the two files make, without the indent."""
    with pytest.raises(ConfigError) as raised:
        declare(folder, compose, over, environ=environ)
    first, *rest = str(raised.value).splitlines()
    return [line.strip() for line in rest] if "problems in the decl" in first else [first, *map(str.strip, rest)]


SHOP = """
version: "3.9"
x-common: &common
  restart: unless-stopped
  labels: {team: shop}
services:
  db:
    <<: *common
    image: postgres:${PG_VERSION:-16}-alpine
    environment:
      POSTGRES_PASSWORD: secret
    ports: ["5432"]
    tmpfs: /var/lib/postgresql/data
    healthcheck:
      test: ["CMD-SHELL", "pg_isready -U postgres"]
      interval: 2s
  cache:
    <<: *common
    image: redis:7.2-alpine
    command: redis-server --save ""
  mail_server:
    image: axllent/mailpit:${MAILPIT:-v1.27}
    ports:
      - 8025
      - target: 1025
    networks: [backend]
  search:
    build: {context: ./search}
    expose: ["7700"]
    environment:
      LOG_FORMAT: '{"level": "$$x"}'
      TOKEN:
    command: ["serve", "--name", "a {b}"]
    depends_on:
      mail_server: {condition: service_started}
      db: {condition: service_healthy}
    healthcheck: {test: curl -f localhost:7700/health, start_period: 1m30s}
  shell:
    image: busybox
    profiles: [debug]
networks: {backend: {}}
"""


def test_file_becomes_a_declaration(tmp_path: Path) -> None:
    """Images make kinds, everything else a container; what no test can see is no matter."""
    config = declare(tmp_path, SHOP, environ={"TOKEN": "t"})
    assert [(each.name, each.kind, each.version, each.image) for each in config.services] == [
        ("db", "postgres", "16", "postgres:16-alpine"),
        ("cache", "redis", "7.2", "redis:7.2-alpine"),
        ("mail-server", "container", "", "axllent/mailpit:v1.27"),
        ("search", "container", "", ""),
    ]
    mail, search = config.service("mail-server"), config.service("search")
    assert (mail.ports, mail.ready, mail.timeout) == ((8025, 1025), Ready("tcp"), 30.0)
    assert (search.build, search.ports, search.timeout) == ("search", (7700,), 180.0)
    assert search.ready == Ready("command", "sh -c 'curl -f localhost:7700/health'")
    assert search.depends_on == ("mail-server", "db")
    assert search.command is not None
    assert search.command.parts == ("serve --name 'a {b}'",)
    assert [(name, template.parts) for name, template in search.env] == [
        ("LOG_FORMAT", ('{"level": "$x"}',)),
        ("TOKEN", ("t",)),
    ]
    assert config.notes == (
        f"{FILE}: services.shell is left out: it has profiles; [tool.juncture.services.shell] would take it in",
        f"{FILE}: services.db.tmpfs is left out: data is in memory",
        f"{FILE}: services.cache.command is left out: juncture starts it in its own way",
        f"{FILE}: services.mail_server.healthcheck: there is none: it counts as ready when its ports take connections",
    )


def test_sources_name_file_service_and_key(tmp_path: Path) -> None:
    """Each value tells where it stands; what the declaration lays over it stands there."""
    over = '[tool.juncture.services.db]\nversion = "15"\nmigrate = "x"\n'
    config = declare(tmp_path, SHOP, over, environ={"JUNCTURE_CACHE_IMAGE": "redis:8"})
    assert {
        key: config.sources[f"services.{key}"] for key in ("db.kind", "db.version", "db.migrate", "cache.image")
    } == {
        "db.kind": Source("compose", f"{FILE}: services.db.image"),
        "db.version": Source("pyproject", "pyproject.toml"),
        "db.migrate": Source("pyproject", "pyproject.toml"),
        "cache.image": Source("environment", "JUNCTURE_CACHE_IMAGE"),
    }
    assert config.sources["services.search.env.LOG_FORMAT"].where == f"{FILE}: services.search.environment"
    assert (config.service("db").version, config.service("cache").image) == ("15", "redis:8")


def test_declaration_says_more_of_a_service(tmp_path: Path) -> None:
    """Another kind, its own variables, a profile taken in, a service of its own: all are laid over."""
    config = declare(
        tmp_path,
        SHOP,
        """
        [tool.juncture.services.search]
        kind = "http"
        command = "serve {port}"
        [tool.juncture.services.mail-server]
        ready = "/readyz"
        env = { DB = "{db.url}" }
        [tool.juncture.services.shell]
        ready = { log = "up" }
        [tool.juncture.services.events]
        kind = "nats"
        """,
    )
    assert [(each.name, each.kind) for each in config.services] == [
        *(("db", "postgres"), ("cache", "redis"), ("mail-server", "container"), ("search", "http")),
        *(("shell", "container"), ("events", "nats")),
    ]
    assert config.service("mail-server").ready == Ready("http", "/readyz", 8025)
    assert config.service("search").depends_on == ("mail-server", "db")
    assert not [note for note in config.notes if "mail_server" in note]


def test_variables_come_from_the_environment_and_the_file_beside(tmp_path: Path) -> None:
    """The environment is worth more than the file; what nobody set is blank, and said to be."""
    (tmp_path / ".env").write_text("PG_VERSION=14\nMAILPIT=v1\n")
    compose = SHOP.replace("redis:7.2-alpine", "redis:7.2${SUFFIX}")
    config = declare(tmp_path, compose, environ={"PG_VERSION": "17"})
    images = [config.service(name).image for name in ("db", "mail-server", "cache")]
    assert images == ["postgres:17-alpine", "axllent/mailpit:v1", "redis:7.2"]
    assert f"{FILE}: services.cache.image: SUFFIX is not set, and counts as empty" in config.notes


def test_paths_are_relative_to_the_compose_file(tmp_path: Path) -> None:
    """A file in a folder of its own builds what it would build itself, with its own variables."""
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / ".env").write_text("TAG=9\n")
    compose = "services:\n  app: {build: .., ports: [80]}\n  x: {image: 'x:$TAG', ports: [80]}\n"
    config = declare(tmp_path, compose, file="docker/compose.yml")
    assert (config.service("app").build, config.service("x").image) == (".", "x:9")
    assert config.sources["services.app.build"].where == "docker/compose.yml: services.app.build"


def test_service_that_is_marked_is_left_out(tmp_path: Path) -> None:
    """The service that runs the tests, say, is none that they need, whatever it mounts."""
    config = declare(
        tmp_path,
        "services:\n  db: {image: postgres}\n  tests: {build: ., volumes: ['.:/app'], x-juncture: false}\n",
    )
    assert [each.name for each in config.services] == ["db"]
    assert config.notes == ()


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


@pytest.mark.parametrize(
    ("service", "note"),
    [
        (
            "image: redis, ports: ['6379:6379']",
            ".ports: the host's ports are left out: free ones are taken; tests learn",
        ),
        ("image: redis, volumes: ['data:/data']", ".volumes is left out: data is in memory"),
        ("image: redis, volumes: ['./data:/data']", ".volumes is left out: data is in memory"),
        ("image: redis, privileged: true", ".privileged is left out: juncture starts it in its own way"),
        ("image: redis, container_name: cache", ".container_name is left out: its name is juncture's own"),
        ("image: redis, mem_limit: 1g", ".mem_limit is left out: limits are juncture's own"),
        ("image: redis, env_file: x", ".env_file is left out: juncture starts it in its own way"),
        ("image: redis, networks: {a: {aliases: [b]}}", ".networks is left out: all services are in one network"),
        (
            "image: postgres, environment: {POSTGRES_DB: x, POSTGRES_PASSWORD: y}",
            ".environment is left out: POSTGRES_DB: user, database and settings are juncture's own",
        ),
        ("image: x, ports: [80, 53/udp], healthcheck: {test: x}", ".ports: 53/udp is left out: only TCP is published"),
        ("image: x, ports: ['80:80'], healthcheck: {test: x}", ".ports: the host's ports are left out"),
        (
            "image: x, ports: [80], healthcheck: {test: x}, volumes: ['/data']",
            ".volumes is left out: data is in memory",
        ),
    ],
)
def test_what_is_left_out_is_told(tmp_path: Path, service: str, note: str) -> None:
    """One sentence says what is missing, and what is there instead."""
    (found,) = declare(tmp_path, f"services:\n  s: {{{service}}}\n").notes
    assert found.startswith(f"{FILE}: services.s{note}")


@pytest.mark.parametrize(
    "service",
    [
        "image: postgres, environment: {POSTGRES_PASSWORD: x}, networks: [a], restart: always",
        "image: redis, environment: [ALLOW_EMPTY_PASSWORD=yes], healthcheck: {test: redis-cli ping}, x-y: 1",
        "image: redis, depends_on: [], command: null, ports: [6379], expose: [6379]",
    ],
)
def test_what_no_test_can_see_is_no_matter(tmp_path: Path, service: str) -> None:
    """Nothing is told of what changes nothing."""
    assert declare(tmp_path, f"services:\n  s: {{{service}}}\n").notes == ()


def test_initial_data_may_be_declared(tmp_path: Path) -> None:
    """Where the declaration says how the data is set up, the folder of the image's own way is left out."""
    compose = "services: {db: {image: postgres, volumes: ['./sql:/docker-entrypoint-initdb.d:ro']}}"
    over = '[tool.juncture.services.db]\nseed = ["sql/*.sql"]\n'
    assert declare(tmp_path, compose, over).notes == (f"{FILE}: services.db.volumes is left out: data is in memory",)


def test_image_of_ones_own_may_be_a_known_kind(tmp_path: Path) -> None:
    """The declaration says what an image is that its name does not tell; a build has to be made before."""
    over = '[tool.juncture.services.db]\nkind = "postgres"\n'
    config = declare(tmp_path, "services: {db: {image: 'example.com/team/base:3', ports: [5432]}}", over)
    assert (config.service("db").kind, config.service("db").version) == ("postgres", "")
    (line,) = told(tmp_path, "services: {db: {build: db}}", over)
    assert line == f"{FILE}: services.db.build: is not for postgres; build the image yourself and name it below image"


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    """The user meets all problems of the file in one error."""
    lines = told(
        tmp_path, "services:\n  a: {image: a, ports: x, user: root}\n  b: {build: {dockerfile: B}, ports: [0]}\n"
    )
    assert [line.partition(": ")[2].partition(":")[0] for line in lines] == [
        *("services.a.ports", "services.a.user", "services.b.build", "services.b.ports")
    ]


def test_library_is_only_there_where_it_is_used() -> None:
    """Reading a declaration without a compose file imports nothing of this."""
    code = "import sys, juncture.config; print([name for name in sys.modules if 'yaml' in name or '_compose.' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
