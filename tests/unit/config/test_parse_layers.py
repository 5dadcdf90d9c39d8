"""Tests of ``juncture.config._parse``: the file, the environment and the command line, one laid over the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.unit.config.conftest import Declare, Refused


def test_overlap_by_environment_names_the_variable(refused: Refused) -> None:
    """A check among several values blames the layer that brought the value."""
    assert refused("", environ={"JUNCTURE_REPORTS": "tests/unit/"}) == [
        'JUNCTURE_REPORTS: "tests/unit" holds "tests/unit"; name a folder for reports alone'
    ]


@pytest.mark.parametrize(
    ("variable", "text", "key", "value"),
    [
        ("JUNCTURE_SHARDS", "3", "shards", 3),
        ("JUNCTURE_PROVIDER", "docker", "provider", "docker"),
        ("JUNCTURE_REPORTS", "out/", "reports", "out"),
        ("JUNCTURE_IDLE", "90s", "idle", 90.0),
        ("JUNCTURE_BUDGET", "1.5m", "budget", 90.0),
        ("JUNCTURE_TIMEOUT", "0", "timeout", 0.0),
        ("JUNCTURE_HISTORY", ".cache/./history.json", "history", ".cache/history.json"),
    ],
)
def test_variable_and_option_are_parsed(declare: Declare, variable: str, text: str, key: str, value: object) -> None:
    """A text from outside becomes the same value as from the file."""
    assert getattr(declare("", environ={variable: text}), key) == value
    assert getattr(declare("", overrides={key: text}), key) == value


SHARDS = st.one_of(st.none(), st.integers(1, 256))


@given(in_file=SHARDS, in_environment=SHARDS, on_command_line=SHARDS)
def test_later_layer_wins(
    declare: Declare, in_file: int | None, in_environment: int | None, on_command_line: int | None
) -> None:
    """Of the layers that have a value the last one gives it, and the source tells which."""
    config = declare(
        "" if in_file is None else f"shards = {in_file}",
        environ={} if in_environment is None else {"JUNCTURE_SHARDS": str(in_environment)},
        overrides={} if on_command_line is None else {"shards": str(on_command_line)},
    )
    layers = {
        "command line": on_command_line,
        "environment": in_environment,
        "pyproject": in_file,
        "default": 1,
    }
    winner, value = next((layer, value) for layer, value in layers.items() if value is not None)
    assert config.shards == value
    assert config.sources["shards"].layer == winner


VERSIONS = st.one_of(st.none(), st.sampled_from(["15", "16", "17.2", "latest"]))


@given(in_file=VERSIONS, in_environment=VERSIONS, on_command_line=VERSIONS)
def test_later_layer_wins_for_a_service(
    declare: Declare, in_file: str | None, in_environment: str | None, on_command_line: str | None
) -> None:
    """A service's version follows the same order."""
    config = declare(
        'services.db.kind = "postgres"' + ("" if in_file is None else f'\nservices.db.version = "{in_file}"'),
        environ={} if in_environment is None else {"JUNCTURE_DB_VERSION": in_environment},
        overrides={} if on_command_line is None else {"services.db.version": on_command_line},
    )
    assert config.service("db").version == (on_command_line or in_environment or in_file or "")
