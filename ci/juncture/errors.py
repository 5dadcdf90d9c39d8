"""Every error a user can meet, each with its own exit code.

A message says what is wrong, where, and the next step. Codes 1 to 5 mean what pytest means by them (2, 5: only pytest
itself ends so), so that one table explains the exit code of every command.
"""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "ConfigError",
    "DriftError",
    "FailedTestsError",
    "GateError",
    "IncompleteError",
    "JunctureError",
    "LeaseError",
    "ProviderError",
    "StartError",
    "StateError",
    "UsageError",
]


class JunctureError(Exception):
    """Say what went wrong, where, and what to do next.

    Raised itself only for a defect of juncture's own; users meet the subclasses.
    """

    exit_code: ClassVar[int] = 3

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        """Keep the three parts of the message apart, so that each front end can lay them out."""
        self.what = what
        self.where = where
        self.hint = hint
        super().__init__(what, where, hint)

    def __str__(self) -> str:
        """Return ``where: what`` and, on a line of its own, the next step."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}\n  {self.hint}" if self.hint else head


class FailedTestsError(JunctureError):
    """Tests ran and some of them failed."""

    exit_code = 1


class UsageError(JunctureError):
    """The command line does not make sense."""

    exit_code = 4


class ConfigError(JunctureError):
    """The declaration in pyproject.toml (or what overrides it) does not make sense."""

    exit_code = 10


class ProviderError(JunctureError):
    """No provider can give a declared service on this machine."""

    exit_code = 11


class StartError(JunctureError):
    """A service was started but did not become ready, or died."""

    exit_code = 12


class StateError(JunctureError):
    """A migration or seed file failed, or a namespace could not be made."""

    exit_code = 13


class LeaseError(JunctureError):
    """Another process holds what this one needs, for longer than is reasonable."""

    exit_code = 14


class IncompleteError(JunctureError):
    """Something that had to run, or had to be reported, did not."""

    exit_code = 20


class GateError(JunctureError):
    """Everything ran and passed, but a limit that was set for the run does not hold."""

    exit_code = 21


class DriftError(JunctureError):
    """A file that juncture writes from the declaration is not what the declaration says."""

    exit_code = 22
