"""Leave only the tests of an earlier run that have to run again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.errors import UsageError
from juncture.sharding.plan import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest

    from juncture.merging.rerun import Rerun

__all__ = ["NOTHING", "header", "leave_wanted"]

NOTHING = "nothing of the earlier run failed or never ran, so nothing runs again"


def header(rerun: Rerun | None) -> list[str]:
    """Return the lines that say what a re-run runs; none where it is none."""
    if rerun is None:
        return []
    many = f"{len(rerun.tests)} test{'' if len(rerun.tests) == 1 else 's'}"
    lines = [f"runs {many} again that failed or never ran (of {rerun.total})"]
    lines += [f"leaves {name} out: it is of a re-run itself" for name in rerun.left_out]
    return lines


def leave_wanted(
    session: pytest.Session, items: list[pytest.Item], bare: Mapping[int, str], rerun: Rerun, *, broken: bool
) -> None:
    """Leave the wanted tests in ``items``; ``bare`` maps the ``id()`` of items to their node ids as collected.

    Raise `UsageError` where one was not collected, but in a collection that is ``broken``: pytest tells of that.
    """
    nodeids = [bare.get(id(item), item.nodeid) for item in items]
    lost = sorted(rerun.tests - set(nodeids))
    if lost and not broken:
        raise UsageError(
            f"what has to run again was not collected: {listed(lost)}",
            where="--juncture-rerun",
            hint="check out the commit of the earlier run, and select no tests besides (paths, -k, -m)",
        )
    others = [item for item, nodeid in zip(items, nodeids, strict=True) if nodeid not in rerun.tests]
    if others:
        items[:] = [item for item, nodeid in zip(items, nodeids, strict=True) if nodeid in rerun.tests]
        session.config.hook.pytest_deselected(items=others)
