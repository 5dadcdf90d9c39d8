"""The jobs of a project as values: what is a container, what juncture starts, and where tests find it."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from pipelines import LOCK, declared

import juncture
from juncture.config import parse
from juncture.provisioning.outside import named
from juncture.rendering.pipeline import Layout, Pipeline, images_of, pipeline_of
from juncture.services import kind, schemas


def pipeline(text: str, layout: Layout | None = None) -> Pipeline:
    """Return the jobs of the declaration that the text of ``[tool.juncture]`` makes."""
    config = parse(tomllib.loads(text), root=Path("/project"), kinds=schemas(), project="shop")
    return pipeline_of(config, LOCK, layout or Layout())


def service(name: str, kind_: str, *more: str) -> str:
    """Return the table of a service."""
    return "\n".join((f"[services.{name}]", f'kind = "{kind_}"', *more, ""))


def test_what_platforms_start_and_what_juncture_starts() -> None:
    """A server that needs more than an image, variables and words is juncture's own to start, as processes are."""
    every = [service(name, name) for name in ("postgres", "mysql", "mariadb", "redis", "valkey", "rabbitmq", "nats")]
    text = "".join([*every, service("memcached", "memcached"), service("web", "http", 'command = "serve {port}"')])
    jobs = pipeline(text)
    assert [each.name for each in jobs.containers] == ["mariadb", "mysql", "postgres", "rabbitmq", "redis", "valkey"]
    assert [(each.name, each.program, each.needs_engine) for each in jobs.inside] == [
        ("memcached", "memcached", ""),
        ("nats", "", ""),
        ("web", "", ""),
    ]
    assert jobs.told_of_inside == (
        "juncture starts these in the job itself: memcached, nats, web. It looks for memcached on the PATH."
    )


@pytest.mark.parametrize("by_name", [True, False])
@pytest.mark.parametrize("name", ["postgres", "mysql", "mariadb", "redis", "valkey", "rabbitmq"])
def test_variables_lead_to_the_container(name: str, *, by_name: bool) -> None:
    """What a job sets is what juncture reads: host, port, user and password of the server that the platform starts."""
    text = service("orders-db", name)
    jobs = pipeline(text)
    (container,) = jobs.containers
    environ = dict(jobs.endpoint(container, by_name=by_name))
    config = parse(tomllib.loads(text), root=Path("/project"), kinds=schemas(), project="shop", environ=environ)
    declared_service = config.service("orders-db")
    assert declared_service.disposable
    found = named(declared_service, kind(name), environ)
    assert found
    (endpoint,) = found.endpoints
    assert (endpoint.host, endpoint.port) == ("orders-db" if by_name else "127.0.0.1", container.ports[0])
    secrets = {value for _, value in container.environment}
    assert not endpoint.password or endpoint.password in secrets


MAIL = ('image = "axllent/mailpit:v1.20"', "ports = [1025, 8025]")


def test_a_container_of_each_worker_is_none_of_the_platform() -> None:
    """A service container is one for all workers: where each has its own, the engine of the job starts them."""
    jobs = pipeline(service("mail", "container", *MAIL))
    reason = "each worker has one of its own, as it is not `shared`"
    assert [(each.name, each.needs_engine) for each in jobs.inside] == [("mail", reason)]
    assert not jobs.containers
    shared = pipeline(service("mail", "container", *MAIL, "shared = true"))
    assert [each.name for each in shared.containers] == ["mail"]
    assert not shared.inside


def test_a_container_whose_log_tells_that_it_is_ready_is_none_of_the_platform() -> None:
    """No platform waits for a line of a log, and juncture can't read the log of what the platform starts."""
    jobs = pipeline(service("mail", "container", *MAIL, "shared = true", 'ready = { log = "ready" }'))
    assert [(each.name, each.needs_engine) for each in jobs.inside] == [
        ("mail", "a line of its log tells when it is ready, and no platform waits for that")
    ]


def test_a_command_is_split_as_a_shell_does() -> None:
    """Quotes hold words together, as in the container that juncture itself starts."""
    more = ("shared = true", """command = 'serve --label "a b" --empty ""'""")
    (container,) = pipeline(service("mail", "container", *MAIL, *more)).containers
    assert container.command == ("serve", "--label", "a b", "--empty", "")


