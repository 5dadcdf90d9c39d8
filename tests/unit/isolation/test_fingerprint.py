"""Tests of ``juncture.isolation.fingerprint``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from juncture.errors import ConfigError
from juncture.isolation.fingerprint import fingerprint, seed_steps, watched_files

if TYPE_CHECKING:
    from tests.unit.isolation.conftest import Declare, Write

    from juncture.config import Config

KEYS: dict[str, Any] = {"migrate": "make tables", "watch": ["migrations/**"], "seed": ["seeds/*.sql", "last.sql"]}


@pytest.fixture(autouse=True)
def project(write: Write) -> None:
    """Write a project with two migrations and three seed files."""
    write(
        {
            "migrations/1.sql": "one",
            "migrations/deep/2.sql": "two",
            "seeds/a.sql": "first",
            "seeds/b.sql": "second",
            "last.sql": "third",
        }
    )


def digest(config: Config, product: str = "postgres 18.6") -> str:
    """Return the fingerprint of the declared Postgres."""
    return fingerprint(config, config.service("db"), product)


def test_same_state_has_the_same_fingerprint(declare: Declare) -> None:
    """It depends on nothing but what is named below."""
    assert digest(declare(**KEYS)) == digest(declare(**KEYS))
    assert len(digest(declare(**KEYS))) == 64


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("migrations/1.sql", "ONE"),
        ("migrations/deep/2.sql", "two\n"),
        ("migrations/3.sql", ""),
        ("migrations/data.csv", "1,2"),
        ("seeds/a.sql", "first!"),
        ("seeds/c.sql", ""),
        ("last.sql", ""),
    ],
)
def test_changed_or_added_file_changes_it(declare: Declare, write: Write, path: str, text: str) -> None:
    """Every file that the state is made from counts, with its content."""
    before = digest(declare(**KEYS))
    write({path: text})
    assert digest(declare(**KEYS)) != before


@pytest.mark.parametrize("path", ["migrations/1.sql", "seeds/b.sql"])
def test_removed_or_renamed_file_changes_it(declare: Declare, root: Path, path: str) -> None:
    """A file that is gone counts, and so does its name."""
    before = digest(declare(**KEYS))
    (root / path).rename(root / path.replace(".sql", "x.sql"))
    renamed = digest(declare(**KEYS))
    (root / path.replace(".sql", "x.sql")).unlink()
    assert len({before, renamed, digest(declare(**KEYS))}) == 3


@pytest.mark.parametrize(
    "changed",
    [
        {"migrate": "make tables now"},
        {"seed": ["last.sql", "seeds/*.sql"]},
        {"seed": ["seeds/b.sql", "seeds/a.sql", "last.sql"]},
        {"seed": []},
        {"watch": ["migrations/1.sql"]},
    ],
)
def test_changed_declaration_changes_it(declare: Declare, changed: dict[str, Any]) -> None:
    """The command and the order of the seeds count."""
    assert digest(declare(**KEYS)) != digest(declare(**(KEYS | changed)))


def test_file_that_becomes_a_seed_changes_it(declare: Declare) -> None:
    """The same files in the same order make another state where one of them is now run as a seed."""
    watched = declare(migrate="make", watch=["migrations/1.sql", "last.sql"])
    seeded = declare(migrate="make", watch=["migrations/1.sql"], seed=["last.sql"])
    assert digest(watched) != digest(seeded)


def test_bytes_can_not_move_between_files(declare: Declare, write: Write) -> None:
    """Two files are not the one that their contents make together."""
    before = digest(declare(**KEYS))
    write({"seeds/a.sql": "firstsec", "seeds/b.sql": "ond"})
    assert digest(declare(**KEYS)) != before


def test_product_project_and_service_count(declare: Declare) -> None:
    """Another server version, project or service has its own template."""
    digests = {digest(declare(**KEYS)), digest(declare(**KEYS), "postgres 18.7"), digest(declare("other", **KEYS))}
    assert len(digests) == 3


def test_compiled_files_and_times_do_not_count(declare: Declare, write: Write, root: Path) -> None:
    """What a run or a checkout changes without changing the content makes no new template."""
    before = digest(declare(**KEYS))
    write({"migrations/__pycache__/1.cpython-311.pyc": "compiled", "seeds/__pycache__/x.sql": "compiled"})
    os.utime(root / "migrations" / "1.sql", (1, 1))
    (root / "seeds" / "a.sql").chmod(0o600)
    assert digest(declare(**KEYS)) == before


def test_other_checkout_with_the_same_files_has_the_same(declare: Declare, root: Path) -> None:
    """Two clones share their template: no absolute path counts."""
    before = digest(declare(**KEYS))
    root.rename(root.with_name("clone"))
    config = declare(**KEYS)
    root.with_name("clone").rename(root)
    assert digest(config) == before


def test_seeds_run_in_the_declared_order_and_once(declare: Declare, root: Path) -> None:
    """Globs in their order, names sorted inside each; a file that two globs name runs at its first place."""
    config = declare(seed=["seeds/b.sql", "seeds/*", "*.sql", "last.sql"])
    found = [Path(path).relative_to(root).as_posix() for path in seed_steps(root, config.service("db"))]
    assert found == ["seeds/b.sql", "seeds/a.sql", "last.sql"]


def test_seed_folder_means_what_is_below_it_only_with_stars(declare: Declare, root: Path) -> None:
    """``seeds/**`` are the files below, at any depth."""
    config = declare(seed=["migrations/**"])
    found = [Path(path).relative_to(root).as_posix() for path in seed_steps(root, config.service("db"))]
    assert found == ["migrations/1.sql", "migrations/deep/2.sql"]


@pytest.mark.parametrize("pattern", ["seeds/*.slq", "nowhere/**", "seeds"])
def test_seed_that_matches_nothing_is_an_error(declare: Declare, root: Path, pattern: str) -> None:
    """A seed that silently does not run is a false green."""
    with pytest.raises(ConfigError, match="matches no file") as raised:
        seed_steps(root, declare(seed=["last.sql", pattern]).service("db"))
    assert raised.value.where == "pyproject.toml: tool.juncture.services.db.seed"
    assert repr(pattern) in raised.value.what
    assert str(root) in raised.value.hint


def test_watched_folder_means_everything_below_it(declare: Declare, root: Path) -> None:
    """``migrations`` is as good as ``migrations/**``; one that matches nothing would hide every change."""
    files = [watched_files(root, declare(watch=[name]).service("db")) for name in ("migrations", "migrations/**")]
    assert files[0] == files[1] == [root / "migrations" / "1.sql", root / "migrations" / "deep" / "2.sql"]


@pytest.mark.parametrize("pattern", ["migration", "migrations/*.py"])
def test_watch_that_matches_nothing_is_an_error(declare: Declare, root: Path, pattern: str) -> None:
    """A typing error in ``watch`` must not make every change invisible."""
    with pytest.raises(ConfigError, match="matches no file") as raised:
        watched_files(root, declare(migrate="make", watch=["migrations/**", pattern]).service("db"))
    assert raised.value.where == "pyproject.toml: tool.juncture.services.db.watch"


def test_watch_replaces_what_the_tool_is_known_to_read(declare: Declare, root: Path) -> None:
    """A user who names the files is not asked for an alembic.ini."""
    config = declare(migrate="alembic upgrade head", watch=["migrations/1.sql"])
    assert watched_files(root, config.service("db")) == [root / "migrations" / "1.sql"]


def test_service_without_a_state_watches_nothing(declare: Declare, root: Path) -> None:
    """An empty database is made from nothing."""
    assert watched_files(root, declare().service("db")) == []
