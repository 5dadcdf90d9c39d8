"""Tests of ``juncture.config._compose._values``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from juncture.config._compose import _values as values
from juncture.config._problems import InvalidError

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("image", "kind", "version"),
    [
        ("postgres", "postgres", ""),
        ("postgres:latest", "postgres", ""),
        ("postgres:16-alpine", "postgres", "16"),
        ("postgres:16.4-bookworm", "postgres", "16.4"),
        ("docker.io/library/postgres:15", "postgres", "15"),
        ("localhost:5000/postgres", "postgres", ""),
        ("localhost:5000/mirror/postgres:14", "postgres", "14"),
        (f"postgres:16@sha256:{'0' * 64}", "postgres", "16"),
        (f"postgres@sha256:{'0' * 64}", "postgres", ""),
        ("postgis/postgis:16-3.4", "postgres", "16"),
        ("pgvector/pgvector:pg17", "postgres", "17"),
        ("redis:7.2-alpine", "redis", "7.2"),
        ("valkey/valkey:8", "valkey", "8"),
        ("nats:2.10-alpine", "nats", "2.10"),
        ("redis/redis-stack:7.2", "container", ""),
        ("bitnami/postgresql:16", "container", ""),
        ("bitnami/redis:7", "container", ""),
        ("postgres-exporter:1", "container", ""),
        ("axllent/mailpit:v1.27", "container", ""),
    ],
)
def test_kind_is_told_by_the_image(image: str, kind: str, version: str) -> None:
    """The last part of the name makes the kind, and the tag's leading number the version."""
    assert values.kind_and_version(image) == (kind, version)


@pytest.mark.parametrize(
    ("value", "base", "folder"),
    [
        ("./app", "", "app"),
        (".", "", "."),
        ("..", "docker", "."),
        ("../app/", "docker", "app"),
        ({"context": "app"}, "", "app"),
        ({"context": "app", "dockerfile": "./Dockerfile", "cache_from": ["x"]}, "", "app"),
        ({"dockerfile": "Dockerfile", "args": {}}, "docker", "docker"),
    ],
)
def test_build_is_relative_to_the_compose_file(value: object, base: str, folder: str) -> None:
    """A build's folder becomes one below the root."""
    assert values.build_folder(value, base) == folder


@pytest.mark.parametrize(
    ("read", "value", "message"),
    [
        (lambda value: values.build_folder(value, ""), 5, "must be a folder, or a table with the texts context and d"),
        (
            lambda value: values.build_folder(value, ""),
            "..",
            '".." is outside of the project; build it yourself and na',
        ),
        (lambda value: values.build_folder(value, "a"), "../../x", '"../../x" is outside of the project'),
        (lambda value: values.build_folder(value, ""), "/srv/x", '"/srv/x" is outside of the project'),
        (
            lambda value: values.build_folder(value, ""),
            "https://example.com/x.git",
            '"https://example.com/x.git" is fet',
        ),
        (
            lambda value: values.build_folder(value, ""),
            {"context": "app", "dockerfile": "test.Dockerfile"},
            'the file "test.Dockerfile" is not supported; call it Dockerfile, in "app"',
        ),
        (
            lambda value: values.build_folder(value, ""),
            {"context": "app", "args": {"A": 1}, "target": "dev"},
            "args, target not supported; build the image yourself and name it",
        ),
        (values.command_line, {"a": 1}, "must be a string or a list of strings, not a table"),
        (values.command_line, ["a", ["b"]], "must be a string or a list of strings, not a list"),
        (values.dependencies, "db", "must be a list of services, or a table of them, not a string"),
        (
            values.dependencies,
            {"init": {"condition": "service_completed_successfully"}},
            '"init" has to complete: nothing waits for a service to end; write its command as `migrate`',
        ),
        (lambda value: values.environment(value, {}), "A=1", "must be a table, or a list of NAME=value, not a string"),
        (lambda value: values.environment(value, {}), [{"A": 1}], "must be a list of NAME=value, but holds a table"),
        (lambda value: values.environment(value, {}), {"A": [1]}, "A must be a string, not a list"),
        (values.ports, "80", "must be a list of ports, not a string"),
        (values.ports, ["http"], '"http" is no port'),
        (values.ports, ["80-"], '"80-" is no port'),
        (values.ports, ["81-80"], '"81-80" is no port'),
        (values.ports, [70000], "70000 is no port"),
        (values.ports, [True], "must be a list of ports, but holds a boolean"),
        (values.ports, [{"published": 80}], '"" is no port'),
        (values.ports, ["1-1000"], '"1-1000" are more than 100 ports; name those that are needed'),
        (values.probe_command, "x", "must be a table, not a string"),
        (values.probe_command, {"test": ["curl"]}, "test must be a string, or a list that begins with CMD, CMD-SHELL"),
        (values.probe_command, {"test": ["curl", "x"]}, "test must be a string, or a list that begins with CMD"),
        (values.patience, {"interval": "soon"}, '"soon" is no duration; write "30s" or "1m30s"'),
    ],
)
def test_wrong_value_is_told(read: Callable[[Any], object], value: object, message: str) -> None:
    """What compose would not take, or juncture can't, is told with the next step."""
    with pytest.raises(InvalidError, match="^" + re.escape(message)):
        read(value)


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (None, ""),
        ([], ""),
        ("serve --port 80", "serve --port 80"),
        (["serve", "--name", "a b", 80], "serve --name 'a b' 80"),
    ],
)
def test_command_is_one_line(value: object, line: str) -> None:
    """A list is quoted word by word."""
    assert values.command_line(value) == line


