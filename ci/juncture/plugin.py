"""The pytest front end: dormant, and made of the standard library alone, until a project declares services.

The entry point ``pytest11`` loads this module in every pytest run of the environment. Where no ``[tool.juncture]`` is
near, nothing else of juncture is ever imported.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

MARK = b"[tool.juncture"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; they mean nothing until the plugin is active."""
    group = parser.getgroup("juncture", "real services for integration tests (juncture)")
    group.addoption(
        "--juncture-provider",
        choices=("auto", "embedded", "docker", "external"),
        help="how services are obtained (default: as declared, or auto)",
    )
    group.addoption(
        "--juncture-shard",
        metavar="I/N",
        help="run shard I of N and leave the other tests out, such as 2/4 (default: $JUNCTURE_SHARD, or all tests)",
    )
    group.addoption(
        "--juncture-history",
        metavar="FILE",
        help="balance shards by the times in FILE, from `juncture merge` (default: $JUNCTURE_HISTORY, or declared)",
    )
    group.addoption(
        "--juncture-plan",
        metavar="FILE",
        help="take the shards from FILE, which `juncture plan --out FILE` wrote (default: $JUNCTURE_PLAN, or none)",
    )
    group.addoption(
        "--juncture-rerun",
        metavar="PATH",
        action="append",
        help="run only what failed or never ran in the run that left the bundles in PATH (default: $JUNCTURE_RERUN)",
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, None, None]:
    """Provision and set the environment before any conftest or test module is imported.

    As the outermost wrapper it also comes before pytest's capturing, so that progress can be seen.
    """
    del parser, args
    root = declaring_folder(early_config.rootpath)
    if root is None:
        _refuse_shard(early_config)
        return (yield)
    from juncture.pytesting.activation import activate  # noqa: PLC0415 - dormant until here

    with activate(early_config, root, os.environ):
        return (yield)


def _refuse_shard(early_config: pytest.Config) -> None:
    """Refuse the options of a shard where nothing would heed them: each shard would run all tests."""
    for option in ("shard", "plan", "history", "rerun"):
        if getattr(early_config.known_args_namespace, f"juncture_{option}") is not None:
            message = f"juncture: --juncture-{option}: no pyproject.toml here, or above, has a [tool.juncture] table"
            raise pytest.UsageError(message + _misled(early_config.invocation_params.args))


def _misled(words: Sequence[str]) -> str:
    """Return a hint where pytest may have taken an option's file for a path of tests, and its folder for the root.

    It looks for its root before plugins can say that the option has a value.
    """
    for option in ("--juncture-plan", "--juncture-history"):
        if option in words:
            return f"\n  a file that is a word of its own counts when pytest looks for its root: write {option}=FILE"
    return ""


def declaring_folder(start: Path) -> Path | None:
    """Return ``start`` or the nearest folder above it whose pyproject.toml has a juncture table.

    The first pyproject.toml that is found ends the search: a project inside another one is its own.
    """
    for folder in (start, *start.parents):
        try:
            text = (folder / "pyproject.toml").read_bytes()
        except OSError:
            continue
        return folder if MARK in text else None
    return None
