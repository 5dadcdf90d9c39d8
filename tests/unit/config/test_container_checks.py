"""Tests of ``juncture.config._container_checks``, and of containers in a declaration."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from juncture.config import Config, Ready, Source, parse
from juncture.errors import ConfigError
from juncture.services import schemas

if TYPE_CHECKING:
    from collections.abc import Mapping

DIGEST = f"sha256:{'0a' * 32}"


def declare(
    text: str, *, environ: Mapping[str, str] | None = None, overrides: Mapping[str, str] | None = None
) -> Config:
    """Parse a text against the catalogue."""
    return parse(
        tomllib.loads(text),
        root=Path("/project"),
        kinds=schemas(),
        project="shop",
        environ=environ or {},
        overrides=overrides or {},
    )


def told(text: str) -> list[str]:
    """Return the lines of the error that a text makes, without the indent and the file."""
    with pytest.raises(ConfigError) as raised:
        declare(text)
    first, *rest = str(raised.value).splitlines()
    return [line.strip().removeprefix("pyproject.toml: tool.juncture.services.") for line in rest or [first]]


def test_container_with_every_key() -> None:
    """A container is read with all that it may have, and the first port is the one that is asked."""
    config = declare(
        """
        [services.db]
        kind = "postgres"
        [services.mail]
        kind = "container"
        image = "axllent/mailpit:v1.27"
        ports = [8025, 1025]
        command = "/mailpit --port {port_1025}"
        env = { SMTP = "{port_1025}", SELF = "{mail.url}" }
        ready = "/readyz"
        timeout = "1m"
        depends_on = ["db"]
        shared = true
        reuse = "session"
        [env]
        SMTP = "{mail.host}:{mail.port_1025}"
        """
    )
    mail = config.service("mail")
    assert (mail.image, mail.ports, mail.ready) == (
        "axllent/mailpit:v1.27",
        (8025, 1025),
        Ready("http", "/readyz", 8025),
    )
    assert (mail.timeout, mail.depends_on, mail.shared, mail.reuse) == (60.0, ("db",), True, "session")
    assert mail.references == {"db"}
    assert dict(mail.env)["SMTP"].parts == (("mail", "port_1025"),)


def test_every_port_is_asked_by_default() -> None:
    """Where nothing is said of readiness, each port has to take connections; a path is asked on the first one."""
    config = declare("""
        services.x = {kind = "container", image = "a", ports = [80, 81]}
        services.y = {kind = "container", image = "a", ports = [80, 81], ready = "/up"}
    """)
    assert [config.service(name).ready for name in "xy"] == [Ready("tcp"), Ready("http", "/up", 80)]


def test_shared_container_names_only_what_is_shared() -> None:
    """What each worker has of its own has no single address; to start after it is another matter."""
    app = 'services.app = {kind = "container", image = "a", ports = [80], shared = true'
    services = (
        'services.mail = {kind = "container", image = "a", ports = [80], shared = true}\n'
        'services.db.kind = "postgres"\n'
    )
    config = declare(f'{services}{app}, depends_on = ["db"], env = {{ MAIL = "{{mail.url}}" }}}}')
    assert config.service("app").named == {"mail"}
    assert config.service("app").references == {"mail", "db"}
    (found,) = told(f'{services}{app}, env = {{ DB = "{{db.url}}" }}}}')
    assert found.startswith("app.shared: it names db, of which each worker has its own")


def test_container_needs_little() -> None:
    """A folder and a sign of readiness will do; without a port there is no address."""
    config = declare('services.x = {kind = "container", build = "./x/", ready = {log = "up"}}\nenv.H = "{x.host}"')
    assert (config.service("x").build, config.service("x").ports, config.service("x").shared) == ("x", (), False)


def test_servers_have_an_image_and_a_lifetime() -> None:
    """What can be a container, or somebody else's server, is told how."""
    config = declare(
        f'services.db = {{kind = "postgres", version = "16", image = "x/y:1", digest = "{DIGEST}", disposable = true}}'
    )
    db = config.service("db")
    assert (db.version, db.image, db.digest, db.disposable, db.reuse) == ("16", "x/y:1", DIGEST, True, "always")


def test_image_and_disposable_have_variables() -> None:
    """A CI job names its own image, and says that its server may be cleaned."""
    text = f'services.orders-db = {{kind = "postgres", image = "x:1", digest = "{DIGEST}"}}'
    config = declare(text, environ={"JUNCTURE_ORDERS_DB_IMAGE": "y:2", "JUNCTURE_ORDERS_DB_DISPOSABLE": "1"})
    db = config.service("orders-db")
    assert (db.image, db.disposable) == ("y:2", True)
    assert db.digest == "", "the digest is that of another image"
    assert config.sources["services.orders-db.image"] == Source("environment", "JUNCTURE_ORDERS_DB_IMAGE")
    assert declare(text, overrides={"services.orders-db.disposable": "true"}).service("orders-db").disposable


