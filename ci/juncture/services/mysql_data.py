"""The data of an embedded MariaDB: it is installed once per program, every server gets a copy."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.errors import StartError
from juncture.services.data_folder import fill_once, give, run_as_user

if TYPE_CHECKING:
    from juncture.services.kinds import Setup

__all__ = ["SUPERUSER", "options", "prepare"]

SUPERUSER = "root"
"""The official images give this one, and no other, all rights."""

INSTALL = "mariadb-install-db"

SMALL = ("--innodb-log-file-size=16M", "--innodb-flush-method=nosync", "--innodb-use-native-aio=OFF")
"""Options that the installed files, or the place where they are made, depend on."""

GRANT = """
FLUSH PRIVILEGES;
CREATE OR REPLACE USER '{user}'@'127.0.0.1' IDENTIFIED VIA mysql_native_password USING PASSWORD('{password}');
GRANT ALL PRIVILEGES ON *.* TO '{user}'@'127.0.0.1' WITH GRANT OPTION;
DELETE FROM mysql.global_priv WHERE NOT (User = '{user}' AND Host = '127.0.0.1') AND User <> 'mariadb.sys';
DELETE FROM mysql.proxies_priv;
"""
"""What makes one user, who comes from this machine with a password, all that can log in. The password is URL-safe."""


def options(folder: Path) -> tuple[str, ...]:
    """Return the options that say where a server keeps what in its folder.

    Whatever begins removes the temporary tables that it finds, also those of a server that still runs.
    """
    return ("--no-defaults", f"--datadir={folder / 'data'}", f"--tmpdir={folder / 'tmp'}", *SMALL)


def prepare(setup: Setup) -> None:
    """Fill the data folder with fresh system tables, copied from those that were installed once."""
    # The number is that of the layout.
    fill_once(setup, "mariadb-2", whole="data/mysql", make=lambda workshop: _install(setup, workshop))


def _install(setup: Setup, workshop: Path) -> Path:
    """Install system tables and the one user in a folder."""
    (workshop / "tmp").mkdir()
    give(workshop, setup)
    script = [str(_script(setup.program)), *options(workshop)]
    run_as_user(setup, [*script, "--skip-test-db", "--auth-root-authentication-method=normal"])
    words = GRANT.format(user=SUPERUSER, password=setup.password)
    # On its input: arguments can be read by all.
    run_as_user(setup, [str(setup.program), *options(workshop), "--bootstrap"], words)
    return workshop


def _script(program: Path) -> Path:
    """Return the script that installs: beside the server, in the folder for what people run, or on the PATH."""
    for folder in (program.parent, program.parent.parent / "bin", program.parent.parent / "scripts"):
        if (folder / INSTALL).exists():
            return folder / INSTALL
    if found := shutil.which(INSTALL):
        return Path(found)
    raise StartError(f"{INSTALL} is neither beside the server nor on the PATH", where=str(program))
