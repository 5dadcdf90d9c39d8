"""Texts that a platform would take for more than texts: spelled so that it finds no variable, expression or quote."""

from __future__ import annotations

import re

__all__ = ["doubled", "literal", "option"]


def doubled(text: object) -> str:
    """Return a text in which no ``$`` begins a variable: compose, GitLab and Kubernetes take two for one."""
    return str(text).replace("$", "$$")


def literal(text: object) -> str:
    """Return a text in which GitHub finds no expressions but those that stand for ``${{``."""
    return str(text).replace("${{", "${{ '${{' }}")


def option(text: str) -> str:
    """Return a text as one word of a service's ``options``, which GitHub's runner splits as .NET does, not as a shell.

    A backslash means itself but before a double quote. .NET, ``ProcessStartInfo.Arguments``.
    """
    escaped = re.sub(r'(\\*)("|\Z)', lambda found: found[1] * 2 + ('\\"' if found[2] else ""), literal(text))
    return f'"{escaped}"'
