"""How the program ends: exit codes, messages, signals, completion."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.program.conftest import Run


def test_version(run: Run) -> None:
    """``--version`` names the program and its version."""
    assert run("--version").stdout == "juncture 1.2\n"


def test_error_of_a_task_is_its_message_and_its_exit_code(run: Run) -> None:
    """A `JunctureError` shows no traceback and gives its own exit code."""
    done = run("services.broken")
    assert (done.returncode, done.stderr) == (10, "juncture: pyproject.toml: unknown key\n  Remove it.\n")


def test_debugging_adds_the_traceback(run: Run) -> None:
    """With ``JUNCTURE_DEBUG`` the traceback comes before the message; the exit code stays."""
    done = run("services.broken", JUNCTURE_DEBUG="1")
    assert done.returncode == 10
    assert done.stderr.startswith("Traceback")
    assert done.stderr.endswith("\njuncture: pyproject.toml: unknown key\n  Remove it.\n")


def test_defect_shows_its_traceback(run: Run) -> None:
    """An exception that nobody foresaw exits 3 with the traceback and a line that calls it a defect."""
    done = run("services.defect")
    assert (done.returncode, done.stdout) == (3, "before\n")
    assert "RuntimeError: oops\njuncture: RuntimeError is a defect of juncture" in done.stderr


def test_exit_code_of_a_task_is_passed_on(run: Run) -> None:
    """Invoke's `Exit` ends the program quietly with its code."""
    done = run("services.leave")
    assert (done.returncode, done.stdout, done.stderr) == (7, "", "")


def test_reader_that_leaves_is_no_error(toy: Path, environment: dict[str, str]) -> None:
    """A reader that closes the pipe early ends the program without a word."""
    command = [sys.executable, str(toy), "services.lines"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"0\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 128 + signal.SIGPIPE


def test_another_broken_pipe_is_a_defect(run: Run) -> None:
    """A `BrokenPipeError` that has nothing to do with the output is not swallowed."""
    done = run("services.pipe")
    assert done.returncode == 3
    assert "not the pipe of the output" in done.stderr


@pytest.mark.parametrize(
    ("number", "message"),
    [(signal.SIGINT, "juncture: stopped\n"), (signal.SIGTERM, ""), (signal.SIGHUP, "")],
)
def test_signal_releases_what_is_held(
    toy: Path, number: signal.Signals, message: str, environment: dict[str, str]
) -> None:
    """A signal unwinds the task, so that what it holds is released, and gives 128 + the signal's number."""
    command = [sys.executable, str(toy), "services.wait"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        printed, complaint = process.communicate(timeout=30)
    assert (process.returncode, printed, complaint) == (128 + number, "released\n", message)


@pytest.mark.parametrize(("typed", "offered"), [("juncture mer", "services.wait"), ("juncture merge --o", "--out")])
def test_completion_offers_what_could_follow(run: Run, typed: str, offered: str) -> None:
    """The completion script's question is answered with commands, or with the options of the command at hand."""
    assert offered in run("--complete", "--", *typed.split()).stdout.splitlines()


def test_completion_script_is_for_this_program(run: Run) -> None:
    """The completion script completes ``juncture``."""
    assert "complete -F _complete_juncture" in run("--print-completion-script", "bash").stdout


def test_same_collection_works_under_plain_invoke(toy: Path, environment: dict[str, str]) -> None:
    """Plain ``inv`` runs the same tasks; a variadic parameter is an option there that can be repeated."""
    command = [sys.executable, "-m", "invoke", "merge", "--bundle", "a", "--bundle", "b"]
    done = subprocess.run(
        command, cwd=toy.parent, capture_output=True, text=True, check=True, env=environment, timeout=30
    )
    assert json.loads(done.stdout)["bundle"] == ["a", "b"]
