"""The screens that explain the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.program.conftest import Run


@pytest.mark.parametrize(
    "words", [["greet", "--help"], ["greet", "-h"], ["--help", "greet"], ["greet", "--count", "-h"]]
)
def test_help_of_a_command_wins_over_missing_arguments(run: Run, words: list[str]) -> None:
    """``--help`` shows the help of a command, although a required argument is missing."""
    done = run(*words)
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: juncture greet [-c, --count N] NAME\n\nGreet NAME.\n")


def test_help_of_a_command_ends_with_its_examples(run: Run) -> None:
    """The help of a command has its usage, description, options and the docstring's examples."""
    assert run("merge", "--help").stdout == (
        "Usage: juncture merge [-o, --out DIR] [-e, --expect EXPECT]... [-d, --dry]\n"
        "                      [--[no-]fast] [BUNDLE...]\n"
        "\n"
        "Merge bundles.\n"
        "\n"
        "They come from shards.\n"
        "\n"
        "Options:\n"
        "  -o, --out DIR        write to DIR\n"
        "  -e, --expect EXPECT\n"
        "  -d, --dry\n"
        "  --[no-]fast\n"
        "  BUNDLE...            merge BUNDLE\n"
        "  --help               show this and stop\n"
        "\n"
        "Examples:\n"
        "  toy merge --out here one two\n"
    )


@pytest.mark.parametrize("words", [[], ["--help"]])
def test_without_a_command_all_commands_are_shown(run: Run, words: list[str]) -> None:
    """The overview has one line per command and a blank line between the groups."""
    done = run(*words)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "juncture 1.2: a toy\n"
        "\n"
        "Usage: juncture COMMAND [options]\n"
        "\n"
        "  merge            Merge bundles.\n"
        "  words            Print what follows.\n"
        "  greet            Greet NAME.\n"
        "\n"
        "  services.broken\n"
        "  services.defect\n"
        "  services.lines\n"
        "  services.pipe\n"
        "  services.wait\n"
        "  services.leave\n"
        "\n"
        "About one command: juncture COMMAND --help\n"
    )
