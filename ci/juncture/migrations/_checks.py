"""What migrations have to stand: the checks behind the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.errors import JunctureError
from juncture.migrations._compare import differences

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.migrations._alembic import Revision
    from juncture.migrations._migrations import Migrations
    from juncture.services.things import Thing

__all__ = ["check_each_revision", "check_single_head", "check_upgrade_downgrade_upgrade"]


def check_single_head(migrations: Migrations) -> None:
    """Check that the revisions end in one head: with two of them it is open what ``upgrade head`` means."""
    __tracebackhide__ = True
    heads = migrations.heads
    if len(heads) == 1:
        return
    if not heads:
        raise AssertionError(f"{migrations.service}: there is no revision at all")
    named = sorted(migrations.told(each) for each in migrations.revisions if each.id in heads)
    lines = [f"{migrations.service}: there are {len(heads)} heads:", *(f"  {each}" for each in named)]
    hint = f"  alembic merge {' '.join(sorted(heads))}, or let one of them build on the other (`down_revision`)"
    raise AssertionError("\n".join([*lines, hint]))


def check_upgrade_downgrade_upgrade(migrations: Migrations, *, base: str = "") -> None:
    """Check that all the way down nothing is left of all the way up, and that up again gives the same schema.

    ``base`` is the revision that is gone down to, where those up to it can't be undone.
    """
    __tracebackhide__ = True
    if base:
        migrations.upgrade(base)
    before = migrations.schema()
    migrations.upgrade()
    first = migrations.schema()
    if first == before:
        raise AssertionError(f"{migrations.service}: the upgrade changes nothing")
    migrations.downgrade(base)
    after = migrations.schema()
    if after != before:
        lines = differences(before, after, makers=_makers(migrations, before, base))
        raise _failed(f"{migrations.service}: the downgrade does not undo the upgrade:", lines)
    migrations.upgrade()
    if lines := differences(first, migrations.schema()):
        raise _failed(f"{migrations.service}: up, down and up again is not what up is:", lines)


def check_each_revision(migrations: Migrations, *, base: str = "") -> None:
    """Check of each revision by itself that its downgrade undoes its upgrade, and that it can be upgraded to again.

    Those up to ``base`` are only upgraded to, and so is one that merges branches.
    """
    __tracebackhide__ = True
    if base:
        migrations.upgrade(base)
    schema = migrations.schema()
    for revision in _after(migrations, base):
        migrations.upgrade(revision.id)
        before, schema = schema, migrations.schema()
        if len(revision.down) > 1:
            continue
        where = f"{migrations.service}: revision {migrations.told(revision)}"
        migrations.downgrade(f"{revision.id}@-1")
        if lines := differences(before, migrations.schema()):
            raise _failed(f"{where}: its downgrade does not undo its upgrade:", lines)
        migrations.upgrade(revision.id)
        if lines := differences(schema, migrations.schema()):
            raise _failed(f"{where}: the second upgrade is not what the first one was:", lines)


def _after(migrations: Migrations, base: str) -> list[Revision]:
    """Return the revisions that build on ``base``; all where it is empty."""
    if not base:
        return list(migrations.revisions)
    on = {base}
    found = []
    for revision in migrations.revisions:
        if on.intersection(revision.down):
            on.add(revision.id)
            found.append(revision)
    return found


def _makers(migrations: Migrations, before: Mapping[Thing, str], base: str) -> dict[Thing, str]:
    """Return the revision that makes each object, as far as that can be found out on another database."""
    makers: dict[Thing, str] = {}
    try:
        with migrations.another() as again:
            if base:
                again.upgrade(base)
            schema = again.schema()
            for revision in _after(again, base):
                again.upgrade(revision.id)
                earlier, schema = schema, again.schema()
                makers |= dict.fromkeys(set(schema) - set(earlier) - set(before), again.told(revision))
    except JunctureError:  # another tool, or one that fails now: what is left is told all the same
        pass
    return makers


def _failed(head: str, lines: list[str]) -> AssertionError:
    return AssertionError("\n".join([head, *(f"  {line}" for line in lines)]))
