"""The Docker SDK: imported where a container is made, which is rare, and its errors told as ours."""

from __future__ import annotations

from contextlib import closing, contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from juncture.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from docker import DockerClient

    from juncture.host.engine import Engine

__all__ = ["INSTALL", "client", "is_installed", "refused"]

INSTALL = 'pip install "juncture[docker]"'

PATIENCE = 60
"""Seconds for an answer: a removal, or the start of a container on a busy machine."""


def is_installed() -> bool:
    """Tell whether the SDK can be imported, without importing it."""
    return find_spec("docker") is not None


@contextmanager
def client(engine: Engine, environ: Mapping[str, str]) -> Iterator[DockerClient]:
    """Give a client of the engine. Raise `ProviderError` where the SDK is not installed, or the engine not there."""
    try:
        import docker  # noqa: PLC0415 - it costs 82 ms
        from docker.errors import DockerException  # noqa: PLC0415
    except ModuleNotFoundError:
        raise ProviderError("the Docker SDK for Python is not installed", hint=f"`{INSTALL}`") from None
    try:
        if environ.get("DOCKER_HOST"):
            opened = docker.from_env(timeout=PATIENCE, environment=dict(environ), use_ssh_client=True)
        else:
            opened = docker.DockerClient(base_url=engine.address, timeout=PATIENCE)
    except DockerException as error:
        what = f"the Docker engine at {engine.address} does not answer: {error}"
        raise ProviderError(what, hint="start it, or use JUNCTURE_PROVIDER=embedded") from None
    with closing(opened):
        yield opened


@contextmanager
def refused(service: str, what: str, *, error: type[ProviderError] = ProviderError) -> Iterator[None]:
    """Tell what the engine refused as an error of ours, in its own words."""
    from docker.errors import DockerException  # noqa: PLC0415 - who comes here has imported it
    from requests.exceptions import RequestException  # noqa: PLC0415 - the SDK lets them through

    try:
        yield
    except (DockerException, RequestException) as refusal:
        said = getattr(refusal, "explanation", None) or refusal
        hint = "`juncture doctor` looks at the engine; JUNCTURE_PROVIDER=embedded does without it"
        raise error(f"{what}: {said}", where=f"service {service}", hint=hint) from None
