"""Tests of ``juncture.providers.jars``, with a package that is as npm's are."""

from __future__ import annotations

import hashlib
import io
import tarfile
from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from juncture.config import parse
from juncture.errors import ProviderError
from juncture.providers import binaries, jars
from juncture.services import kind, schemas
from juncture.services.kinds import Jar

if TYPE_CHECKING:
    from pathlib import Path

    from juncture.services.kinds import Embedded

CONTENT = b"PK a jar"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Return an environment with an empty home, and no program."""
    return {"JUNCTURE_HOME": str(tmp_path / "home"), "PATH": str(tmp_path / "path")}


@pytest.fixture
def jar(tmp_path: Path) -> Jar:
    """Return a jar whose package npm put into a folder."""
    archive = tmp_path / "thing-1.2.3.tgz"
    with tarfile.open(archive, "w:gz") as package:
        entry = tarfile.TarInfo("package/build/thing-standalone-1.2.3.jar")
        entry.size = len(CONTENT)
        package.addfile(entry, io.BytesIO(CONTENT))
    digest = b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    return Jar(
        package="thing",
        version="1.2.3",
        integrity=f"sha512-{digest}",
        member="package/build/thing-standalone-1.2.3.jar",
        variable="JUNCTURE_THING_JAR",
        java=11,
    )


@pytest.fixture
def embedded(jar: Jar) -> Embedded:
    """Return how a server runs that is such a jar, on a Java of the PATH alone."""
    found = kind("wiremock").embedded
    assert found is not None
    return replace(found, jar=jar)


def java(folder: Path, said: str) -> Path:
    """Make a Java that says a version, and return it."""
    folder.mkdir(exist_ok=True)
    path = folder / "java"
    path.write_text(f"#!/bin/sh\n{said}\n")
    path.chmod(0o755)
    return path


def test_package_is_unpacked_into_the_cache(jar: Jar, tmp_path: Path, environ: dict[str, str]) -> None:
    """Every user of the machine can read it; a second time does no harm."""
    assert jars.find(jar, environ) is None
    for _ in range(2):
        path = jars.adopt(jar, tmp_path, environ)
        assert (path.read_bytes(), path.stat().st_mode & 0o777) == (CONTENT, 0o644)
    assert jars.find(jar, environ) == jars.Found(path=path, version="1.2.3", key=path.parent.name)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_package_that_is_another_is_refused(jar: Jar, tmp_path: Path, environ: dict[str, str]) -> None:
    """A registry that was tampered with, or a mirror that serves something else, is named; nothing is kept."""
    other = replace(jar, integrity="sha512-other")
    with pytest.raises(ProviderError, match="is not what the catalogue knows") as raised:
        jars.adopt(other, tmp_path, environ)
    assert "JUNCTURE_THING_JAR" in raised.value.hint
    assert jars.find(other, environ) is None


def test_package_that_npm_did_not_bring_is_told(jar: Jar, tmp_path: Path, environ: dict[str, str]) -> None:
    """The message has npm's name for it."""
    with pytest.raises(ProviderError, match="its archive can't be read") as raised:
        jars.adopt(jar, tmp_path / "none", environ)
    assert raised.value.where == "npm's package thing 1.2.3"


def test_file_that_the_environment_names_goes_first(jar: Jar, tmp_path: Path, environ: dict[str, str]) -> None:
    """Its version is in its name, or taken for the catalogue's; one that is not there is an error, not passed over."""
    jars.adopt(jar, tmp_path, environ)
    mine = tmp_path / "thing-4.5.jar"
    mine.write_bytes(b"mine")
    found = jars.find(jar, environ | {jar.variable: str(mine)})
    assert found is not None
    assert (found.path, found.version) == (mine, "4.5")
    mine.rename(tmp_path / "thing.jar")
    found = jars.find(jar, environ | {jar.variable: str(tmp_path / "thing.jar")})
    assert found is not None
    assert found.version == "1.2.3"
    with pytest.raises(ProviderError, match="no such file"):
        jars.find(jar, environ | {jar.variable: str(mine)})


def test_class_path_of_java_is_looked_at(jar: Jar, tmp_path: Path, environ: dict[str, str]) -> None:
    """Among whatever else is on it."""
    mine = tmp_path / "thing-standalone-9.9.jar"
    mine.write_bytes(b"mine")
    found = jars.find(jar, environ | {"CLASSPATH": f"/nowhere/*:{tmp_path}:{mine}"})
    assert found is not None
    assert (found.path, found.version) == (mine, "9.9")


def test_missing_are_the_jars_of_declared_kinds(environ: dict[str, str], tmp_path: Path) -> None:
    """A file of the user's is enough."""
    table = {"services": {name: {"kind": name} for name in ("wiremock", "redis", "mqtt")}}
    config = parse(table, root=tmp_path, kinds=schemas(), project="x", environ={}, overrides={})
    assert [each.package for each in jars.missing(config, environ)] == ["wiremock"]
    (tmp_path / "w.jar").touch()
    assert jars.missing(config, environ | {"JUNCTURE_WIREMOCK_JAR": str(tmp_path / "w.jar")}) == []


@pytest.mark.parametrize("said", ["echo openjdk 17.0.15 2025-04-15", "echo openjdk 21 2023-09-19"])
def test_java_of_the_path_runs_it(
    embedded: Embedded, jar: Jar, tmp_path: Path, environ: dict[str, str], said: str
) -> None:
    """The version is the jar's, the product its name; another Java makes another server."""
    path = jars.adopt(jar, tmp_path, environ)
    program = java(tmp_path / "path", said)
    found = binaries.find(embedded, "", environ)
    assert found is not None
    assert (found.program, found.jar, found.version, found.product) == (program, path, "1.2.3", "thing")
    assert found.key.startswith(f"{path.parent.name}-")


@pytest.mark.parametrize("said", ["echo openjdk 10.0.2", "echo unknown option >&2; exit 1"])
def test_java_that_is_too_old_is_none(
    embedded: Embedded, jar: Jar, tmp_path: Path, environ: dict[str, str], said: str
) -> None:
    """Java 8 does not even understand the question."""
    jars.adopt(jar, tmp_path, environ)
    java(tmp_path / "path", said)
    assert binaries.find(embedded, "", environ) is None


def test_nothing_without_the_jar(embedded: Embedded, tmp_path: Path, environ: dict[str, str]) -> None:
    """A Java alone is no server."""
    java(tmp_path / "path", "echo openjdk 17.0.15")
    assert binaries.find(embedded, "", environ) is None
