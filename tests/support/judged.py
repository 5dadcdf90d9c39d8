"""What the schema and the parser say of declarations, which have services of four kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from juncture.config import KindSchema, parse
from juncture.config.schema import schema
from juncture.errors import ConfigError

__all__ = ["DOCUMENT", "KINDS", "VALIDATOR", "accepted", "valid"]

OBTAINED = {"image", "digest", "reuse", "disposable"}
KINDS = {
    "postgres": KindSchema(
        "postgres", frozenset({"url", "database"}), frozenset({"migrate", "downgrade", "seed", "watch"})
    ),
    "redis": KindSchema("redis", frozenset({"url"}), frozenset(OBTAINED)),
    "http": KindSchema(
        "http",
        frozenset({"url", "port"}),
        frozenset({"command", "ready", "env", "cwd", "timeout", "depends_on"}),
        versioned=False,
        needs=frozenset({"command"}),
    ),
    "container": KindSchema(
        "container",
        frozenset({"url", "port", "host"}),
        frozenset({"image", "build", "digest", "ports", "command", "env", "ready", "depends_on", "shared", "reuse"}),
        versioned=False,
    ),
}
DOCUMENT = schema(KINDS)
VALIDATOR = Draft202012Validator(DOCUMENT)


def valid(table: object) -> bool:
    """Tell whether the schema accepts the content of ``[tool.juncture]``."""
    return VALIDATOR.is_valid({"tool": {"juncture": table}})


def accepted(table: dict[str, Any]) -> bool:
    """Tell whether the parser accepts it."""
    try:
        parse(table, root=Path("/project"), kinds=KINDS, project="shop")
    except ConfigError:
        return False
    return True
