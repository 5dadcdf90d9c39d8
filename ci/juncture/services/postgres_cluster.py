"""The data of an embedded PostgreSQL: one cluster is initialised per program, every server gets a copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.services.data_folder import fill_once, give, run_as_user

if TYPE_CHECKING:
    from pathlib import Path

    from juncture.services.kinds import Setup

__all__ = ["SCRAM_ITERATIONS_SINCE", "SUPERUSER", "prepare"]

SUPERUSER = "juncture"

SCRAM_ITERATIONS_SINCE = 16
"""The major version from which ``scram_iterations`` exists."""


def prepare(setup: Setup) -> None:
    """Fill the data folder with a fresh cluster, copied from one that ``initdb`` made once."""
    fill_once(setup, "cluster", whole="PG_VERSION", make=lambda workshop: _initialise(setup, workshop))


def _initialise(setup: Setup, workshop: Path) -> Path:
    """Make a cluster in a folder."""
    secret, cluster = workshop / "password", workshop / "data"
    secret.touch(mode=0o600)
    secret.write_text(setup.password)
    give(workshop, setup)
    argv = [str(setup.program.with_name("initdb")), "-D", str(cluster), "-U", SUPERUSER]
    argv += ["--pwfile", str(secret), "--auth=scram-sha-256", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]
    if int(setup.version.split(".")[0]) >= SCRAM_ITERATIONS_SINCE:
        # Iterations protect guessable passwords; this one has 144 random bits, and each connection would pay.
        argv += ["-c", "scram_iterations=1"]
    run_as_user(setup, argv)
    return cluster
