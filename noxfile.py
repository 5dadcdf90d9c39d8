"""The reference application's `unit` and `integration`, and juncture's own `tests`, `lint` and `soak`."""

from __future__ import annotations

import sys
from pathlib import Path

import nox
import nox.project

# Nothing but Nox has to be installed here: juncture is imported from this checkout.
sys.path.insert(0, str(Path(__file__).resolve().parent / "ci"))

from juncture.sessions import declaration, fetch_servers, install_once, register

nox.needs_version = ">=2026.7.11"

BACKEND = "uv|virtualenv"

register(root="examples/shop")


@nox.session(venv_backend=BACKEND, reuse_venv=True)
def tests(session: nox.Session) -> None:
    """Run juncture's own tests; what stands after -- goes to pytest."""
    workers = () if any(word.startswith("-n") for word in session.posargs) else ("-n", "2", "--dist", "loadgroup")
    _own_tests(session, *workers, "--junit-xml=reports/tests/junit.xml")


@nox.session(venv_backend=BACKEND, reuse_venv=True, default=False)
def soak(session: nox.Session) -> None:
    """Run the tests that repeat themselves, with full counts, and those that a usual run leaves out."""
    _own_tests(session, "-m", "soak or long", env={"JUNCTURE_SOAK": "1"})


@nox.session(venv_backend=BACKEND, reuse_venv=True)
def lint(session: nox.Session) -> None:
    """Check style, form and types."""
    install_once(session, *_group("lint"))
    session.run("ruff", "check", log=False)
    session.run("ruff", "format", "--check", "--quiet", log=False)
    session.run("mypy", log=False)


def _own_tests(session: nox.Session, *options: str, env: dict[str, str] | None = None) -> None:
    install_once(session, *_group("test"))
    fetch_servers(session, declaration("examples/shop"))
    session.run("python", "-m", "pytest", *options, *session.posargs, env=env, log=False, interrupt_timeout=20.0)


def _group(name: str) -> tuple[str, ...]:
    return nox.project.dependency_groups(nox.project.load_toml("pyproject.toml"), name)
