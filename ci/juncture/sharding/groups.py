"""Which tests share an expensive fixture, as far as a node id tells."""

from __future__ import annotations

__all__ = ["group_of"]


def group_of(nodeid: str) -> str:
    """Return a test's group: its class, else its module, as the prefix of its node id; never empty.

    A parameter's text may hold ``::`` and ``[``, so that what follows the first ``[`` after the path says nothing. A
    folder's name may hold ``[`` too. Where nothing is before the test's own name, the test is a group of its own.
    """
    path, separator, names = nodeid.partition("::")
    parents, inner, _ = names.partition("[")[0].rpartition("::")
    return (path + separator + parents if inner else path) or nodeid
