"""Tests of ``juncture.config._compose._tables``: whatever a file says is a declaration or an error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from juncture.config import parse
from juncture.config._compose._left_out import TAKEN
from juncture.config._compose._tables import composed
from juncture.errors import ConfigError
from juncture.services import schemas

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 70000),
    st.text(max_size=6),
    st.sampled_from(
        [
            *(
                "postgres:16",
                "redis",
                "x",
                "80",
                "8080:80",
                "53/udp",
                "./a:/b",
                "db",
                "db:5432",
                "$A",
                "${A:?x}",
                "{",
                "'",
            ),
            *("CMD", "CMD-SHELL", "NONE", "30s", "service_completed_successfully", "http://db/", "A=1"),
        ]
    ),
)
NAMES = st.sampled_from(
    [
        *("test", "context", "target", "published", "condition", "type", "source", "disable", "interval", "A", "db"),
        *("DB_HOST", "x-y", "aliases", "dockerfile"),
    ]
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=6,
)
KEYS = st.sampled_from([*sorted(TAKEN), "volumes", "extends", "user", "networks", "x-juncture", "tmpfs"])
SERVICES = st.dictionaries(KEYS, ANYTHING, max_size=5) | ANYTHING
OVER = st.dictionaries(
    st.sampled_from(["kind", "ports", "ready", "env", "image", "build", "command", "seed"]), ANYTHING, max_size=2
)


@settings(max_examples=300)
@given(
    services=st.dictionaries(st.sampled_from(["db", "my_app", "X", "a.b", "é"]), SERVICES, max_size=3),
    over=st.dictionaries(st.sampled_from(["db", "my-app"]), OVER | SCALARS, max_size=2),
)
def test_any_file_is_a_declaration_or_a_config_error(services: dict[str, Any], over: dict[str, Any]) -> None:
    """No file leads to another exception, and an error fits a screen."""
    try:
        found = composed({"services": services}, file="c.yml", kinds=schemas(), variables={"A": "1"}, over=over)
        parse({"services": over}, root=Path("/p"), kinds=schemas(), project="p", composed=found)
    except ConfigError as error:
        told = str(error)
    else:
        told = ""
        assert all(note.startswith("c.yml: services.") for note in found.notes)
    assert len(told.splitlines()) <= 10
