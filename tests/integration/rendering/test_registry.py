"""``juncture ci.lock`` against a registry that runs: digests, changes, refusals, and no network."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from engines import Registry

import juncture
from juncture.errors import ProviderError
from juncture.rendering.registry import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from juncture.host.engine import Engine

IMAGE = "juncture-test/tiny:1"
HEAD = "# Written by `juncture ci.lock`, and checked in: the images that rendered CI jobs run, by their digests.\n"


def push(registry: Registry, content: bytes) -> str:
    """Push an image of one small file, which this machine forgets again; return its digest."""
    archive, name = io.BytesIO(), f"{registry.address}/{IMAGE}"
    with tarfile.open(fileobj=archive, mode="w") as tar:
        member = tarfile.TarInfo("file")
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    subprocess.run(["docker", "import", "-", name], check=True, capture_output=True, input=archive.getvalue())
    subprocess.run(["docker", "push", "--quiet", name], check=True, capture_output=True)
    subprocess.run(["docker", "rmi", "--no-prune", name], check=True, capture_output=True)
    return registry.digest(IMAGE)


@pytest.fixture(scope="module")
def registry(engine: Engine) -> Iterator[Registry]:  # noqa: ARG001
    """Return a registry with an image in it."""
    with Registry() as registry:
        push(registry, b"first")
        yield registry


@pytest.fixture
def project(tmp_path: Path, registry: Registry) -> Path:
    """Return a project with a cache from that registry."""
    (tmp_path / "pyproject.toml").write_text(
        f'[tool.juncture.services.cache]\nkind = "redis"\nimage = "{registry.address}/{IMAGE}"\n'
    )
    return tmp_path


def lock(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run ``juncture ci.lock`` in a project."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(juncture.__file__).parents[1])}
    command = [sys.executable, "-m", "juncture", "ci.lock", *words]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


def digests(project: Path) -> dict[str, str]:
    """Return what the lock of a project has."""
    return {image["name"]: image["digest"] for image in tomllib.loads((project / "juncture.lock").read_text())["image"]}


def test_a_lock_is_made_kept_and_refreshed(project: Path, registry: Registry) -> None:
    """A tag that moved changes nothing until a refresh is asked for; its source and day are told."""
    name, digest = f"{registry.address}/{IMAGE}", registry.digest(IMAGE)
    made = lock(project, "--offline")
    assert made.returncode == 11
    assert f"no digest of the image {name} is known without its registry" in made.stderr
    (project / "pyproject.toml").write_text(
        (project / "pyproject.toml").read_text() + f'[tool.juncture.ci]\ncontainer = "{name}"\n'
    )
    made = lock(project)
    assert (made.returncode, made.stdout) == (0, f"{name}  from {registry.address}\n")
    text = (project / "juncture.lock").read_text()
    assert text.startswith(HEAD)
    assert f'source = "{registry.address}"' in text
    assert digests(project) == {name: digest}
    moved = push(registry, b"second")
    assert moved != digest
    assert lock(project).stdout == f"{name}  kept\n"
    assert (project / "juncture.lock").read_text() == text
    assert lock(project, "--refresh").returncode == 0
    assert digests(project) == {name: moved}
    registry.stop()
    try:  # offline, with nothing new to ask for
        assert lock(project).stdout == f"{name}  kept\n"
        assert lock(project, "--refresh").returncode == 11
        assert digests(project) == {name: moved}
    finally:
        registry.start()


def test_a_tag_that_is_not_there(registry: Registry) -> None:
    """The registry's answer is told in words."""
    with pytest.raises(ProviderError, match=r"does not tell the digest of .*/redis:8: it has no such image \(HTTP 404"):
        digest_of(f"{registry.address}/redis:8")


def test_a_registry_that_is_not_there(project: Path) -> None:
    """Nobody listens: the lock stays as it was, and the exit code says that nobody can give the image."""
    (project / "pyproject.toml").write_text(
        '[tool.juncture.services.cache]\nkind = "redis"\nimage = "127.0.0.1:9/redis:7"\n'
    )
    done = lock(project)
    assert done.returncode == 11
    assert "127.0.0.1:9 does not tell the digest of 127.0.0.1:9/redis:7: Connection refused" in done.stderr
    assert not (project / "juncture.lock").exists()


class Tokens(BaseHTTPRequestHandler):
    """Hand out a token to whoever comes, as Docker Hub does."""

    def do_GET(self) -> None:
        """Answer with a token."""
        body = json.dumps({"token": "anything"}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_registry_that_hands_out_tokens(registry: Registry) -> None:
    """The challenge is followed to where the token is, and the token taken back."""
    digest, config = registry.digest(IMAGE), registry.folder / "silly.yml"
    registry.stop()
    tokens = ThreadingHTTPServer(("127.0.0.1", 0), Tokens)
    threading.Thread(target=tokens.serve_forever, daemon=True).start()
    auth = f'auth:\n  silly: {{realm: "http://127.0.0.1:{tokens.server_port}/token", service: test}}\n'
    config.write_text((registry.folder / "config.yml").read_text().replace("127.0.0.1:0", registry.address) + auth)
    with subprocess.Popen(["docker-registry", "serve", config], stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            assert any("listening on" in line for line in process.stderr)
            assert digest_of(f"{registry.address}/{IMAGE}") == (digest, registry.address)
        finally:
            process.terminate()
            tokens.shutdown()
            tokens.server_close()
    registry.start()


def test_a_registry_that_wants_a_login(registry: Registry) -> None:
    """Without credentials there is no digest, and the message says why; it is the last test, as nobody gets in then."""
    registry.lock()
    with pytest.raises(ProviderError, match="it asks for a login"):
        digest_of(f"{registry.address}/{IMAGE}")
