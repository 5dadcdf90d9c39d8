"""The data of an embedded MariaDB: it is installed once per program, every server gets a copy."""

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
    if (setup.data / "data" / "mysql").exists():
        return
    installed = setup.cache / "mariadb-2"  # the number is that of the layout
    if not installed.exists():
        _install(setup, installed)
    unfinished = setup.data.with_name(setup.data.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.rmtree(setup.data, ignore_errors=True)
    shutil.copytree(installed, unfinished)
    _give(unfinished, setup)
    unfinished.rename(setup.data)


def _install(setup: Setup, installed: Path) -> None:
    # Made under a private name and renamed, so that a killed run leaves nothing half behind a good name.
    workshop = setup.data.with_name(f"{setup.data.name}.install")
    shutil.rmtree(workshop, ignore_errors=True)
    workshop.mkdir(mode=0o700)
    try:
        (workshop / "tmp").mkdir()
        _give(workshop, setup)
        script = [str(_script(setup.program)), *options(workshop)]
        _run(setup, [*script, "--skip-test-db", "--auth-root-authentication-method=normal"], "")
        words = GRANT.format(user=SUPERUSER, password=setup.password)
        _run(
            setup, [str(setup.program), *options(workshop), "--bootstrap"], words
        )  # on its input: arguments can be read by all
        kept = Path(tempfile.mkdtemp(prefix="mariadb-", dir=installed.parent))
        shutil.copytree(workshop, kept, dirs_exist_ok=True)
        try:
            kept.rename(installed)
        except OSError:  # another process was faster, and its data is as good
            shutil.rmtree(kept)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _script(program: Path) -> Path:
    """Return the script that installs: beside the server, in the folder for what people run, or on the PATH."""
    for folder in (program.parent, program.parent.parent / "bin", program.parent.parent / "scripts"):
        if (folder / INSTALL).exists():
            return folder / INSTALL
    if found := shutil.which(INSTALL):
        return Path(found)
    raise StartError(f"{INSTALL} is neither beside the server nor on the PATH", where=str(program))


def _run(setup: Setup, argv: list[str], words: str) -> None:
    done = subprocess.run(
        argv,
        input=words,
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
            f"{Path(argv[0]).name} failed with exit code {done.returncode}:\n{(done.stderr or done.stdout).strip()}",
            where=str(setup.program),
        )


def _give(folder: Path, setup: Setup) -> None:
    folder.chmod(0o700)
    if setup.user is None:
        return
    os.chown(folder, setup.user, setup.group or 0)
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            with suppress(FileNotFoundError):
                os.chown(os.path.join(parent, name), setup.user, setup.group or 0)  # noqa: PTH118 - 200 files
