"""Docker engines and a registry for tests; the scripts in tests/images do the work and can be used by hand too."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SCRIPTS = Path(__file__).resolve().parents[1] / "images"

IMAGES = ("juncture-test/postgres:15", "juncture-test/redis:7", "juncture-test/nats:2", "juncture-test/app:1")
"""What `ensure_images` builds, beside ``juncture-test/base:12``."""

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


def engine_answers(environ: Mapping[str, str] | None = None) -> bool:
    """Tell whether the engine that the environment (this process's by default) names answers."""
    if shutil.which("docker") is None:
        return False
    command = ["docker", "version"]
    return subprocess.run(command, capture_output=True, check=False, env=environ, timeout=20).returncode == 0


def why_no_engine() -> str | None:
    """Return why a test can't have an engine, or None where one answers or can be started."""
    if engine_answers() or (os.geteuid() == 0 and shutil.which("apt-get")):
        return None
    return "no Docker engine answers, and only root can start one: tests/images/engine"


def why_no_second_engine() -> str | None:
    """Return why a test can't start an engine of its own, or None where it can."""
    if os.geteuid() == 0 and (shutil.which("dockerd") or shutil.which("apt-get")):
        return None
    return "only root can start a second Docker engine"


def ensure_images() -> None:
    """Start an engine where none answers, and build what is missing: about a minute, then less than a second."""
    _script("engine")
    _script("build")


def docker(*words: str, environ: Mapping[str, str] | None = None, stdin: bytes | None = None) -> str:
    """Run a docker command; return what it printed, without the line end.

    Raises:
        AssertionError: with what it wrote to stderr, where it fails.

    """
    done = subprocess.run(["docker", *words], capture_output=True, check=False, env=environ, input=stdin, timeout=120)
    assert done.returncode == 0, f"docker {' '.join(words)}: {done.stderr.decode()}"
    return done.stdout.decode().strip()


def container_log(name: str) -> str:
    """Return what a container wrote to either stream."""
    command = ["docker", "logs", name]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True).stdout


@dataclass
class SecondEngine:
    """An engine beside the usual one, that a test may stop, kill and start again.

    Its containers publish ports on loopback and reach their neighbours, but nothing outside of this machine.
    """

    images: tuple[str, ...] = IMAGES
    folder: Path = field(init=False)

    def __enter__(self) -> Self:
        """Start it in a new folder, with the images in it."""
        # A socket's path has 107 characters at most, and a server that left root has to be able to enter.
        self.folder = Path(tempfile.mkdtemp(prefix="jte-"))
        self.folder.chmod(0o755)
        try:
            self.start()
            self.load(self.images)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it and remove all that was its own."""
        _script("engine", "remove", str(self.folder))

    @property
    def url(self) -> str:
        """What DOCKER_HOST has to be."""
        return f"unix://{self.folder}/docker.sock"

    @property
    def log(self) -> str:
        """What dockerd wrote."""
        return (self.folder / "log").read_text(errors="replace")

    def environment(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return an environment in which this engine is the one."""
        return {name: value for name, value in environ.items() if name != "DOCKER_CONTEXT"} | {"DOCKER_HOST": self.url}

    def docker(self, *words: str, stdin: bytes | None = None) -> str:
        """Run a docker command on this engine; return what it printed."""
        return docker(*words, environ=self.environment(os.environ), stdin=stdin)

    def load(self, images: Iterable[str]) -> None:
        """Copy images of the usual engine into this one."""
        if not (names := list(images)):
            return
        with subprocess.Popen(["docker", "save", *names], stdout=subprocess.PIPE) as save:
            load = ["docker", "--host", self.url, "load", "--quiet"]
            subprocess.run(load, stdin=save.stdout, stdout=subprocess.DEVNULL, check=True)
        assert save.returncode == 0, f"can't save {', '.join(names)}"

    def start(self) -> None:
        """Start it and wait until it answers; what it knew, it still knows."""
        _script("engine", "start", str(self.folder))

    def stop(self) -> None:
        """Stop it, and its containers with it, as a package's update would."""
        _script("engine", "stop", str(self.folder))

    def restart(self) -> None:
        """Stop it and start it again."""
        self.stop()
        self.start()

    def kill(self) -> None:
        """Kill it as a crash would: its containers live on until it starts again."""
        _script("engine", "kill", str(self.folder))


@dataclass
class Registry:
    """A registry on a loopback port. Its images are named ``<address>/<name>``."""

    images: tuple[str, ...] = ()
    folder: Path = field(init=False)
    address: str = field(init=False)

    def __enter__(self) -> Self:
        """Start it with the images in it."""
        self.folder = Path(tempfile.mkdtemp(prefix="jtr-"))
        try:
            self.address = _script("registry", "start", str(self.folder), *self.images)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it and remove its data."""
        self.stop()
        shutil.rmtree(self.folder)

    def start(self) -> None:
        """Start it again, at the same address."""
        _script("registry", "start", str(self.folder))

    def stop(self) -> None:
        """Stop it: a pull is refused then."""
        _script("registry", "stop", str(self.folder))

    def lock(self) -> None:
        """Ask for the user and password ``test`` from now on."""
        _script("registry", "lock", str(self.folder))

    def push(self, image: str) -> str:
        """Push an image of the usual engine; return the name to pull it by."""
        _script("registry", "start", str(self.folder), image)
        return f"{self.address}/{image}"

    def digest(self, image: str) -> str:
        """Return the digest (``sha256:...``) of an image that was pushed."""
        name, _, tag = image.rpartition(":")
        connection = HTTPConnection(self.address, timeout=10)
        try:
            connection.request("HEAD", f"/v2/{name}/manifests/{tag}", headers={"Accept": _MANIFEST})
            answer = connection.getresponse()
        finally:
            connection.close()
        assert answer.status == HTTPStatus.OK, f"{image}: {answer.status} {answer.reason}"
        return str(answer.headers["Docker-Content-Digest"])

    def publish(self, name: str, *, base: str = "juncture-test/nats:2", megabytes: int = 8) -> str:
        """Push a runnable image with layers that no engine has, so that a pull has to fetch them; return its name."""
        reference = f"{self.address}/{name}"
        with tempfile.TemporaryDirectory() as folder:
            context = Path(folder)
            (context / "one").write_bytes(os.urandom(megabytes * 500_000))
            (context / "two").write_bytes(os.urandom(megabytes * 500_000))
            (context / "Dockerfile").write_text(f"FROM {base}\nCOPY one /one\nCOPY two /two\n")
            docker("build", "--quiet", "--tag", reference, folder)
        docker("push", "--quiet", reference)
        docker("rmi", reference)
        return reference


def _script(name: str, *words: str) -> str:
    """Run a script of tests/images; return what it printed."""
    done = subprocess.run([SCRIPTS / name, *words], capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, f"{name} {' '.join(words)}: {done.stdout}{done.stderr}"
    return done.stdout.strip()
