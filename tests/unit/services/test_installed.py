"""Tests of ``juncture.services.installed``: distributions that are there, and what is wrong with some."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Protocol

import pytest

from juncture import services
from juncture.errors import ConfigError
from juncture.services.installed import GROUP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODULE = """
from dataclasses import replace
from juncture.services import kind
KIND = replace(kind("redis"), name="{name}")
NONE = 7
"""


class Install(Protocol):
    """Install a distribution that offers a kind."""

    def __call__(self, distribution: str, name: str, attribute: str = "KIND", *, source: str = MODULE) -> None:
        """Write its module and its metadata."""
        ...


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Return a function that installs distributions into a folder of the path."""
    monkeypatch.syspath_prepend(tmp_path)
    made: list[str] = []

    def write(distribution: str, name: str, attribute: str = "KIND", *, source: str = MODULE) -> None:
        module = distribution.replace("-", "_")
        made.append(module)
        (tmp_path / f"{module}.py").write_text(source.replace("{name}", name))
        info = tmp_path / f"{module}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n")
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {module}:{attribute}\n")

    services.kind.cache_clear()
    yield write
    services.kind.cache_clear()
    for module in made:
        sys.modules.pop(module, None)


def test_installed_kind_is_found_by_its_name(install: Install) -> None:
    """The declaration may name it; who lists the kinds sees those of juncture's own."""
    install("juncture-dragonfly", "dragonfly")
    assert services.kind("dragonfly").name == "dragonfly"
    assert services.schemas()["dragonfly"].name == "dragonfly"
    assert "dragonfly" not in list(services.schemas())
    assert "dragonfly" in {kind.name for kind in services.every_kind()}


def test_own_kind_wins(install: Install) -> None:
    """Nobody can put another Postgres in the place of ours, or a broken one in its way."""
    install("juncture-postgres", "postgres", source="raise RuntimeError")
    assert services.kind("postgres").user == "juncture"
    assert "juncture_postgres" not in sys.modules
    assert [kind.name for kind in services.every_kind()] == list(services.NAMES)


def test_nothing_is_loaded_for_a_kind_of_our_own(install: Install) -> None:
    """Start-up stays what it was, whatever is installed."""
    install("juncture-dragonfly", "dragonfly")
    services.kind("postgres")
    assert "juncture_dragonfly" not in sys.modules


@pytest.mark.parametrize(
    ("attribute", "source", "words"),
    [
        ("KIND", "import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("GONE", MODULE, "has no attribute 'GONE'"),
        ("NONE", MODULE, "is no Kind: 7"),
        ("KIND", MODULE.replace("{name}", "other"), "calls itself 'other'"),
    ],
    ids=["import", "attribute", "type", "name"],
)
def test_broken_kind_names_its_distribution(install: Install, attribute: str, source: str, words: str) -> None:
    """Whoever declared the kind did nothing wrong: the message says whose it is, and what to do."""
    install("juncture-dragonfly", "dragonfly", attribute, source=source)
    with pytest.raises(ConfigError) as raised:
        services.kind("dragonfly")
    assert words in raised.value.what
    assert "juncture-dragonfly 1.2" in raised.value.what
    assert raised.value.where == "entry point 'dragonfly' of the group juncture.services"
    assert raised.value.hint == "update juncture-dragonfly 1.2, or uninstall it"


def test_two_of_one_name_are_told(install: Install) -> None:
    """Which one was meant can't be known."""
    install("juncture-dragonfly", "dragonfly")
    install("other-dragonfly", "dragonfly")
    with pytest.raises(ConfigError, match=r"juncture-dragonfly 1\.2 and other-dragonfly 1\.2 both have a kind"):
        services.kind("dragonfly")
