"""Declarations as TOML text, for the tests of every module."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import HealthCheck, settings

from juncture.config import Config, KindSchema, parse
from juncture.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

# A busy machine makes no property wrong.
settings.register_profile("juncture", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("juncture")

ADDRESS = frozenset({"url", "host", "port", "user", "password", "database", "version"})


class Declare(Protocol):
    """Parse the text of ``[tool.juncture]``."""

    def __call__(
        self, text: str, *, environ: Mapping[str, str] | None = None, overrides: Mapping[str, str] | None = None
    ) -> Config:
        """Return the declaration."""
        ...


class Refused(Protocol):
    """Parse the text of ``[tool.juncture]``, which must fail."""

    def __call__(
        self, text: str, *, environ: Mapping[str, str] | None = None, overrides: Mapping[str, str] | None = None
    ) -> list[str]:
        """Return the lines of the error, without the indent and the file."""
        ...


@pytest.fixture(scope="session")
def kinds() -> dict[str, KindSchema]:
    """Return two kinds as the catalogue would give them."""
    return {
        "postgres": KindSchema("postgres", ADDRESS, frozenset({"migrate", "downgrade", "seed", "watch"})),
        "redis": KindSchema("redis", ADDRESS, frozenset()),
    }


@pytest.fixture(scope="session")
def declare(kinds: dict[str, KindSchema]) -> Declare:
    """Return a function that parses a text."""

    def parsed(
        text: str, *, environ: Mapping[str, str] | None = None, overrides: Mapping[str, str] | None = None
    ) -> Config:
        return parse(
            tomllib.loads(text),
            root=Path("/project"),
            kinds=kinds,
            project="shop",
            environ=environ or {},
            overrides=overrides or {},
        )

    return parsed


@pytest.fixture(scope="session")
def refused(declare: Declare) -> Refused:
    """Return a function that parses a text which must be refused."""

    def lines(
        text: str, *, environ: Mapping[str, str] | None = None, overrides: Mapping[str, str] | None = None
    ) -> list[str]:
        with pytest.raises(ConfigError) as raised:
            declare(text, environ=environ, overrides=overrides)
        first, *rest = str(raised.value).splitlines()
        return [line.strip().removeprefix("pyproject.toml: tool.juncture.") for line in rest or [first]]

    return lines
