"""Tests of ``juncture.services.data_folder``; what is made once is tried with the clusters of Postgres."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.errors import StartError
from juncture.services.data_folder import run_as_user, write_private

if TYPE_CHECKING:
    from juncture.services.kinds import Setup


def test_what_is_written_is_for_the_servers_user_alone(setup: Setup) -> None:
    """Files and folders, also where a file was there before that everybody could read."""
    setup.data.mkdir(mode=0o700)
    (setup.data / "server.conf").touch(mode=0o644)
    write_private(setup, {"server.conf": "password secret", "root/more": ""}, folders=("root", "root/empty"))
    assert (setup.data / "server.conf").read_text() == "password secret"
    modes = {str(path.relative_to(setup.data)): path.stat().st_mode & 0o777 for path in setup.data.rglob("*")}
    assert modes == {"server.conf": 0o600, "root": 0o700, "root/empty": 0o700, "root/more": 0o600}
    assert setup.data.stat().st_mode & 0o777 == 0o700


def test_program_gets_words_on_its_input_and_its_failure_is_told(setup: Setup) -> None:
    """By the name of the program, with what it wrote, wherever it wrote it."""
    run_as_user(setup, ["/bin/sh", "-c", "read word && test $word = secret"], "secret\n")
    with pytest.raises(StartError, match="sh failed with exit code 3:\nno room") as raised:
        run_as_user(setup, ["/bin/sh", "-c", "echo no room; exit 3"])
    assert raised.value.where == str(setup.program)


def test_failure_that_repeats_the_password_is_told_without_it(setup: Setup) -> None:
    """A server quotes the statement that it stopped at."""
    with pytest.raises(StartError) as raised:
        run_as_user(setup, ["/bin/sh", "-c", "cat; exit 1"], f"near PASSWORD('{setup.password}')")
    assert "near PASSWORD('***')" in str(raised.value)
    assert setup.password not in str(raised.value)
