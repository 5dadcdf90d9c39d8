"""Opening the client of a server that runs in a container."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from juncture.errors import ProviderError
from juncture.isolation import development

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from quay import Quay

    from juncture.config import Config


@pytest.mark.parametrize(
    ("service", "talk"),
    [("postgres", (["-Atc", "select current_database()"], "jk_shop_")), ("redis", (["ping"], "PONG"))],
)
def test_client_of_the_container_is_opened_where_there_is_no_other(
    quay: Quay, docked: Callable[..., Config], tmp_path: Path, service: str, talk: tuple[list[str], str]
) -> None:
    """It reaches the kept namespace, and the password is on no command line."""
    words, answer = talk
    docker = shutil.which("docker")
    if docker is None:
        pytest.skip("no docker program is here")
    (tmp_path / "docker").symlink_to(docker)
    environ = {**quay.environ, "PATH": str(tmp_path)}
    with development.open_development(docked(service), environ=environ) as workspace:
        argv, secrets = development.shell_command(workspace, service)
        assert argv[:3] == ["docker", "exec", "-i"]
        assert not any(secret in word for secret in secrets.values() for word in argv)
        done = subprocess.run(
            [*argv, *words], env={**os.environ, **secrets}, capture_output=True, text=True, check=True
        )
        assert done.stdout.startswith(answer)
        assert development.shell_command(workspace, service, terminal=True)[0][2] == "-it"


def test_nothing_can_be_opened_without_any_client(quay: Quay, docked: Callable[..., Config], tmp_path: Path) -> None:
    """Without a client and without the docker program the message says what to install."""
    environ = {**quay.environ, "PATH": str(tmp_path)}
    with (
        development.open_development(docked("redis"), environ=environ) as workspace,
        pytest.raises(ProviderError, match="redis-cli is neither beside the server nor on the PATH"),
    ):
        development.shell_command(workspace, "redis")
