"""Gathering facts on the machine that runs the tests."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

import pytest

from juncture.host import leases
from juncture.host.folders import lease_path
from juncture.provisioning.examine import environments, examine, keeper_servers, proxy_for_loopback

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with one service that is there on every machine: a process of its own."""
    folder = tmp_path / "project"
    folder.mkdir()
    declaration = '[tool.juncture]\nshards = 2\n[tool.juncture.services.web]\nkind = "http"\ncommand = "python x.py"\n'
    (folder / "pyproject.toml").write_text(declaration)
    return folder


def test_project_and_machine_are_looked_at(project: Path, tmp_path: Path) -> None:
    """The facts are those of the declaration and of this machine, and nothing is started or left behind."""
    home = tmp_path / "home"
    environ = {"JUNCTURE_HOME": str(home), "JUNCTURE_SHARDS": "3", "PYTHONDONTWRITEBYTECODE": "1", "GITLAB_CI": "true"}
    facts = examine(project, environ=environ, cov_in=lambda folder: f"{folder.name}: addopts")
    assert (facts.root, facts.problem) == (str(project), "")
    assert [(service.name, service.error) for service in facts.services] == [("web", "")]
    assert [(key, value, source.where) for key, (value, source) in facts.sources.items()] == [
        ("shards", "3", "JUNCTURE_SHARDS")
    ]
    assert facts.loopback == ""
    assert facts.home.writable
    assert facts.home.keeper is None
    assert (facts.compiles_always, facts.ci, facts.measures_itself) == (True, "GitLab", "project: addopts")
    assert not home.exists()


def test_key_of_a_service_is_overridden_too(project: Path, tmp_path: Path) -> None:
    """What a variable says of a service is shown with its dotted key, whichever key that is."""
    with (project / "pyproject.toml").open("a") as file:
        file.write('[tool.juncture.services.db]\nkind = "postgres"\n')
    environ = {"JUNCTURE_HOME": str(tmp_path / "home"), "JUNCTURE_DB_IMAGE": "x:1", "JUNCTURE_DB_DISPOSABLE": "1"}
    facts = examine(project, environ=environ, cov_in=lambda _: "")
    assert {key: value for key, (value, _) in facts.sources.items()} == {
        "services.db.image": "x:1",
        "services.db.disposable": "True",
    }


def test_wrong_declaration_is_a_fact_too(project: Path) -> None:
    """What the parser refuses is told in its words, and nothing is asked of pytest's settings."""
    (project / "pyproject.toml").write_text("[tool.juncture]\nshrds = 2\n")
    facts = examine(project, environ={}, cov_in=lambda _: "never")
    assert facts.problem == 'pyproject.toml: tool.juncture.shrds: unknown key. Did you mean "shards"?'
    assert (facts.services, facts.measures_itself) == ((), "")


def test_folder_of_its_own_is_tried(tmp_path: Path, project: Path) -> None:
    """Locks work in a folder that is there, and the trial leaves no file."""
    home = tmp_path / "home"
    home.mkdir()
    facts = examine(project, environ={"JUNCTURE_HOME": str(home)}, cov_in=lambda _: "")
    assert (facts.home.mine, facts.home.writable, facts.home.locks) == (True, True, True)
    assert not (home / "leases" / "doctor").exists()


def test_unusable_folder_of_its_own_is_told_and_not_met(tmp_path: Path, project: Path) -> None:
    """Where juncture's folder can't even be made, the services that need it say so, and the rest is looked at."""
    (tmp_path / "file").touch()
    (project / "pyproject.toml").write_text('[tool.juncture.services.db]\nkind = "postgres"\n')
    home = str(tmp_path / "file" / "home")
    environ = {"JUNCTURE_HOME": home, "JUNCTURE_PROVIDER": "embedded", "PATH": os.defpath}
    facts = examine(project, environ=environ, cov_in=lambda _: "")
    assert (facts.home.writable, facts.home.keeper) == (False, None)
    assert facts.services[0].error
    assert facts.services[0].hint


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")
def test_closed_folder_on_the_way_is_named(tmp_path: Path, project: Path) -> None:
    """A home below a private folder can't be reached by the user that servers are dropped to."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for folder in (closed, *closed.parents):
        if not folder.stat().st_mode & 0o001:
            first = folder
    facts = examine(project, environ={"JUNCTURE_HOME": str(closed / "home")}, cov_in=lambda _: "")
    assert (facts.dropped, facts.closed) == ("nobody", str(first))


def test_silent_keeper_is_told_from_none(tmp_path: Path) -> None:
    """A lease without an answer is a keeper that hangs."""
    assert keeper_servers(tmp_path) is None
    with leases.hold(lease_path(tmp_path, "keeper-2"), exclusive=True, timeout=1, purpose="hang"):
        assert keeper_servers(tmp_path) == -1


def test_environments_of_nox_are_found_above_the_project(tmp_path: Path) -> None:
    """The noxfile may stand in a folder above; an environment without pytest runs no tests."""
    for name, installed in (("integration", ["pytest-9.2.0", "pytest_xdist-3.8.0"]), ("docs", ["sphinx-8.0"])):
        site = tmp_path / ".nox" / name / "lib" / "python3.12" / "site-packages"
        for distribution in installed:
            (site / f"{distribution}.dist-info").mkdir(parents=True)
        (tmp_path / ".nox" / name / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.12.1.final.0\n")
    project = tmp_path / "examples" / "shop"
    project.mkdir(parents=True)
    own, *others = environments(project)
    assert (own.name, own.python, "pytest" in own.versions) == ("python", platform.python_version(), True)
    assert [(each.name, each.python, dict(each.versions)) for each in others] == [
        (".nox/integration", "3.12.1", {"pytest": "9.2.0", "pytest-xdist": "3.8.0"})
    ]


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({}, ""),
        ({"HTTP_PROXY": "proxy:3128"}, "HTTP_PROXY"),
        ({"all_proxy": "proxy:3128", "NO_PROXY": "localhost"}, "all_proxy"),
        ({"http_proxy": "proxy:3128", "no_proxy": "localhost, 127.0.0.1"}, ""),
        ({"http_proxy": "proxy:3128", "NO_PROXY": "*"}, ""),
        ({"http_proxy": ""}, ""),
        ({"https_proxy": "proxy:3128"}, ""),
    ],
)
def test_proxy_in_the_way_is_seen(environ: dict[str, str], name: str) -> None:
    """A proxy for HTTP counts unless loopback is an exception from it."""
    assert proxy_for_loopback(environ) == name
