"""The reference application's `unit` and `integration`, and juncture's own `tests`, `lint`, `soak` and `flakes`."""

from __future__ import annotations

import argparse
import os
import random
import sys
from pathlib import Path

import nox
import nox.project
from nox.command import CommandFailed

# Nothing but Nox has to be installed here: juncture is imported from this checkout.
sys.path.insert(0, str(Path(__file__).resolve().parent / "ci"))

from juncture.sessions import declaration, fetch_servers, install_once, register

nox.needs_version = ">=2026.7.11"

BACKEND = "uv|virtualenv"

register(root="examples/shop")


@nox.session(venv_backend=BACKEND, reuse_venv=True)
def tests(session: nox.Session) -> None:
    """Run juncture's own tests; what stands after -- goes to pytest."""
    # One more than there are cores: tests wait for servers and processes of their own.
    number = str((os.cpu_count() or 1) + 1)
    workers = () if any(word.startswith("-n") for word in session.posargs) else ("-n", number, "--dist", "loadgroup")
    _own_tests(session, *workers, "--junit-xml=reports/tests/junit.xml")


@nox.session(venv_backend=BACKEND, reuse_venv=True, default=False)
def soak(session: nox.Session) -> None:
    """Run the tests that repeat themselves, with full counts, and those that a usual run leaves out."""
    _own_tests(session, "-m", "soak or long", env={"JUNCTURE_SOAK": "1"})


@nox.session(venv_backend=BACKEND, reuse_venv=True, default=False)
def flakes(session: nox.Session) -> None:
    """Run the reference application's integration tests 50 times, each in another random order, and tell the seeds.

    `-- 10` is another number of runs, `-- --seed 4711` one run in the order of that seed.
    """
    options = argparse.ArgumentParser(prog="nox -s flakes --")
    options.add_argument("runs", nargs="?", type=int, default=50)
    options.add_argument("--seed", type=int)
    asked = options.parse_args(session.posargs)
    install_once(session, "-e", "examples/shop", *_group("test", "examples/shop"), *_group("flakes"))
    fetch_servers(session, declaration("examples/shop"))
    seeds = [random.SystemRandom().randrange(2**32) for _ in range(asked.runs)] if asked.seed is None else [asked.seed]
    failed = []
    with session.chdir("examples/shop"):
        for number, seed in enumerate(seeds, 1):
            words = ("-n", "4", "-q", "-p", "no:cacheprovider", f"--randomly-seed={seed}", "tests/integration")
            try:
                told = session.run("python", "-m", "pytest", *words, log=False, silent=True)
            except CommandFailed:
                failed.append(seed)
                told = "failed"
            last = str(told).strip().splitlines()[-1:]
            session.log(f"run {number} of {len(seeds)}, seed {seed}: {' '.join(last)}")
    if failed:
        session.error(f"{len(failed)} of {len(seeds)} runs failed, with the seeds {', '.join(map(str, failed))}")
    session.log(f"{len(seeds)} runs in random order, 0 failed")


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


def _group(name: str, folder: str = ".") -> tuple[str, ...]:
    return nox.project.dependency_groups(nox.project.load_toml(f"{folder}/pyproject.toml"), name)
