"""Tests of ``juncture.services.wiremock`` as far as no server is needed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from juncture.services import wiremock

if TYPE_CHECKING:
    from juncture.model import Endpoint
    from juncture.services.kinds import Setup


def test_url_is_the_applications(endpoint: Endpoint) -> None:
    """The password is for whoever stubs, not for whoever calls."""
    assert wiremock.url(endpoint) == "http://127.0.0.1:5432"


def test_arguments_are_private(setup: Setup) -> None:
    """Java reads them from a file; the command line has no password, and a path with a blank is one word."""
    setup = replace(setup, jar=setup.data.parent / "a jar" / "wiremock.jar")
    wiremock.prepare(setup)
    argv = wiremock.command(setup)
    assert argv[0] == str(setup.program)
    assert argv[-1] == f"@{setup.data / 'arguments'}"
    assert setup.password not in " ".join(argv)
    assert (setup.data / "arguments").stat().st_mode & 0o777 == 0o600
    text = (setup.data / "arguments").read_text()
    assert f'-jar "{setup.jar}"\n' in text
    assert f'--admin-api-basic-auth "juncture:{setup.password}"\n' in text
    assert "--bind-address 127.0.0.1\n" in text


def test_container_is_started_as_its_image_does() -> None:
    """The class path is that of the image's entry point, extensions included."""
    (text,) = wiremock.files("pass").values()
    assert text.startswith("-cp /var/wiremock/lib/*:/var/wiremock/extensions/*\nwiremock.Run\n--port 8080\n")
    assert wiremock.KIND.image is not None
    assert "pass" not in " ".join(wiremock.KIND.image.command)
