"""The data of an embedded PostgreSQL: one cluster is initialised per program, every server gets a copy."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.errors import StartError

if TYPE_CHECKING:
    from juncture.services.kinds import Setup

__all__ = ["SCRAM_ITERATIONS_SINCE", "SUPERUSER", "prepare"]

SUPERUSER = "juncture"

SCRAM_ITERATIONS_SINCE = 16
"""The major version from which ``scram_iterations`` exists."""


def prepare(setup: Setup) -> None:
    """Fill the data folder with a fresh cluster, copied from one that ``initdb`` made once."""
    if (setup.data / "PG_VERSION").exists():
        return
    cluster = setup.cache / "cluster"
    if not cluster.exists():
        _initialise(setup, cluster)
    unfinished = setup.data.with_name(setup.data.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.rmtree(setup.data, ignore_errors=True)
    shutil.copytree(cluster, unfinished)
    _give(unfinished, setup)
    unfinished.rename(setup.data)


def _initialise(setup: Setup, cluster: Path) -> None:
    # Made under a private name and renamed, so that a killed run leaves no half cluster behind a good name.
    workshop = setup.data.with_name(f"{setup.data.name}.initdb")
    shutil.rmtree(workshop, ignore_errors=True)
    workshop.mkdir(mode=0o700)
    try:
        secret = workshop / "password"
        secret.touch(mode=0o600)
        secret.write_text(setup.password)
        _give(workshop, setup)
        argv = [str(setup.program.with_name("initdb")), "-D", str(workshop / "data"), "-U", SUPERUSER]
        argv += ["--pwfile", str(secret), "--auth=scram-sha-256", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]
        if int(setup.version.split(".")[0]) >= SCRAM_ITERATIONS_SINCE:
            # Iterations protect guessable passwords; this one has 144 random bits, and each connection would pay.
            argv += ["-c", "scram_iterations=1"]
        done = subprocess.run(
            argv,
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            cwd="/",
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            user=setup.user,
            group=setup.group,
            extra_groups=None if setup.user is None else [],
        )
        if done.returncode:
            raise StartError(
                f"initdb failed with exit code {done.returncode}:\n{done.stderr.strip() or done.stdout.strip()}",
                where=str(setup.program),
            )
        kept = Path(tempfile.mkdtemp(prefix="cluster-", dir=cluster.parent))
        shutil.copytree(workshop / "data", kept, dirs_exist_ok=True)
        try:
            kept.rename(cluster)
        except OSError:  # another process was faster, and its cluster is as good
            shutil.rmtree(kept)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _give(folder: Path, setup: Setup) -> None:
    folder.chmod(0o700)
    if setup.user is None:
        return
    os.chown(folder, setup.user, setup.group or 0)
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            with suppress(FileNotFoundError):
                os.chown(os.path.join(parent, name), setup.user, setup.group or 0)  # noqa: PTH118 - 1,000 files
