"""Measure the seconds that getting real servers adds to a test run: juncture beside testcontainers.

    python bench/provision.py [--rounds 5] [--workers 2 4] [--postgres IMAGE] [--redis IMAGE]

In one run and on one machine, interleaved: the same eight tests of a database and a cache, with the same number of
workers, run bare (servers that are up already, named by variables), with testcontainers (session fixtures in each
worker, as its documentation shows them) and with juncture's provider docker. What is added is the median of a way less
the median of the bare runs. Each way gets the same images and the same plain SQL as schema.

*Cold* means that no container is there, and for juncture no home folder and no network either. *Removed* means that
juncture's containers were removed behind its back. *Warm* is a run after another one. Images are there in every case.
testcontainers runs without its reaper, a container that it would start first in each process: it comes from a registry.

Run it with the Python of an environment with juncture, docker, testcontainers, psycopg and redis.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from orders import PROJECT, SCHEMA, TESTS, WITH_JUNCTURE, WITH_TESTCONTAINERS
from testcontainers.community.postgres import PostgresContainer
from testcontainers.community.redis import RedisContainer
from testcontainers.core.config import testcontainers_config

from juncture.host import keeper
from juncture.host.engine import Engine, locate
from juncture.host.folders import data_folder
from juncture.providers.docker.containers import HOME_LABEL, network_of
from juncture.providers.docker.server import home_id

if TYPE_CHECKING:
    from collections.abc import Iterator

WAYS = (
    "bare",
    "testcontainers, cold",
    "juncture, cold",
    "juncture, removed",
    "testcontainers, warm",
    "juncture, warm",
)

NO_REAPER = {"TESTCONTAINERS_RYUK_DISABLED": "true"}


@dataclass(frozen=True, slots=True)
class Sample:
    """One run: its seconds, those to the body of its first test, and those of the processors in its processes."""

    seconds: float
    first: float
    cpu: float


class Bench:
    """A folder with the suite, once for each way, and servers for the bare one."""

    def __init__(self, folder: Path, engine: Engine, postgres: str, redis: str) -> None:
        """Write the projects."""
        self.folder = folder
        self.engine = engine
        self.images = {"BENCH_POSTGRES": postgres, "BENCH_REDIS": redis}
        self.home = Path(tempfile.mkdtemp(dir=folder))
        self.bare = {"DATABASE_URL": "", "REDIS_URL": ""}
        for name, conftest, table in [
            ("bare", "", ""),
            ("testcontainers", WITH_TESTCONTAINERS, ""),
            ("juncture", "", WITH_JUNCTURE),
        ]:
            tests = folder / name / "tests" / "integration"
            tests.mkdir(parents=True)
            (folder / name / "pyproject.toml").write_text(PROJECT + table)
            (folder / name / "schema.sql").write_text(SCHEMA)
            (tests / "test_orders.py").write_text(TESTS)
            (tests / "conftest.py").write_text(conftest)

    def run_bare(self, workers: int) -> Sample:
        """Run the suite on servers that are up."""
        return self._run("bare", workers, self.bare, "-p", "no:juncture")

    def run_testcontainers(self, workers: int) -> Sample:
        """Run the suite with containers that each worker starts and removes."""
        return self._run("testcontainers", workers, self.images | NO_REAPER, "-p", "no:juncture")

    def run_juncture(self, workers: int) -> Sample:
        """Run the suite with juncture's containers, which stay."""
        variables = {
            "JUNCTURE_HOME": str(self.home),
            "JUNCTURE_PROVIDER": "docker",
            "JUNCTURE_DB_IMAGE": self.images["BENCH_POSTGRES"],
            "JUNCTURE_CACHE_IMAGE": self.images["BENCH_REDIS"],
        }
        return self._run("juncture", workers, variables)

    def remove_containers(self) -> None:
        """Remove juncture's containers, and tell it nothing."""
        for container in self.engine.containers(f"{HOME_LABEL}={home_id(self.home)}"):
            self.engine.remove(container["Id"])

    def remove_home(self) -> None:
        """Leave nothing of juncture's: no container, no network, no keeper, no folder."""
        self.remove_containers()
        network = network_of(home_id(self.home))
        if any(each["Name"] == network for each in self.engine.ask("GET", "/networks")):
            self.engine.ask("DELETE", f"/networks/{network}", patience=30)
        for server in keeper.running(self.home):
            keeper.stop(self.home, server.key)
        shutil.rmtree(data_folder(self.home), ignore_errors=True)
        shutil.rmtree(self.home)
        self.home = Path(tempfile.mkdtemp(dir=self.folder))

    def _run(self, name: str, workers: int, variables: dict[str, str], *options: str) -> Sample:
        moments = self.folder / "moments"
        shutil.rmtree(moments, ignore_errors=True)
        moments.mkdir()
        command = [sys.executable, "-m", "pytest", "-q", "-n", str(workers), *options]
        used, began = _cpu(), time.time()
        done = subprocess.run(
            command,
            cwd=self.folder / name,
            env=_environment() | variables | {"BENCH_MOMENTS": str(moments)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds, cpu = time.time() - began, _cpu() - used
        if done.returncode:
            sys.exit(f"{name} failed:\n{done.stdout}{done.stderr}")
        first = min(float(path.read_text()) for path in moments.iterdir())
        return Sample(seconds, first - began, cpu)


def main() -> None:
    """Print what each way adds, for each number of workers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="rounds to take the medians of (default: 5)")
    parser.add_argument("--workers", type=int, nargs="+", default=[2, 4], metavar="N", help="default: 2 4")
    parser.add_argument("--postgres", default="juncture-test/postgres:15", metavar="IMAGE", help="default: %(default)s")
    parser.add_argument("--redis", default="juncture-test/redis:7", metavar="IMAGE", help="default: %(default)s")
    chosen = parser.parse_args()
    engine = locate(os.environ)
    if engine is None:
        sys.exit("no Docker engine is here")
    testcontainers_config.ryuk_disabled = True
    with tempfile.TemporaryDirectory(prefix="juncture-bench-") as name:
        bench = Bench(Path(name), engine, chosen.postgres, chosen.redis)
        with PostgresContainer(chosen.postgres, driver=None) as postgres, RedisContainer(chosen.redis) as redis:
            bench.bare = {"DATABASE_URL": postgres.get_connection_url(), "REDIS_URL": _redis_url(redis)}
            with psycopg.connect(bench.bare["DATABASE_URL"]) as connection:
                connection.execute(SCHEMA)
            _print_head(engine, chosen.postgres, chosen.redis)
            try:
                for workers in chosen.workers:
                    _print_table(workers, _measured(bench, workers, chosen.rounds))
            finally:
                bench.remove_home()


def _measured(bench: Bench, workers: int, rounds: int) -> dict[str, list[Sample]]:
    """Return the samples of each way, from rounds that have all of them in turn."""
    samples: dict[str, list[Sample]] = defaultdict(list)
    for number in range(rounds + 1):
        for way, sample in _round(bench, workers):
            if number:  # the first round is for byte code and the page cache
                samples[way].append(sample)
    return samples


def _round(bench: Bench, workers: int) -> Iterator[tuple[str, Sample]]:
    """Yield a sample of each way; the short ones come three times, as what they add is little."""
    bench.remove_home()
    yield "bare", bench.run_bare(workers)
    yield "testcontainers, cold", bench.run_testcontainers(workers)
    yield "juncture, cold", bench.run_juncture(workers)
    yield "bare", bench.run_bare(workers)
    yield "juncture, warm", bench.run_juncture(workers)
    yield "testcontainers, warm", bench.run_testcontainers(workers)
    yield "juncture, warm", bench.run_juncture(workers)
    yield "bare", bench.run_bare(workers)
    bench.remove_containers()
    yield "juncture, removed", bench.run_juncture(workers)
    yield "juncture, warm", bench.run_juncture(workers)


def _print_head(engine: Engine, postgres: str, redis: str) -> None:
    packages = ("pytest", "pytest-xdist", "juncture", "testcontainers", "docker")
    print(f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(", ".join(f"{name} {version(name)}" for name in packages))
    print(f"Docker engine {engine.version()}, images {postgres} and {redis}")
    print("testcontainers without its reaper: TESTCONTAINERS_RYUK_DISABLED=true")


def _print_table(workers: int, samples: dict[str, list[Sample]]) -> None:
    def median(way: str, figure: str) -> float:
        return statistics.median(getattr(sample, figure) for sample in samples[way])

    def added(way: str) -> float:
        return median(way, "seconds") - median("bare", "seconds")

    runs = ", ".join(f"{len(samples[way])} {way}" for way in ("bare", "juncture, cold", "juncture, warm"))
    print(f"\npytest -n {workers}: medians in seconds of {runs} runs; CPU without the engine's")
    print(f"{'':<22}{'whole':>8}{'added':>8}{'first test':>12}{'CPU':>8}{'fastest':>9}{'slowest':>9}")
    for way in WAYS:
        seconds = [sample.seconds for sample in samples[way]]
        print(
            f"{way:<22}{median(way, 'seconds'):8.2f}{added(way):8.2f}{median(way, 'first'):12.2f}"
            f"{median(way, 'cpu'):8.2f}{min(seconds):9.2f}{max(seconds):9.2f}"
        )
    for state in ("cold", "warm"):
        ratio = added(f"testcontainers, {state}") / max(added(f"juncture, {state}"), 0.01)
        print(f"{state}: juncture adds {ratio:.1f} times less than testcontainers")


def _environment() -> dict[str, str]:
    """Return this process's variables, without those that would change a run."""
    prefixes = ("JUNCTURE", "PYTEST_", "TESTCONTAINERS")
    left_out = {"CI", "PYTHONDONTWRITEBYTECODE"}
    return {name: value for name, value in os.environ.items() if name not in left_out and not name.startswith(prefixes)}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _redis_url(container: RedisContainer) -> str:
    return f"redis://{container.get_container_host_ip()}:{container.get_exposed_port(6379)}/0"


if __name__ == "__main__":
    main()
