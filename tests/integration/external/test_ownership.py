"""Tests of ``juncture.isolation.ownership``: what several homes make on one server that none of them started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hand
import pytest

from juncture.errors import StateError
from juncture.isolation import open_workspace
from juncture.isolation.templates import KEPT_TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.external.conftest import World

    from juncture.isolation.workspace import Workspace


LIMITED = "limited"


@pytest.fixture(scope="module")
def limited(database: hand.Hand) -> dict[str, str]:
    """Return the environment of who comes as a role that may make databases and nothing else."""
    hand.asked(database, f"CREATE ROLE {LIMITED} LOGIN CREATEDB PASSWORD '{hand.PASSWORD}'")
    url = hand.database_url(database).replace("//postgres", f"//{LIMITED}")
    return {"JUNCTURE_POSTGRES_URL": url, "JUNCTURE_POSTGRES_DISPOSABLE": "true"}


def orphan(workspace: Workspace) -> str:
    """Have a workspace leave its database behind and give up its leases, as a killed run does; return its name."""
    namespace: Any = workspace.namespaces["postgres"]
    namespace._made.clear()
    for lease in namespace._held.values():
        lease.release()
    return workspace.endpoints["postgres"].database


def test_homes_leave_each_other_alone(
    world: World, own_home: Path, environment_of: Callable[[Path], dict[str, str]], database: hand.Hand,
    databases: Callable[[], set[str]],
) -> None:  # fmt: skip
    """Two homes on one server, as on two machines, collect only what each made itself."""
    named = {"JUNCTURE_POSTGRES_URL": hand.database_url(database), "JUNCTURE_POSTGRES_DISPOSABLE": "true"}
    world.environ |= named
    other = type(world)(world.root, environment_of(own_home) | named)
    with world.open("postgres") as mine, other.open("postgres") as theirs:
        kept = {mine.endpoints["postgres"].database, theirs.endpoints["postgres"].database}
        assert len(kept) == 2
        assert {orphan(mine), orphan(theirs)} == kept
        assert theirs.collect() == [theirs.endpoints["postgres"].database]
        assert theirs.collect() == []
        assert kept & databases() == {mine.endpoints["postgres"].database}
    with world.open("postgres") as again:
        assert again.collect() == [mine.endpoints["postgres"].database]


def test_templates_of_other_homes_stay(
    world: World, own_home: Path, environment_of: Callable[[Path], dict[str, str]], database: hand.Hand,
    databases: Callable[[], set[str]],
) -> None:  # fmt: skip
    """However many states a home goes through, it prunes its own old templates and no others."""
    named = {"JUNCTURE_POSTGRES_URL": hand.database_url(database), "JUNCTURE_POSTGRES_DISPOSABLE": "true"}
    world.environ |= named
    type(world)(world.root, environment_of(own_home) | named).open("postgres").release()
    (theirs,) = databases() - {"juncture_marker"}
    for number in range(7):
        (world.root / "seed.sql").write_text(f"SELECT {number};")
        tables = {"postgres": {"kind": "postgres", "seed": ["seed.sql"], "disposable": True}}
        open_workspace(world.declared(services=tables), environ=world.environ).release()
    templates = databases() - {"juncture_marker"}
    assert theirs in templates
    assert len(templates) == 6


def test_orphan_of_another_role_stays_and_keeps_nobody_from_the_rest(
    world: World, database: hand.Hand, databases: Callable[[], set[str]], limited: dict[str, str]
) -> None:
    """A server lets only the owner drop a database: cleaning up goes on with the next one."""
    world.environ |= limited
    with world.open("postgres") as first, world.open("postgres") as second:
        theirs, mine = sorted((orphan(first), orphan(second)))
        hand.asked(database, f"ALTER DATABASE {theirs} OWNER TO postgres")
        assert first.collect() == [mine]
        assert theirs in databases()
        hand.asked(database, f"ALTER DATABASE {theirs} OWNER TO {LIMITED}")
        assert first.collect() == [theirs]


def test_template_of_another_role_stays(
    world: World, database: hand.Hand, databases: Callable[[], set[str]], limited: dict[str, str]
) -> None:
    """One that can't be pruned keeps nobody from building the next."""
    world.environ |= limited
    tables = {"postgres": {"kind": "postgres", "seed": ["seed.sql"], "disposable": True}}
    for number in range(KEPT_TEMPLATES + 2):
        (world.root / "seed.sql").write_text(f"SELECT {number};")
        open_workspace(world.declared(services=tables), environ=world.environ).release()
        if number == 0:
            (theirs,) = databases() - {"juncture_marker"}
            hand.asked(database, f"ALTER DATABASE {theirs} OWNER TO postgres")
    assert theirs in databases()
    hand.asked(database, f"ALTER DATABASE {theirs} OWNER TO {LIMITED}")


def test_server_that_lets_nobody_in_is_told_when_cleaning_up(
    world: World, database: hand.Hand, databases: Callable[[], set[str]], limited: dict[str, str]
) -> None:
    """It is an error of the services, which a run's end reports, and no traceback."""
    world.environ |= limited
    assert databases() <= {"juncture_marker"}
    with world.open("postgres") as workspace:
        hand.asked(database, f"ALTER ROLE {LIMITED} CONNECTION LIMIT 0")
        with pytest.raises(StateError, match=r"what killed runs left could not be removed: .*too many connections"):
            workspace.collect()
        hand.asked(database, f"ALTER ROLE {LIMITED} CONNECTION LIMIT -1")
