"""The data folder of an embedded server: files for its user alone, and data that are made once and copied."""

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
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from juncture.services.kinds import Setup

__all__ = ["fill_once", "give", "run_as_user", "write_private"]


def write_private(setup: Setup, texts: Mapping[str, str], *, folders: Iterable[str] = ()) -> None:
    """Write files into the data folder, and make folders in it, that only the server's user can read.

    ``texts`` are by path; a folder comes after the one that it is in.
    """
    setup.data.mkdir(mode=0o700, exist_ok=True)
    made = [setup.data, *(setup.data / name for name in folders)]
    for folder in made[1:]:
        folder.mkdir(mode=0o700, exist_ok=True)
    for name, text in texts.items():
        path = setup.data / name
        path.unlink(missing_ok=True)
        path.touch(mode=0o600)
        path.write_text(text)
        made.append(path)
    if setup.user is not None:
        for path in made:
            os.chown(path, setup.user, setup.group or 0)


def fill_once(setup: Setup, name: str, *, whole: str, make: Callable[[Path], Path]) -> None:
    """Fill the data folder with a copy of what is made once for all servers of the program.

    ``name`` is what the cache calls that, and ``whole`` the path in it that only whole data have. ``make`` gets an
    empty folder to work in, and returns the one to keep.
    """
    if (setup.data / whole).exists():
        return
    kept = setup.cache / name
    if not kept.exists():
        _make_once(setup, kept, make)
    unfinished = setup.data.with_name(setup.data.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    shutil.rmtree(setup.data, ignore_errors=True)
    shutil.copytree(kept, unfinished)
    give(unfinished, setup)
    unfinished.rename(setup.data)


def give(folder: Path, setup: Setup) -> None:
    """Make a folder and all in it the server's user's, and nobody else's."""
    folder.chmod(0o700)
    if setup.user is None:
        return
    os.chown(folder, setup.user, setup.group or 0)
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            with suppress(FileNotFoundError):
                os.chown(os.path.join(parent, name), setup.user, setup.group or 0)  # noqa: PTH118 - 1,000 files


def run_as_user(setup: Setup, argv: Sequence[str], words: str = "") -> None:
    """Run a program as the server's user, with ``words`` on its input; raise `StartError` with what it said.

    A program may repeat the words that it does not like: the password in them is left out.
    """
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
        said = done.stderr.strip() or done.stdout.strip()
        said = said.replace(setup.password, "***") if setup.password else said
        what = f"{Path(argv[0]).name} failed with exit code {done.returncode}:\n{said}"
        raise StartError(what, where=str(setup.program))


def _make_once(setup: Setup, kept: Path, make: Callable[[Path], Path]) -> None:
    # Made under a private name and renamed, so that a killed run leaves nothing half behind a good name.
    workshop = setup.data.with_name(f"{setup.data.name}.making")
    shutil.rmtree(workshop, ignore_errors=True)
    workshop.mkdir(mode=0o700)
    try:
        made = make(workshop)
        unfinished = Path(tempfile.mkdtemp(prefix=f"{kept.name}-", dir=kept.parent))
        shutil.copytree(made, unfinished, dirs_exist_ok=True)
        try:
            unfinished.rename(kept)
        except OSError:  # another process was faster, and its data are as good
            shutil.rmtree(unfinished)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)