def test_image_from_outside_takes_the_place_of_a_build() -> None:
    """What was built by an earlier job need not be built again."""
    text = 'services.x = {kind = "container", build = "x", ports = [80]}'
    assert declare(text).service("x").build == "x"
    x = declare(text, environ={"JUNCTURE_X_IMAGE": "registry.example.com/x:7"}).service("x")
    assert (x.build, x.image) == ("", "registry.example.com/x:7")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("ports = [80]", 'x: "image" or "build" is missing; for example image = "postgres:16-alpine"'),
        ('image = "a"\nbuild = "b"\nports = [80]', 'x.build: not beside "image": it is one or the other'),
        (f'build = "b"\ndigest = "{DIGEST}"\nports = [80]', 'x.digest: not beside "build": what is built here has no'),
        (f'image = "a@{DIGEST}"\ndigest = "{DIGEST}"\nports = [80]', f'x.digest: "a@{DIGEST[:58]}…" has a digest alre'),
        (
            'image = "a"',
            'x: "ports" is missing: a connection is made to one; add ports = [8025, 1025], or a `ready` that nee',
        ),
        ('image = "a"\nready = {tcp = 80}', 'x: "ports" is missing: a connection is made to one; add ports = '),
        (
            'image = "a"\nports = [80, 81]\nready = {tcp = 82}',
            "x.ready: port 82 is not in ports (80, 81); add it there",
        ),
        ('image = "a"\nports = [80]\nready = {http = "/", port = 81}', "x.ready: port 81 is not in ports (80); add it"),
        ('image = "a"\nports = []', "x.ports: must not be empty; leave the key out where there is no port"),
        (
            'image = "a"\nports = [80]\nenv = {A = "{port_81}"}',
            'x.env.A: "{port_81}": unknown service "port_81". Did y',
        ),
        (
            'image = "a"\nready = {log = "x"}\nenv = {A = "{x.port}"}',
            'x.env.A: "{x.port}": unknown attribute "port". Al',
        ),
        ('image = "a"\nports = [80]\ndepends_on = ["bd"]', 'x.depends_on: unknown service "bd". Did you mean "db"?'),
        ('image = "a"\nports = [80]\ndepends_on = ["x"]', "x: refers to itself in a circle (x -> x): none can start"),
        ('image = "a"\nports = [80]\nreuse = false', 'x.reuse: must be true, "session" or "run", not false. Did you'),
        ('image = "a"\nports = [80]\nshared = "yes"', 'x.shared: must be true or false, not "yes"'),
        (
            'image = "a"\nports = [80]\nversion = "1"',
            "x.version: not for container; only for elasticsearch",
        ),
        (
            'image = "a"\nports = [80]\ndisposable = true',
            "x.disposable: not for container; only for elastic",
        ),
        ('image = "a"\nports = [80]\nmigrate = "x"', "x.migrate: not for container; only for mariadb, m"),
        ('image = "a"\nports = [80]\nprots = [1]', 'x.prots: unknown key. Did you mean "ports"?'),
        ('build = "/x"\nports = [80]', 'x.build: "/x" is absolute; write it relative to the folder of pyproject.toml'),
        ('build = "../x"\nports = [80]', 'x.build: "../x" may not have ".."; name something inside the project'),
    ],
)
def test_mistake_is_told_on_one_line(text: str, line: str) -> None:
    """Each mistake in a container is one problem, with its dotted key."""
    (found,) = told(f'services.db.kind = "redis"\n[services.x]\nkind = "container"\n{text}')
    assert found.startswith(line)


def test_table_of_readiness_is_for_containers() -> None:
    """A process of the project's own is asked by HTTP."""
    (found,) = told('services.web = {kind = "http", command = "x", ready = {tcp = 80}}')
    assert found == 'web.ready: is a path for http, such as "/health"; a table is for containers'


def test_circle_of_dependencies_is_told() -> None:
    """What waits for each other never starts, whichever way it was said."""
    (found,) = told(
        'services.a = {kind = "http", command = "x", depends_on = ["b"]}\n'
        'services.b = {kind = "container", image = "x", ports = [1], env = {A = "{a.url}"}}'
    )
    assert "refers to itself in a circle" in found