def test_dependencies_have_two_forms() -> None:
    """The conditions that mean "started" or "healthy" are what juncture does anyway."""
    assert values.dependencies(["a", "b"]) == ["a", "b"]
    assert values.dependencies({"a": {"condition": "service_healthy"}, "b": None}) == ["a", "b"]


def test_environment_has_two_forms() -> None:
    """Values are texts; a name alone is handed on where there is one, and a missing one is left out."""
    given = {"HERE": "x"}
    assert values.environment(["A=1=2", "B=", "HERE", "GONE"], given) == {"A": "1=2", "B": "", "HERE": "x"}
    expected = {"A": "1", "B": "true", "C": "1.10", "D": "", "HERE": "x"}
    assert values.environment({"A": 1, "B": True, "C": "1.10", "D": "", "HERE": None, "GONE": None}, given) == expected
    assert values.environment(None, {}) == {}


def test_container_ports_of_every_form() -> None:
    """Only the container's side counts, each port once; what is not TCP is told apart."""
    written = [80, "8080:80", "127.0.0.1:8081:81/tcp", "[::1]:82:82", "9000-9001:83-84", {"target": 85}, "53:53/udp"]
    assert values.ports(written, None, ["86", "80/tcp"]) == ([80, 81, 82, 83, 84, 85, 86], ["53/udp"])
    assert values.ports([{"target": "87", "protocol": "udp"}]) == ([], ["87/udp"])


def test_ports_of_the_host_are_seen() -> None:
    """A port without one of the host is not published there by compose either, but for a random one."""
    assert [values.published([each]) for each in (80, "80", "8080:80", {"target": 80}, {"published": 1})] == [
        *(False, False, True, False, True)
    ]


@pytest.mark.parametrize(
    ("check", "command"),
    [
        ({}, ""),
        ({"test": ["NONE"]}, ""),
        ({"test": "x", "disable": True}, ""),
        ({"test": ["CMD", "pg_isready", "-U", "a b"]}, "pg_isready -U 'a b'"),
        ({"test": ["CMD-SHELL", "curl -f http://localhost || exit 1"]}, "sh -c 'curl -f http://localhost || exit 1'"),
        ({"test": "curl -f http://localhost"}, "sh -c 'curl -f http://localhost'"),
    ],
)
def test_check_is_a_command(check: dict[str, object], command: str) -> None:
    """Each form of a health check is one command line."""
    assert values.probe_command(check) == command


@pytest.mark.parametrize(
    ("check", "seconds"),
    [
        ({"test": "x"}, 0.0),
        ({"interval": "5s", "retries": 10}, 50.0),
        ({"interval": "1m30s"}, 270.0),
        ({"start_period": "2m", "interval": "500ms", "retries": "4"}, 122.0),
    ],
)
def test_patience_is_that_of_the_check(check: dict[str, object], seconds: float) -> None:
    """A slow service has the time that compose would give it."""
    assert values.patience(check) == seconds
