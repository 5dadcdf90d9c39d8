"""What pytest's command line selects, as far as it can be told before anything is collected."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.pytesting.selection import Need, is_below, is_dry, is_narrowed, leaves_out, need

if TYPE_CHECKING:
    import pytest

    from juncture.config import Config

__all__ = ["is_integration_alone", "is_part", "needed"]


def needed(config: Config, early_config: pytest.Config) -> Need:
    """Tell whether services are certainly needed, as far as the command line shows."""
    namespace = early_config.known_args_namespace
    arguments = [_path(early_config, argument) for argument in namespace.file_or_dir or _default_paths(early_config)]
    ignored = [_path(early_config, path) for path in namespace.ignore or ()]
    narrowed = leaves_out(namespace, ignored, [config.root / folder for folder in config.integration])
    return need(config, arguments, narrowed=narrowed, dry=is_dry(namespace))


def is_integration_alone(config: Config, early_config: pytest.Config) -> bool:
    """Tell whether every path of the command line is in a folder of integration tests."""
    arguments = early_config.known_args_namespace.file_or_dir or _default_paths(early_config)
    folders = [config.root / folder for folder in config.integration]
    paths = [_path(early_config, argument) for argument in arguments]
    return all(any(is_below(path, folder) for folder in folders) for path in paths)


def is_part(config: Config, early_config: pytest.Config) -> bool:
    """Tell whether not all tests of a suite are selected; what a shard leaves to others does not count."""
    namespace = early_config.known_args_namespace
    words = namespace.file_or_dir or _default_paths(early_config)
    folders = [config.root / folder for folder in (*config.unit, *config.integration)]
    paths = [_path(early_config, word) for word in words]
    return any("::" in word for word in words) or is_narrowed(namespace, paths, folders)


def _default_paths(early_config: pytest.Config) -> list[str]:
    testpaths: list[str] = early_config.getini("testpaths")
    if testpaths and early_config.invocation_params.dir == early_config.rootpath:
        return testpaths
    return [str(early_config.invocation_params.dir)]


def _path(early_config: pytest.Config, argument: str) -> Path:
    return Path(os.path.abspath(early_config.invocation_params.dir / argument.partition("::")[0]))  # noqa: PTH100
