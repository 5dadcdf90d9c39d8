"""Bring one worker's database back to its template before each test, and know what that took."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from juncture.isolation.pool import Pool
from juncture.isolation.reset.facts import SCHEMA, Facts, read_facts
from juncture.isolation.reset.findings import look, prepare_look
from juncture.isolation.reset.plan import Plan, plan_reset
from juncture.isolation.reset.sessions import end_open, left_open
from juncture.isolation.reset.takeover import take_over
from juncture.isolation.reset.tracking import QUIET, install, remove
from juncture.isolation.reset.usage import Usage
from juncture.services.postgres import at, connect
from juncture.services.wire.postgres import PostgresConnection, PostgresError, literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from juncture.isolation.clones import Clones
    from juncture.isolation.reset.findings import Findings
    from juncture.isolation.reset.sessions import Left
    from juncture.model import Endpoint

__all__ = ["Cleaner"]

LOCK_WAIT = "300ms"
"""How long a reset waits for a row that somebody's open transaction holds, before that session is ended."""

LOCKED, DEADLOCK, DENIED = "55P03", "40P01", "42501"
"""SQLSTATEs: lock_not_available, deadlock_detected, insufficient_privilege."""

SWEEP = 10
"""Resets after which it is looked for tables that are sparse by now."""

SPARSE = 512 * 1024
"""Bytes of an emptied table that make it worth a VACUUM: nothing else does one where autovacuum is off."""


class Cleaner:
    """One database, its pool of clones, and a connection of our own to look at it.

    ``usage`` counts what tests needed, and ``why`` the reasons for new clones. What is in ``before_replace`` is called
    before everybody is cut off from the database, so that who keeps connections can let them go.
    """

    def __init__(self, admin: Endpoint, name: str, clones: Clones, size: int) -> None:
        """Look at nothing yet. A pool of ``size`` clones is kept once one was needed."""
        self.usage = Usage()
        self.why: dict[str, int] = {}
        self.before_replace: list[Callable[[], None]] = []
        self._admin = admin
        self._name = name
        self._clones = clones
        self._pool = Pool(clones, size)
        self._server: PostgresConnection | None = None
        self._own: PostgresConnection | None = None
        self._facts: Facts | None = None
        self._replica = False
        self._plans: dict[Findings, Plan] = {}
        self._resets = 0
        self._rolled_back = 0.0
        self._seen: set[str] = set()

    def want(self) -> None:
        """Have clones made ahead: a test will ask for one."""
        self._pool.want()

    def note_rollback(self, seconds: float) -> None:
        """Hear that a fixture rolled a test back."""
        self._rolled_back += seconds or 1e-9

    def clean(self, *, fresh: bool = False) -> None:
        """Bring the database back to its template; with ``fresh`` by a new clone, whatever was done to it."""
        began = time.perf_counter()
        rolled_back, self._rolled_back = self._rolled_back, 0.0
        plan = Plan("fresh", why="a test asked for it") if fresh else self._cleaned()
        if plan.tier == "fresh":
            self.replace()
            self.why[plan.why] = self.why.get(plan.why, 0) + 1
        spent = time.perf_counter() - began
        if plan.tier == "nothing" and rolled_back:
            self.usage.add("rollback", spent + rolled_back)
        else:
            self.usage.add(plan.tier, spent)

    def replace(self) -> None:
        """Put a new clone under the database's name; whoever is connected to it is cut off."""
        self._forget()
        for tell in self.before_replace:
            tell()
        clone = self._pool.take()
        old = self._clones.name_for_old(clone)
        try:
            take_over(self._administration(), name=self._name, clone=clone, old=old)
        except OSError:  # the server was started again since
            self._server = None
            take_over(self._administration(), name=self._name, clone=clone, old=old)
        for name in (old, clone):  # there is none any more of the second name, but its lease
            self._pool.retire(name)

    def settle(self) -> None:
        """Take what is in the database now for what a reset goes back to, where that is not its template.

        A database that notes nothing, because the role had no right to have it do so, comes back by new copies alone.
        """
        try:
            connection = self._connection()
            if self._facts is None or look(connection, self._facts).nothing:
                return
        except PostgresError:  # there is nothing to read
            self._forget()
            return
        self._forget()
        with connect(at(self._admin, self._name), timeout=60.0) as other:
            remove(other)
            install(other)

    def left_open(self) -> list[Left]:
        """Return the transactions that were left open, each once."""
        try:
            found = left_open(self._connection(), self._name)
        except (PostgresError, OSError):
            self._leave()
            return []
        new = [left for left in found if left.key not in self._seen]
        self._seen.update(left.key for left in new)
        return new

    def close(self) -> None:
        """Close the connections and drop the clones."""
        self._leave()
        if self._server:
            with suppress(OSError):
                self._server.__exit__()
            self._server = None
        self._pool.close()

    def _forget(self) -> None:
        """Know nothing of the database any more: it becomes another one."""
        self._leave()
        self._facts = None

    def _administration(self) -> PostgresConnection:
        if self._server is None:
            self._server = connect(self._admin, timeout=60.0)
        return self._server

    def _cleaned(self) -> Plan:
        """Do what is enough, and return it; where that is a fresh clone, it is still to be made."""
        known = self._own is not None or self._facts is None
        try:
            connection = self._connection()
            assert self._facts is not None  # noqa: S101 - a connection has read them
            findings = look(connection, self._facts)
            plan = self._plans.get(findings) or plan_reset(self._facts, findings, replica=self._replica)
            self._plans[findings] = plan
            if plan.tier == "rows":
                self._put_back(connection, plan)
            if findings.bloated:
                connection.query(f"VACUUM {SCHEMA}.touched")
        except (PostgresError, OSError) as error:
            # A server that went may have lost what it did not write to the disk; the rest is the schema's doing.
            self._leave()
            return Plan("fresh", why=f"it could not be put right: {error}" if known else str(error))
        return plan

    def _put_back(self, connection: PostgresConnection, plan: Plan) -> None:
        self._resets += 1
        sparse = ""
        if plan.vacuum and self._resets % SWEEP == 0:
            names = ", ".join(f"({literal(name)}::regclass)" for name in plan.vacuum)
            sparse = f"; SELECT t::text FROM (VALUES {names}) v (t) WHERE pg_relation_size(t) > {SPARSE}"
        for attempt in range(3):
            try:
                rows = connection.query(plan.sql + sparse)
                break
            except PostgresError as error:
                if error.state not in {LOCKED, DEADLOCK} or attempt == 2:  # noqa: PLR2004 - the last one
                    raise
                end_open(connection, self._name)
        for (name,) in rows if sparse else ():
            connection.query(f"VACUUM {name}")

    def _connection(self) -> PostgresConnection:
        """Return our own connection to the database, opened at the first call and after each new clone."""
        if self._own is None:
            made = connect(at(self._admin, self._name), timeout=60.0)
            try:
                made.query(f"{QUIET}; SET lock_timeout = '{LOCK_WAIT}'; SET synchronous_commit = off")
                self._replica = _without_triggers(made)
                if self._facts is None:
                    self._facts, self._plans = read_facts(made), {}
                prepare_look(made, self._facts)
            except BaseException:
                made.close()
                raise
            self._own = made
        return self._own

    def _leave(self) -> None:
        own, self._own = self._own, None
        if own:
            with suppress(OSError):
                own.__exit__()


def _without_triggers(connection: PostgresConnection) -> bool:
    """Have the session run no triggers and check no foreign keys; return False where the role may not."""
    try:
        connection.query("SET session_replication_role = replica")
    except PostgresError as error:
        if error.state != DENIED:
            raise
        return False
    return True
