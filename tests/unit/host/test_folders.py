"""Tests of ``juncture.host.folders``."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from juncture.errors import ProviderError
from juncture.host import folders

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = 0


class Usage(NamedTuple):
    """What ``shutil.disk_usage`` returns."""

    total: int
    used: int
    free: int


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty folder that stands for /dev/shm."""
    folder = tmp_path / "shm"
    folder.mkdir()
    monkeypatch.setattr(folders, "MEMORY", folder)
    monkeypatch.setattr(folders, "MEMORY_NEEDED", 0)
    return folder


@pytest.fixture
def masked() -> Iterator[None]:
    """Work as a user whose new files nobody else may read."""
    old = os.umask(0o077)
    yield
    os.umask(old)


def mode(folder: Path) -> int:
    """Return the permission bits of a folder."""
    return folder.stat().st_mode & 0o777


@pytest.mark.parametrize(
    ("uid", "environ", "expected"),
    [
        (1000, {"JUNCTURE_HOME": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/a"),
        (ROOT, {"JUNCTURE_HOME": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/a"),
        (ROOT, {"XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/var/cache/juncture"),
        (1000, {"XDG_CACHE_HOME": "/b", "HOME": "/c"}, "/b/juncture"),
        (1000, {"HOME": "/c"}, "/c/.cache/juncture"),
        (1000, {"JUNCTURE_HOME": "", "XDG_CACHE_HOME": "", "HOME": "/c"}, "/c/.cache/juncture"),
        (1000, {"XDG_CACHE_HOME": "relative", "HOME": "/c"}, "/c/.cache/juncture"),
    ],
)
def test_home_is_named_or_the_users_cache(
    monkeypatch: pytest.MonkeyPatch, uid: int, environ: dict[str, str], expected: str
) -> None:
    """The variable decides; then root has a folder that others can enter, and a user the XDG cache."""
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    assert folders.home(environ) == Path(expected)


@pytest.mark.parametrize("environ", [{"JUNCTURE_HOME": "near"}, {"HOME": "near"}, {}])
def test_home_is_absolute(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str]) -> None:
    """The keeper works in another folder: a relative path would mean another place there."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert folders.home(environ).is_absolute()


@pytest.mark.usefixtures("masked")
def test_public_folder_can_be_entered_whatever_the_umask(tmp_path: Path) -> None:
    """What is made on the way to it can be entered by everybody too."""
    folder = folders.public_folder(tmp_path / "deep" / "home", "servers", "inner")
    assert [mode(path) for path in (folder, *list(folder.parents)[:3])] == [0o755] * 4


def test_public_folder_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    """A folder of the user's own is not opened to others."""
    (tmp_path / "home").mkdir(mode=0o700)
    folders.public_folder(tmp_path / "home", "servers")
    assert mode(tmp_path / "home") == 0o700


@pytest.mark.usefixtures("masked")
def test_private_folder_is_private_in_a_public_home(tmp_path: Path) -> None:
    """Leases and secrets are for this user; servers that were dropped to another pass through the home."""
    folder = folders.private_folder(tmp_path / "home", "run", "ports")
    assert [mode(path) for path in (folder, folder.parent, tmp_path / "home")] == [0o700, 0o700, 0o755]


def test_data_is_in_memory_where_there_is_space(tmp_path: Path, memory: Path) -> None:
    """Two homes have two folders, which can be passed through but not listed."""
    first, second = folders.data_folder(tmp_path / "a"), folders.data_folder(tmp_path / "b")
    assert first.parent == second.parent == memory
    assert first != second
    assert mode(first) == 0o711
    assert folders.data_folder(tmp_path / "a") == first


def test_data_is_on_the_disk_where_memory_is_short(
    tmp_path: Path, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container's 64 MB of memory are left alone."""
    monkeypatch.setattr(folders, "MEMORY_NEEDED", 1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(2000, 1001, 999))
    assert folders.data_folder(tmp_path / "home") == tmp_path / "home" / "data"
    assert not list(memory.iterdir())


def test_data_is_on_the_disk_where_there_is_no_memory_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no /dev/shm, as on macOS, the home holds the data."""
    monkeypatch.setattr(folders, "MEMORY", tmp_path / "missing")
    assert folders.data_folder(tmp_path / "home") == tmp_path / "home" / "data"


@pytest.mark.usefixtures("masked", "memory")
def test_data_folder_can_be_passed_whatever_the_umask(tmp_path: Path) -> None:
    """A server that was dropped to another user reaches its data."""
    assert mode(folders.data_folder(tmp_path / "home")) == 0o711


def test_data_folder_of_another_user_is_refused(tmp_path: Path, memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody may write to /dev/shm: a folder that somebody else put there first is not used."""
    folder = folders.data_folder(tmp_path / "home")
    owner = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: owner + 1)
    folder.rename(memory / folder.name.replace(f"-{owner}-", f"-{owner + 1}-"))
    with pytest.raises(ProviderError, match="belongs to another user") as raised:
        folders.data_folder(tmp_path / "home")
    assert "JUNCTURE_HOME" in raised.value.hint


def test_link_in_place_of_the_data_folder_is_refused(tmp_path: Path, memory: Path) -> None:
    """A link that somebody else made could lead to a folder of ours, whose mode would change."""
    folder = folders.data_folder(tmp_path / "home")
    victim = tmp_path / "victim"
    victim.mkdir(mode=0o700)
    shutil.rmtree(folder)
    folder.symlink_to(victim)
    with pytest.raises(ProviderError, match="is no folder"):
        folders.data_folder(tmp_path / "home")
    assert mode(victim) == 0o700
    assert folder.parent == memory


def test_file_in_place_of_the_data_folder_is_refused(tmp_path: Path, memory: Path) -> None:
    """A file is told as what is in the way."""
    folder = folders.data_folder(tmp_path / "home")
    shutil.rmtree(folder)
    folder.touch()
    with pytest.raises(ProviderError, match="is no folder") as raised:
        folders.data_folder(tmp_path / "home")
    assert raised.value.where == str(memory / folder.name)


def test_socket_is_in_the_home_while_its_path_is_short() -> None:
    """The usual place is beside the secret."""
    with tempfile.TemporaryDirectory(prefix="j", dir="/tmp") as name:
        assert folders.short_folder(Path(name)) == Path(name, "run")


def test_socket_of_a_long_home_is_elsewhere_and_the_same_for_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel cuts socket paths at 104 bytes; processes with different TMPDIRs still meet."""
    monkeypatch.setattr(folders, "SHORT", tmp_path)
    home = tmp_path / ("long" * 30)
    folder = folders.short_folder(home)
    assert folder.parent == tmp_path
    assert mode(folder) == 0o700
    monkeypatch.setenv("TMPDIR", str(tmp_path / "session"))
    assert folders.short_folder(home) == folder
    assert folders.short_folder(tmp_path / ("other" * 30)) != folder


def test_socket_of_a_long_home_stays_short() -> None:
    """Whatever TMPDIR is, the fallback fits."""
    with tempfile.TemporaryDirectory(prefix="j", dir="/tmp") as name:
        folder = folders.short_folder(Path(name, "x" * 120))
        folder.rmdir()
    assert len(os.fsencode(folder / "keeper-2.sock")) <= folders.LONGEST_SOCKET_PATH


def test_secret_is_made_once_and_private(tmp_path: Path) -> None:
    """Later calls return the same password, and nothing else is left beside it."""
    secret = folders.secret(tmp_path / "home")
    assert len(secret) == 24
    assert folders.secret(tmp_path / "home") == secret
    assert folders.secret(tmp_path / "other") != secret
    assert [path.name for path in (tmp_path / "home" / "run").iterdir()] == ["secret"]
    assert mode(tmp_path / "home" / "run" / "secret") == 0o600


def test_data_in_memory_says_whose_it_is(memory: Path, tmp_path: Path) -> None:
    """Data of a home that is gone is found by its own word, and only then."""
    home = tmp_path / "home"
    home.mkdir()
    data = folders.data_folder(home)
    assert folders.data_folders(home) == [data]
    assert folders.homeless() == []
    home.rmdir()
    assert folders.homeless() == [data]
    assert data.parent == memory


@pytest.mark.parametrize(
    "word",
    [
        "{view}\n/somewhere/else",
        "mnt:[1]\n{home}",
        "{view}\nhome",
        "{home}",
        "",
    ],
)
def test_data_that_proves_nothing_is_left_alone(memory: Path, tmp_path: Path, word: str) -> None:
    """A path that the name is not made from, another view of the disk, or no path at all: it may be somebody's."""
    home = tmp_path / "home"
    data = folders.data_folder(home)
    assert folders.homeless() == [data]
    view = (data / folders.SIGN).read_text().partition("\n")[0]
    (data / folders.SIGN).write_text(word.format(view=view, home=home))
    assert folders.homeless() == []
    (data / folders.SIGN).unlink()
    assert folders.homeless() == []
    assert data.parent == memory


def test_link_is_no_data_of_a_home_that_is_gone(memory: Path, tmp_path: Path) -> None:
    """A link with the right name, which would lead a removal elsewhere, is not followed."""
    data = folders.data_folder(tmp_path / "home")
    data.rename(tmp_path / "elsewhere")
    data.symlink_to(tmp_path / "elsewhere")
    assert folders.homeless() == []
    assert data.parent == memory


def test_home_that_may_not_be_looked_at_is_not_gone(memory: Path, tmp_path: Path) -> None:
    """What can't be seen may be there: a file in the way of the path is an error, and no proof."""
    (tmp_path / "file").touch()
    data = folders.data_folder(tmp_path / "file" / "home")
    assert folders.homeless() == []
    assert data.parent == memory


def test_data_folders_make_nothing(memory: Path, tmp_path: Path) -> None:
    """Looking for data makes no folder for it."""
    assert folders.data_folders(tmp_path / "home") == []
    (tmp_path / "home" / "data").mkdir(parents=True)
    assert folders.data_folders(tmp_path / "home") == [tmp_path / "home" / "data"]
    assert list(memory.iterdir()) == []
