"""Tests of ``juncture.providers.guard``, and of the names that are kept off, with servers started by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hand

from juncture.services import redis

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.integration.external.conftest import World


def test_refusal_says_why_and_what_to_set(world: World, database: hand.Hand, cache: hand.Hand) -> None:
    """Nothing is written to a server that nobody said is for tests."""
    world.environ |= {"JUNCTURE_POSTGRES_URL": hand.database_url(database), "JUNCTURE_REDIS_URL": hand.cache_url(cache)}
    before = hand.asked(database, "SELECT datname FROM pg_database ORDER BY 1")
    assert world.refusal("postgres") == (
        f"service postgres: juncture did not start the server at 127.0.0.1:{database.port}, and nothing says that it "
        "is for tests: a run makes and drops databases there\n"
        "  if nobody needs what is on it, set JUNCTURE_POSTGRES_DISPOSABLE=true, or `disposable = true` in its table; "
        "the server is then marked, and later runs ask no more"
    )
    assert "a run empties databases 1 and up there" in world.refusal("redis")
    assert "JUNCTURE_REDIS_DISPOSABLE=true" in world.refusal("redis")
    assert hand.asked(database, "SELECT datname FROM pg_database ORDER BY 1") == before
    admin = hand.endpoint(cache, password=hand.PASSWORD)
    with redis.connect(admin) as connection:
        assert connection.command("DBSIZE") == 0


def test_marker_stands_for_the_permission(
    world: World, database: hand.Hand, databases: Callable[[], set[str]], cache: hand.Hand
) -> None:
    """Who allowed it once is not asked again, in whatever home; what the runs made is gone, but for the template."""
    world.environ |= {"JUNCTURE_POSTGRES_URL": hand.database_url(database), "JUNCTURE_REDIS_URL": hand.cache_url(cache)}
    allowed = {"JUNCTURE_POSTGRES_DISPOSABLE": "true", "JUNCTURE_REDIS_DISPOSABLE": "1"}
    with type(world)(world.root, world.environ | allowed).open("postgres", "redis") as workspace:
        assert workspace.endpoints["postgres"].database in databases()
        assert workspace.endpoints["redis"].database == "1"
    with world.open("postgres", "redis") as workspace:
        workspace.reset("redis")
        assert workspace.namespaces["postgres"].why == "JUNCTURE_POSTGRES_URL"
    assert {name[:2] for name in databases()} == {"ju", "jx"}
    assert {name[10:12] for name in databases() if name != "juncture_marker"} == {"t_"}


def test_deny_is_stronger_than_any_permission(world: World, database: hand.Hand, databases: Callable[..., Any]) -> None:
    """Neither `disposable` nor a marker that is there already helps a name that is kept off; nothing connects."""
    world.environ |= {"JUNCTURE_POSTGRES_URL": hand.database_url(database), "JUNCTURE_POSTGRES_DISPOSABLE": "true"}
    world.open("postgres").release()
    assert "juncture_marker" in databases()
    assert world.refusal("postgres", deny=["127.0.*"]) == (
        'service postgres: JUNCTURE_POSTGRES_URL names the host "127.0.0.1", '
        'which "127.0.*" in `deny` keeps tests off\n'
        "  name a server that is for tests; no `disposable` and no marker overrules `deny`"
    )
    world.environ["JUNCTURE_POSTGRES_URL"] = hand.database_url(database).replace("/postgres", "/shop_prod")
    assert 'names the database "shop_prod", which "prod" in `deny` keeps tests off' in world.refusal("postgres")


def test_role_that_may_make_no_database_is_told(
    world: World, database: hand.Hand, databases: Callable[..., Any]
) -> None:
    """The message names the role and the statement that mends it; afterwards an ordinary role is enough."""
    hand.asked(database, "CREATE ROLE app LOGIN PASSWORD 'x'")
    world.environ |= {"JUNCTURE_POSTGRES_URL": f"postgres://app:x@127.0.0.1:{database.port}/postgres"}
    world.environ["JUNCTURE_POSTGRES_DISPOSABLE"] = "true"
    assert world.refusal("postgres") == (
        "service postgres: the role app may make no databases, and each worker needs one\n"
        '  as a superuser: `ALTER ROLE "app" CREATEDB`'
    )
    assert databases() == set()
    hand.asked(database, "ALTER ROLE app CREATEDB")
    with world.open("postgres") as workspace:
        scratch = workspace.scratch("postgres")
        assert {scratch.database, workspace.endpoints["postgres"].database} <= databases()
        workspace.discard(scratch)
    assert len(databases()) == 2  # the marker and the template
