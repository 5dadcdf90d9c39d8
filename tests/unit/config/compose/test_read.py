"""Tests of ``juncture.config._compose``: whole files, read as ``load`` reads them."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from composed import FILE, declare, told

from juncture.config import Ready, Source

if TYPE_CHECKING:
    from pathlib import Path

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


def test_image_of_ones_own_may_be_a_known_kind(tmp_path: Path) -> None:
    """The declaration says what an image is that its name does not tell; a build has to be made before."""
    over = '[tool.juncture.services.db]\nkind = "postgres"\n'
    config = declare(tmp_path, "services: {db: {image: 'example.com/team/base:3', ports: [5432]}}", over)
    assert (config.service("db").kind, config.service("db").version) == ("postgres", "")
    (line,) = told(tmp_path, "services: {db: {build: db}}", over)
    assert line == f"{FILE}: services.db.build: is not for postgres; build the image yourself and name it below image"


def test_library_is_only_there_where_it_is_used() -> None:
    """Reading a declaration without a compose file imports nothing of this."""
    code = "import sys, juncture.config; print([name for name in sys.modules if 'yaml' in name or '_compose.' in name])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
