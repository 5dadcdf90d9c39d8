"""Findings on services and the engine: what is declared, beside what this machine would give."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sound import service, told

from juncture.provisioning.doctor import DockerFacts, ServiceFacts


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"asked": ""}, ("ok", "postgres 18.6, embedded", "")),
        (
            {"asked": "16"},
            (
                "note",
                "postgres 18.6, embedded; asked for postgres 16",
                'put postgres 16 on the PATH, or declare version = "18"',
            ),
        ),
        (
            {"kind": "redis", "asked": "", "product": "valkey", "version": "9.1.2", "program": "redis-server"},
            (
                "note",
                "valkey 9.1, embedded; asked for redis",
                'put redis-server on the PATH, or declare kind = "valkey"',
            ),
        ),
        (
            {"kind": "redis", "asked": "7", "product": "valkey", "version": "9.1.2", "program": "redis-server"},
            (
                "note",
                "valkey 9.1, embedded; asked for redis 7",
                'put redis-server 7 on the PATH, or declare kind = "valkey" and version = "9"',
            ),
        ),
        (
            {"error": "found no program for an embedded postgres", "hint": "install it"},
            ("problem", "found no program for an embedded postgres", "install it"),
        ),
        (
            {"kind": "http", "asked": "", "product": "", "version": "", "program": ""},
            ("ok", "http: a process of the project's own, started by each run", ""),
        ),
    ],
)
def test_service_is_compared_with_its_declaration(changes: dict[str, str], line: tuple[str, str, str]) -> None:
    """What was asked for and what is given differ in a note; what can't be given is a problem."""
    assert told("db", services=service(**changes)) == [line]


@pytest.mark.parametrize(
    ("provider", "state", "level"),
    [
        ("auto", "absent", "ok"),
        ("auto", "silent", "note"),
        ("embedded", "forbidden", "note"),
        ("auto", "answers", "ok"),
        ("docker", "answers", "ok"),
        ("docker", "absent", "problem"),
        ("docker", "silent", "problem"),
        ("docker", "forbidden", "problem"),
    ],
)
def test_docker_is_a_problem_only_where_it_is_asked_for(provider: str, state: Any, level: str) -> None:
    """Without an engine embedded servers do; one that is there and can't be used is worth a note."""
    ((found, _, _),) = told("docker", provider=provider, docker=DockerFacts(address="/s", state=state, version="27.3"))
    assert found == level


def test_engine_that_answers_tells_its_version() -> None:
    """The version and the address are told; an engine behind TLS may keep its version to itself."""
    assert (
        told("docker", docker=DockerFacts(address="/s", state="answers", version="27.3"))[0][1] == "engine 27.3 at /s"
    )


def container(**changes: Any) -> tuple[ServiceFacts, ...]:
    """Return the facts of one service in a container, changed."""
    image = "postgres:16-alpine"
    sound = ServiceFacts(name="db", kind="postgres", provider="docker", asked="16", image=image, pinned=True)
    return (replace(sound, **changes),)


UNPINNED = "postgres:16-alpine is not pinned: it may be something else tomorrow, or in CI"


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({}, [("ok", "postgres, in a container of postgres:16-alpine", "")]),
        (
            {"present": False},
            [("note", "postgres:16-alpine is not here: the first run pulls it", "docker pull postgres:16-alpine")],
        ),
        (
            {"pinned": False, "digest": "sha256:12"},
            [
                ("ok", "postgres, in a container of postgres:16-alpine", ""),
                ("note", UNPINNED, 'digest = "sha256:12" is what it is now'),
            ],
        ),
        (
            {"pinned": False, "present": False},
            [
                ("note", "postgres:16-alpine is not here: the first run pulls it", "docker pull postgres:16-alpine"),
                ("note", UNPINNED, 'digest = "sha256:..."; when it is pulled, `juncture doctor` says which'),
            ],
        ),
        ({"pinned": False}, [("ok", "postgres, in a container of postgres:16-alpine", "")]),
        (
            {"image": "mirror:5000/pg:15.2"},
            [
                ("ok", "postgres, in a container of mirror:5000/pg:15.2", ""),
                (
                    "note",
                    "asked for postgres 16, but its image is mirror:5000/pg:15.2",
                    'declare version = "15.2", or name another image',
                ),
            ],
        ),
        ({"asked": "16.2"}, [("ok", "postgres, in a container of postgres:16-alpine", "")]),
        ({"image": ""}, [("ok", "postgres, in a container of an image that is built here", "")]),
    ],
)
def test_container_is_compared_with_its_declaration(changes: dict[str, Any], lines: list[tuple[str, str, str]]) -> None:
    """Image, its presence, its version and its pin are each told; what no registry ever had needs no pin."""
    docker = DockerFacts(address="/s", state="answers", version="27.3")
    assert told("db", services=container(**changes), docker=docker) == lines


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"product": "postgres", "version": "16.4"}, ("ok", "postgres 16.4, which runs already at ci:5432", "")),
        (
            {"product": "postgres", "version": "16.4", "why": "JUNCTURE_DB_URL"},
            ("ok", "postgres 16.4, which runs already at ci:5432 (named by JUNCTURE_DB_URL)", ""),
        ),
        (
            {"product": "postgres", "version": "15.1"},
            (
                "note",
                "postgres 15.1, which runs already at ci:5432; asked for postgres 16",
                'start postgres 16 there, or declare version = "15"',
            ),
        ),
        (
            {"answers": False},
            ("problem", "ci:5432 does not answer as postgres", "start it, or unset the variables that name it"),
        ),
    ],
)
def test_server_that_runs_already_is_compared_too(changes: dict[str, Any], line: tuple[str, str, str]) -> None:
    """What CI gives and what is declared differ in a note; one that does not answer is a problem."""
    facts = ServiceFacts(name="db", kind="postgres", provider="external", asked="16", address="ci:5432")
    assert told("db", services=(replace(facts, **changes),)) == [line]


def test_reason_for_an_embedded_server_is_told() -> None:
    """Where another provider would have come first, the line says why it did not."""
    assert told("db", services=service(asked="", why="no Docker engine")) == [
        ("ok", "postgres 18.6, embedded (no Docker engine)", "")
    ]


@pytest.mark.parametrize(
    ("changes", "level", "text"),
    [
        ({"sdk": False}, "note", "the Docker SDK for Python is not installed: no container can be made"),
        (
            {"apart": "a remote engine: containers for this run only"},
            "note",
            "a remote engine: containers for this run only",
        ),
        (
            {"memory": 10**9},
            "note",
            "all containers together have 1.0 GB of memory, and their data is in it",
        ),
        (
            {"exposed": (("juncture-db", "0.0.0.0:5432"),)},
            "problem",
            "juncture-db is published at 0.0.0.0:5432: others can reach it",
        ),
    ],
)
def test_engine_is_looked_at_where_it_is_needed(changes: dict[str, Any], level: str, text: str) -> None:
    """What keeps containers from being made, shared or safe is told after the line of the engine, with its fix."""
    docker = replace(DockerFacts(address="/s", state="answers", version="27.3", memory=8 * 10**9), **changes)
    first, second = told("docker", services=container(), docker=docker)
    assert first == ("ok", "engine 27.3 at /s", "")
    assert second[:2] == (level, text)
    assert second[2]


def test_service_that_only_a_container_can_be_needs_the_engine() -> None:
    """Without an engine it is a problem, although nobody asked for that provider."""
    ((level, _, _),) = told("docker", services=container(), docker=DockerFacts(address="/s", state="absent"))
    assert level == "problem"
