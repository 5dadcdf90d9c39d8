"""What becomes of the words of a command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.program.conftest import Run


def test_last_parameter_takes_all_remaining_words(run: Run) -> None:
    """A variadic parameter gets every word that is no option, wherever the options stand."""
    done = run("merge", "a", "--out", "here", "b c", "--expect=integration=4", "--expect", "unit=1", "d", "--no-fast")
    assert done.stderr == ""
    assert json.loads(done.stdout) == {
        "bundle": ["a", "b c", "d"],
        "out": "here",
        "expect": ["integration=4", "unit=1"],
        "dry": False,
        "fast": False,
    }


@pytest.mark.parametrize("words", [["a b", "", "it's", '"$HOME"', "--help", "--", "\n*", "\\"], []])
def test_words_after_the_dashes_arrive_as_they_were(run: Run, words: list[str]) -> None:
    """What follows ``--`` reaches the task word by word, whatever is in it."""
    assert json.loads(run("words", "--", *words).stdout) == words


@pytest.mark.parametrize(
    ("words", "first_line", "hint"),
    [
        (["greet", "x", "--count", "abc"], 'greet: --count needs a whole number, not "abc"', "juncture greet --help"),
        (["greet", "x", "--cuont", "2"], 'greet: unknown option --cuont. Did you mean "--count"?', "greet --help"),
        (["greet", "x", "--count"], "greet: --count needs a value: --count N", "juncture greet --help"),
        (["greet"], "greet: NAME is missing", "juncture greet --help"),
        (["greet", "x", "yy"], 'greet: unexpected argument "yy"', "juncture greet --help"),
        (["greet", "x", "--", "y"], "greet: takes nothing after --", "juncture greet --help"),
        (["greet", "x", "greet", "y"], "greet: given twice on one command line", "twice"),
        (["merge", "--dry=yes"], "merge: --dry takes no value", "juncture merge --help"),
        (["words", "pytest"], 'words: unexpected argument "pytest"', "juncture words -- CMD..."),
        (["mrege"], 'unknown command "mrege". Did you mean "merge"?', "juncture --help"),
        (["zzz"], 'unknown command "zzz"', "juncture --help"),
        (["leave"], 'unknown command "leave". Did you mean "services.leave"?', "juncture --help"),
        (["services", "wiat"], '"services" is a group of commands. Did you mean "services.wait"?', "services.lines"),
        (["services"], '"services" is a group of commands', "services.broken, services.defect"),
        (["--quick", "merge"], "unknown option --quick before the command", "juncture --help"),
        (["--", "merge"], "there is no command before --", "juncture --help"),
        (["--help", "mrege"], 'unknown command "mrege". Did you mean "merge"?', "juncture --help"),
        (["--print-completion-script", "cmd"], 'no completion script for the shell "cmd"', "bash"),
    ],
)
def test_usage_error_is_one_line_and_a_next_step(run: Run, words: list[str], first_line: str, hint: str) -> None:
    """A command line that makes no sense exits 4, says what is wrong in one line and what to do in the next."""
    done = run(*words)
    what, _, next_step = done.stderr.partition("\n")
    assert (done.returncode, done.stdout, what) == (4, "", f"juncture: {first_line}")
    assert hint in next_step
    assert next_step.count("\n") == 1


def test_commands_can_follow_one_another(run: Run) -> None:
    """Several commands on one line run in their order, as under Invoke."""
    assert run("greet", "you", "--count", "2", "merge", "x").stdout.splitlines()[0] == "you you"
