"""Random operations by hypothesis: how many, in `nox -s soak` and in a usual run, and how they are repeated."""

from __future__ import annotations

import os
from typing import Any, Protocol

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

SOAK = bool(os.environ.get("JUNCTURE_SOAK"))

LENGTH = 10
"""Operations between two resets, at least."""

OFTEN = settings(
    max_examples=50 if SOAK else 3,
    deadline=None,
    derandomize=not SOAK,
    database=None,
    suppress_health_check=list(HealthCheck),
)
"""The settings of a test of `LENGTH` operations: 500 of them in the soak session."""

EXAMPLES = 50
"""Examples between two looks at the count: how many steps each takes is hypothesis' own choice."""


class Counting(Protocol):
    """A class of state machines that counts its operations."""

    count: int


def operate(machine: Any, *, operations: int, steps: int) -> None:
    """Run examples of at most ``steps`` steps each until the ``machine`` has counted so many operations."""
    counting: Counting = machine
    while counting.count < operations:
        run_state_machine_as_test(
            machine,
            settings=settings(
                OFTEN,
                max_examples=min(EXAMPLES, max(1, operations // steps)),
                stateful_step_count=steps,
                derandomize=False,
                phases=[Phase.generate],
            ),
        )
