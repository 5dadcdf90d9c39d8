"""Templates and databases that somebody uses: which are pruned, and which can't be dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.host import leases
from juncture.host.folders import lease_path
from juncture.isolation import templates
from juncture.isolation.names import TEMPLATE
from juncture.isolation.orphans import drop_unused, lease_of
from juncture.services.postgres import at, connect
from juncture.services.postgres_databases import DATABASES, clone, drop

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.isolation.conftest import Ensure

    from juncture.config import Config
    from juncture.model import Endpoint

    DatabaseOf = Callable[..., Config]
    Databases = Callable[[str], set[str]]
    Ask = Callable[[str, str], list[tuple[str | None, ...]]]


def test_only_the_templates_used_last_are_kept(
    database_of: DatabaseOf, ensure: Ensure, root: Path, project: str, databases: Databases
) -> None:
    """Five branches can be switched between; the one that was not used for longest goes first."""
    family = f"{TEMPLATE}{project}_db_"
    names = []
    for number in range(5):
        (root / "a.sql").write_text(f"SELECT {number}")
        names.append(ensure(database_of(seed=["a.sql"])).template)
    (root / "a.sql").write_text("SELECT 0")
    assert not ensure(database_of(seed=["a.sql"])).built
    (root / "a.sql").write_text("SELECT 5")
    names.append(ensure(database_of(seed=["a.sql"])).template)
    assert databases(family) == set(names) - {names[1]}


def test_templates_of_another_service_are_not_pruned(
    database_of: DatabaseOf, ensure: Ensure, root: Path, admin: Endpoint, databases: Databases
) -> None:
    """``db`` is not ``db-x``, though the one's name begins the other's."""
    config = database_of(seed=["a.sql"])
    other = f"{TEMPLATE}{config.project}_db_x_0123456789abcdef"
    clone(admin, "", other)
    for number in range(7):
        (root / "a.sql").write_text(f"SELECT {number}")
        ensure(config)
    assert other in databases(other)
    assert len(databases(f"{TEMPLATE}{config.project}_db_")) == templates.KEPT_TEMPLATES + 1
    drop(admin, other, force=True)


def test_template_that_is_being_used_survives_pruning(
    database_of: DatabaseOf, ensure: Ensure, root: Path, shared_home: Path, databases: Databases
) -> None:
    """Whoever prunes holds the template's lease alone; one that is held stays."""
    (root / "a.sql").write_text("SELECT 'first'")
    first = ensure(database_of(seed=["a.sql"])).template
    path = lease_path(shared_home, f"template-{first}")
    with leases.hold(path, exclusive=False, timeout=1, purpose="use the template"):
        for number in range(6):
            (root / "a.sql").write_text(f"SELECT {number}")
            ensure(database_of(seed=["a.sql"]))
    assert first in databases(first)


def test_users_of_a_template_keep_nobody_waiting_who_came_to_build_it(
    database_of: DatabaseOf, ensure: Ensure, admin: Endpoint, root: Path, shared_home: Path
) -> None:
    """Of two runs that start together, one builds and keeps its lease to its end; the other goes on at once."""
    (root / "a.sql").write_text("SELECT 'both'")
    config = database_of(seed=["a.sql"])
    name = ensure(config).template
    assert DATABASES.retire(admin, name)
    path = lease_path(shared_home, f"template-{name}")
    with leases.hold(path, exclusive=False, timeout=1, purpose="use the template"):
        assert ensure(config).built
    assert not lease_path(shared_home, f"build-{name}").exists()


def test_what_somebody_is_connected_to_stays_as_it_is(
    database_of: DatabaseOf, ensure: Ensure, admin: Endpoint, root: Path, shared_home: Path
) -> None:
    """A template that the server does not drop keeps its seal, a namespace its lease."""
    (root / "a.sql").write_text("SELECT 'stays'")
    name = ensure(database_of(seed=["a.sql"])).template
    with connect(admin) as connection:
        connection.query(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
        with connect(at(admin, name)):
            connection.query(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false")
            assert not DATABASES.retire(admin, name)
            assert DATABASES.sealed(admin, name)
    assert DATABASES.retire(admin, name)
    clone(admin, "", "in_use")
    with connect(at(admin, "in_use")):
        assert not drop_unused(DATABASES, admin, shared_home, "in_use")
    assert lease_of(shared_home, "in_use").exists()
    assert DATABASES.drop(admin, "in_use", force=True)
    assert drop_unused(DATABASES, admin, shared_home, "in_use")
    assert not lease_of(shared_home, "in_use").exists()


def test_force_cuts_off_whoever_is_connected(admin: Endpoint, databases: Databases) -> None:
    """A run's own database goes at its end, though the application still has a pool; what is not there is no error."""
    clone(admin, "", "in_use")
    with connect(at(admin, "in_use")):
        assert drop(admin, "in_use", force=True)
    assert databases("in_use") == set()
    assert drop(admin, "in_use", force=False)
