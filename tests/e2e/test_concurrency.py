"""Two checkouts at once, and random orders: nobody meets anybody."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from checkouts import Project


@pytest.mark.soak
def test_two_checkouts_at_once_do_not_meet(
    checkout: Callable[[str], Project], rounds: Callable[[int, int], int]
) -> None:
    """Two clones that run at the same time both pass, share one Postgres server and have a Redis for each worker."""
    one, two = checkout("one"), checkout("two")
    for _ in range(rounds(2, 10)):
        processes = [project.start("-n", "2", "tests/integration", JUNCTURE_IDLE="1m") for project in (one, two)]
        for process in processes:
            output, _ = process.communicate(timeout=120)
            assert process.returncode == 0, output
    kinds = sorted(server.key.partition("-")[0] for server in one.processes())
    assert kinds.count("postgres") == 1
    assert kinds.count("redis") >= 4
    assert not [name for name in one.databases() if name.startswith(("jn_", "jb_"))]


@pytest.mark.long
@pytest.mark.soak
def test_random_order_makes_no_difference(
    checkout: Callable[[str], Project], rounds: Callable[[int, int], int]
) -> None:
    """Runs in random order pass with two and with four workers."""
    project = checkout("one")
    for number in range(rounds(2, 20)):
        order = [f"tests/integration/test_ledger.py::test_books_balance[{each}]" for each in range(20)]
        order += [f"tests/integration/test_transfers.py::test_transfer_keeps_the_sum[{each}]" for each in range(20)]
        random.shuffle(order)
        code, output = project.run("-n", "2" if number % 2 else "4", *order)
        assert code == 0, output
