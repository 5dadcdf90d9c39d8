"""The ``juncture`` program: Invoke's tasks behind a command line that keeps its promises."""

from __future__ import annotations

from juncture.program._program import Command, Program

__all__ = ["Command", "Program"]