def test_a_platform_without_commands_does_not_start_what_needs_one() -> None:
    """What a command only makes faster stays; a container that is declared with one is left to the engine."""
    text = service("db", "postgres") + service("mail", "container", *MAIL, "shared = true", 'command = "serve"')
    jobs = pipeline(text).without_commands("it has a command")
    assert [each.name for each in jobs.containers] == ["db"]
    (mail,) = jobs.inside
    assert (mail.name, mail.kind, mail.needs_engine) == ("mail", "container", "it has a command")
    assert mail.image == f"axllent/mailpit:v1.20@{LOCK.images[0].digest}"


def test_ports_of_a_container_are_told_one_by_one() -> None:
    """A container with several ports has a variable for each that is not the first."""
    jobs = pipeline_of(declared("six-services"), LOCK, Layout())
    mail = next(each for each in jobs.containers if each.name == "mail")
    assert jobs.endpoint(mail, by_name=False) == (
        ("JUNCTURE_MAIL_PORT", "1025"),
        ("JUNCTURE_MAIL_PORT_8025", "8025"),
        ("JUNCTURE_MAIL_DISPOSABLE", "true"),
    )


def test_two_servers_of_one_port_do_not_meet() -> None:
    """On the host the second has the next port; in a network both keep theirs."""
    jobs = pipeline(service("a", "postgres") + service("b", "postgres") + service("c", "mysql"))
    assert [jobs.outside(each, each.ports[0]) for each in jobs.containers] == [5432, 5433, 3306]
    assert dict(jobs.endpoint(jobs.containers[1], by_name=True))["JUNCTURE_B_PORT"] == "5432"


def test_postgres_is_swift_where_its_version_lets_it() -> None:
    """From 16 on a variable turns off what nobody needs in a test; from 18 on the data is one folder further up."""
    by = {}
    for version in ("15", "16", "18"):
        pinned = service("db", "postgres", f'version = "{version}"', f'digest = "sha256:{"0a" * 32}"')
        (by[version],) = pipeline(pinned).containers
    arguments = {version: dict(each.environment_alone)["POSTGRES_INITDB_ARGS"] for version, each in by.items()}
    assert arguments["15"] == "--no-sync"
    assert arguments["16"] == "--no-sync --set fsync=off --set synchronous_commit=off --set full_page_writes=off"
    assert by["16"].tmpfs == ("/var/lib/postgresql/data",)
    assert by["18"].tmpfs == ("/var/lib/postgresql",)
    custom = f'image = "team/db@sha256:{"0a" * 32}"'
    assert pipeline(service("db", "postgres", custom)).containers[0].tmpfs == ()


def test_suites_of_several_pythons() -> None:
    """Each Python has suites of its own, as the sessions call them."""
    jobs = pipeline('shards = 2\n[ci]\npython = ["3.12", "3.13"]', Layout(unit=True, integration=True))
    assert jobs.suites == (
        ("unit-3.12", 1, "unit"),
        ("unit-3.13", 1, "unit"),
        ("integration-3.12", 2, "integration"),
        ("integration-3.13", 2, "integration"),
    )
    assert replace(jobs, layout=Layout(integration=False)).suites[-1] == ("unit-3.13", 1, "unit")


def test_jobs_can_read_a_compose_file() -> None:
    """Where the declaration names one, each job installs what reads it, unless the project says how to install."""
    version = juncture.__version__
    assert pipeline("").install == (f"python -m pip install 'juncture[ci]=={version}'",)
    assert pipeline('compose = "compose.yml"').install == (f"python -m pip install 'juncture[ci,compose]=={version}'",)
    assert pipeline('compose = "compose.yml"\n[ci]\ninstall = ["true"]').install == ("true",)


def test_images_that_a_lock_has() -> None:
    """What the declaration does not pin itself, with the images that jobs run in."""
    assert images_of(declared("old-postgres-of-an-image")) == ("python:3.13-slim", "valkey/valkey:8-alpine")
    assert images_of(declared("container-jobs")) == (
        "postgres:16-alpine",
        "python:3.13-slim",
        "redis:8-alpine",
    )
    assert images_of(declared("nothing")) == ("python:3.13-slim",)
