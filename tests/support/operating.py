"""Run hypothesis' state machines for as many operations as a test asks for."""

from __future__ import annotations

from typing import Any, Protocol

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

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
                max_examples=min(EXAMPLES, max(1, operations // steps)),
                stateful_step_count=steps,
                deadline=None,
                database=None,
                derandomize=False,
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )
