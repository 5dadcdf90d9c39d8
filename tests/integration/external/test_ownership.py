"""Tests of ``juncture.isolation.ownership``: what several homes make on one server that none of them started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hand

from juncture.isolation import open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.external.conftest import World


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
        # As killed runs do, both leave their database behind, and give up their leases.
        for workspace in (mine, theirs):
            namespace: Any = workspace.namespaces["postgres"]
            namespace._made.clear()
            for lease in namespace._held.values():
                lease.release()
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
