"""Tests of ``juncture.services.memcached`` as far as no server is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from juncture.services import memcached

if TYPE_CHECKING:
    from juncture.model import Endpoint
    from juncture.services.kinds import Setup


def test_url_has_the_address_alone(endpoint: Endpoint) -> None:
    """There is no password in this protocol."""
    assert memcached.url(endpoint) == "memcached://127.0.0.1:5432"


def test_mark_tells_homes_apart_and_fits_a_number_of_the_kernel(setup: Setup) -> None:
    """It is made from the password, does not tell it, and is the length of a queue."""
    marks = {int(memcached.mark_of(password)) for password in ("a", "b", "c", "")}
    assert len(marks) == 4
    assert all(1024 <= mark < 2**31 for mark in marks)
    argv = memcached.command(setup)
    assert argv[-2:] == ("-b", memcached.mark_of(setup.password))
    assert setup.password not in " ".join(argv)
    assert ("-l", setup.host) == argv[1:3]


def test_container_gets_its_mark_by_a_variable() -> None:
    """The command is the same for every password: it is part of what a container is found again by."""
    assert memcached.KIND.image is not None
    assert memcached.environment("a") != memcached.environment("b")
    assert "JUNCTURE_MARK" in memcached.KIND.image.command[-1]
