"""Tests of ``juncture.services.mqtt`` as far as no broker is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.services import mqtt

if TYPE_CHECKING:
    from juncture.model import Endpoint
    from juncture.services.kinds import Setup

CAME = "1796046641: New client connected from 127.0.0.1:56494 as {} ({}, k60, u'juncture')."


@pytest.mark.parametrize(
    ("log", "left"),
    [
        ([CAME.format("a", "p2, c0"), "1: Client a disconnected."], ["a"]),
        ([CAME.format("a", "p2, c0")], []),
        ([CAME.format("a", "p2, c1"), "1: Client a disconnected."], []),
        ([CAME.format("a", "p5, c1"), "1: Client a disconnected."], ["a"]),
        (["1: Client a closed its connection."], ["a"]),
        (["1: Client a [127.0.0.1:5] disconnected: keepalive."], ["a"]),
        (["1: Client my id has exceeded timeout, disconnecting."], ["my id"]),
        (["1: Socket error on client a, disconnecting."], ["a"]),
        (["1: Client a disconnected.", CAME.format("a", "p2, c0")], []),
        (["1: Client juncture-5 disconnected."], []),
        ([CAME.format("client (p2) as b", "p2, c0"), "1: Client client (p2) as b disconnected."], ["client (p2) as b"]),
        (["1: Client a already connected, closing old connection.", CAME.format("a", "p2, c0")], []),
        (["1: New connection from 127.0.0.1:38850 on port 54507."], []),
    ],
)
def test_log_tells_who_may_have_left_a_session(log: list[str], left: list[str]) -> None:
    """Whoever is connected keeps it, one of MQTT 3 that began clean has none, and we are not meant."""
    assert mqtt.gone(log) == left


def test_url_has_user_and_password(endpoint: Endpoint) -> None:
    """Every client reads its credentials from the URL, or is given them apart."""
    assert mqtt.url(endpoint) == "mqtt://juncture:pass-word_1@127.0.0.1:5432"


def test_configuration_and_passwords_are_private(setup: Setup) -> None:
    """The password is in no argument, and in no file in clear."""
    mqtt.prepare(setup)
    assert mqtt.command(setup) == (str(setup.program), "-c", str(setup.data / "server.conf"))
    for name in ("server.conf", "passwords"):
        assert (setup.data / name).stat().st_mode & 0o777 == 0o600
        assert setup.password not in (setup.data / name).read_text()
    text = (setup.data / "server.conf").read_text()
    assert "listener 5432 127.0.0.1\n" in text
    assert "allow_anonymous false\n" in text


def test_files_of_a_container_are_the_same_for_the_same_password() -> None:
    """They are part of what a container is found again by; another password makes others."""
    assert mqtt.files("a") == mqtt.files("a") != mqtt.files("b")
