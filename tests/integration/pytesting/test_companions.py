"""Other plugins of pytest beside juncture's, in two shards: every test ran once, and the verdict is right."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from parted import Shards

if TYPE_CHECKING:
    from pathlib import Path

    from parted import Parted

WAYS = pytest.mark.parametrize(
    "way",
    [
        pytest.param((), id="alone", marks=pytest.mark.long),
        pytest.param(("-n", "2"), id="workers", marks=pytest.mark.long),
    ],
)
"""Each plugin by itself is for `nox -s soak`; a usual run has all of them at once."""

WANTED = ("pytest-randomly", "pytest-asyncio", "pytest-django", "pytest-order", "flaky")
NEEDED = ("django", "asgiref", "sqlparse")
"""What is tested with, and what that needs; none of it is for the environment in which these tests run."""

PLUGINS = ("asyncio", "django", "flaky", "pytest_order", "randomly")
"""Their names as plugins."""

MANY = """
import pytest

@pytest.mark.parametrize("number", range(5))
def test_it(number): assert number != {wrong}

class TestThem:
    def test_one(self): pass
    def test_two(self): pass
"""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the other plugins, newly installed: where that fails, so do the tests."""
    folder = tmp_path_factory.mktemp("site")
    uv = shutil.which("uv")
    installer = [uv, "pip"] if uv else [sys.executable, "-m", "pip"]
    argv = [*installer, "install", "--quiet", "--no-deps", "--target", str(folder), *WANTED, *NEEDED]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(argv)}\n{done.stdout}{done.stderr}"
    return folder


@pytest.fixture
def shards(site: Path, tmp_path: Path) -> Shards:
    """Return a project that may use all of the plugins."""
    return Shards(tmp_path, site)


def only(shards: Shards, *wanted: str) -> None:
    """Let all but the wanted ones of the plugins be left out, as if they were not installed."""
    shards.blocked = [name for name in PLUGINS if name not in wanted]


def many(module: str, wrong: int = -1) -> dict[str, str]:
    """Return the outcomes of the tests of ``MANY``."""
    results = {f"{module}::test_it[{number}]": "failed" if number == wrong else "passed" for number in range(5)}
    return results | {f"{module}::TestThem::test_{name}": "passed" for name in ("one", "two")}


def order_of(parted: Parted) -> list[list[str]]:
    """Return the test functions of each worker, in the order in which they began."""
    tests = sorted((test for shard in parted.suite.shards for test in shard.record.tests), key=lambda test: test.began)
    lines: dict[tuple[int, str], list[str]] = {}
    for shard in parted.suite.shards:
        mine = {test.nodeid for test in shard.record.tests}
        for test in tests:
            if test.nodeid in mine:
                lines.setdefault((shard.manifest.shard, test.worker), []).append(test.nodeid.rpartition("::")[2])
    return list(lines.values())


@WAYS
def test_randomly_shuffles_within_the_shard(shards: Shards, way: tuple[str, ...]) -> None:
    """Each job shuffles by a seed of its own, and still all divide alike; the workers of one job shuffle alike."""
    only(shards, "randomly")
    shards.write(test_a=MANY.format(wrong=3), test_b=MANY.format(wrong=-1))
    expected = many("test_a.py", 3) | many("test_b.py")
    first = shards.run(*way)
    first.is_whole(expected)
    seeds = {line for output in first.outputs for line in output.splitlines() if "--randomly-seed" in line}
    assert len(seeds) == 2
    again = shards.run("-p", "randomly", "--randomly-seed=1", *way, plan=first.plan)
    again.is_whole(expected)
    assert any(line != sorted(line) for line in order_of(again)), "nothing was shuffled"


@WAYS
def test_order_holds_within_a_group(shards: Shards, way: tuple[str, ...]) -> None:
    """What is ordered runs in that order where a mark keeps it in one process."""
    only(shards, "pytest_order")
    ordered = [f"@pytest.mark.order({4 - number})\ndef test_{number}(): pass\n" for number in range(4)]
    head = "import pytest\npytestmark = pytest.mark.xdist_group('{}')\n"
    shards.write(**{f"test_{name}": "".join([head.format(name), *ordered]) for name in "ab"})
    parted = shards.run(*way)
    parted.is_whole({f"test_{module}.py::test_{number}": "passed" for module in "ab" for number in range(4)})
    assert order_of(parted) == [["test_3", "test_2", "test_1", "test_0"]] * 2


@WAYS
def test_rerunfailures_tries_again(shards: Shards, way: tuple[str, ...]) -> None:
    """The last result counts, and what was tried again is called flaky."""
    only(shards)
    tries = "tries = []\ndef test_{}():\n    tries.append(1)\n    assert len(tries) == {}\n"
    shards.write(test_a=tries.format("flaky", 2) + tries.format("never", 0), test_b=tries.format("good", 1))
    parted = shards.run("--reruns", "1", *way)
    passed = dict.fromkeys(("test_a.py::test_flaky", "test_b.py::test_good"), "passed")
    parted.is_whole({**passed, "test_a.py::test_never": "failed"})
    assert [test.nodeid for test in parted.suite.flaky] == ["tests/test_a.py::test_flaky"]


FLAKY = """
import pytest
from flaky import flaky

tries, setups = [], []

@flaky(max_runs=3)
def test_third_time():
    tries.append(1)
    assert len(tries) == 3

@flaky
def test_never(): assert 0

@flaky(max_runs=3, min_passes=2)
def test_twice(): pass

@pytest.fixture
def thing():
    setups.append(1)
    assert len(setups) == 2

@flaky
def test_setup(thing): pass
"""


@WAYS
def test_flaky_leaves_the_last_attempt(shards: Shards, way: tuple[str, ...]) -> None:
    """It starts a test again and never says so: that is one test all the same."""
    only(shards, "flaky")
    shards.write(test_a=FLAKY, test_b=MANY.format(wrong=-1))
    parted = shards.run(*way)
    expected = {f"test_a.py::test_{name}": "passed" for name in ("third_time", "twice", "setup")}
    parted.is_whole({**expected, "test_a.py::test_never": "failed", **many("test_b.py")})
    assert [test.reruns for test in parted.suite.tests if test.reruns] == []


SLOW = """
import pytest, time

@pytest.mark.timeout(1)
def test_slow(): time.sleep(600)

@pytest.mark.timeout(600)
def test_fast(): pass
"""


@WAYS
def test_timeout_by_a_signal_fails_the_test(shards: Shards, way: tuple[str, ...]) -> None:
    """The test that takes too long fails, and the others run."""
    only(shards)
    shards.write(test_a=SLOW, test_b=MANY.format(wrong=-1))
    parted = shards.run(*way)
    parted.is_whole({"test_a.py::test_slow": "failed", "test_a.py::test_fast": "passed", **many("test_b.py")})


@pytest.mark.parametrize("way", [(), ("-n", "2")], ids=["alone", "workers"])
def test_timeout_by_a_thread_ends_the_process_and_the_merge_says_so(shards: Shards, way: tuple[str, ...]) -> None:
    """The whole process is gone: the test in flight is an error; a worker's other tests run elsewhere."""
    only(shards)
    shards.write(test_a=SLOW, test_b="".join(f"def test_{number}(): pass\n" for number in range(4)))
    parted = shards.run("--timeout-method=thread", *way)
    assert sorted(parted.codes) == [0, 1], parted.outputs
    assert parted.merged.verdict == "incomplete"
    assert parted.problems == (["process-torn"] if way else ["process-torn", "test-missing"])
    others = {f"test_b.py::test_{number}": "passed" for number in range(4)}
    fast = {"test_a.py::test_fast": "passed"} if way else {}
    assert parted.outcomes == {"test_a.py::test_slow": "error", **fast, **others}


ASYNC = """
import asyncio, pytest, pytest_asyncio

pytestmark = pytest.mark.asyncio(loop_scope="module")

@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def loop():
    await asyncio.sleep(0)
    yield asyncio.get_running_loop()
    await asyncio.sleep(0)

async def test_shared(loop): assert loop is asyncio.get_running_loop()
async def test_bad(loop): assert 0
"""


@WAYS
def test_asyncio_runs_coroutines(shards: Shards, way: tuple[str, ...]) -> None:
    """Asynchronous tests and fixtures of a module are recorded like others, each fixture's time too."""
    only(shards, "asyncio")
    shards.write(test_a=ASYNC, test_b=ASYNC.replace("assert 0", "pass"))
    parted = shards.run(*way)
    names = {f"test_{module}.py::test_{name}": "passed" for module in "ab" for name in ("shared", "bad")}
    parted.is_whole({**names, "test_a.py::test_bad": "failed"})
    found = Counter(each.phase for record in parted.suite.records for each in record.fixtures if each.name == "loop")
    assert found["setup"] == found["teardown"] >= 2


SETTINGS = """
import os

SECRET_KEY = os.environ["NAME"]
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
"""

MODELS = """
import pytest
from django.conf import settings
from django.contrib.auth.models import User

@pytest.mark.django_db(transaction=True)
def test_committed(): assert not User.objects.exists()

@pytest.mark.django_db
def test_rolled_back():
    User.objects.create(username="one")
    assert User.objects.count() == 1

def test_refused(): User.objects.exists()
def test_settings(): assert settings.SECRET_KEY == "declared"
"""


@WAYS
def test_django_sees_the_declared_environment(shards: Shards, way: tuple[str, ...]) -> None:
    """Settings are imported after the variables of the declaration are set; databases and order are Django's."""
    only(shards, "django")
    shards.table = '[tool.juncture.env]\nNAME = "declared"\n[tool.pytest.ini_options]\npythonpath = ["."]\n'
    shards.extra["DJANGO_SETTINGS_MODULE"] = "settings"
    shards.write(settings=SETTINGS, test_a=MODELS, test_b=MODELS)
    names = ("committed", "rolled_back", "settings")
    passed = {f"test_{module}.py::test_{name}": "passed" for module in "ab" for name in names}
    shards.run(*way).is_whole({**passed, "test_a.py::test_refused": "failed", "test_b.py::test_refused": "failed"})


@pytest.mark.parametrize("way", [(), ("-n", "2")], ids=["alone", "workers"])
def test_all_of_them_at_once(shards: Shards, way: tuple[str, ...]) -> None:
    """They get on with each other, and with a test in quarantine: nothing else fails, so that all is green."""
    until = "2999-01-01"
    shards.table = (
        f'[tool.juncture.quarantine]\n"tests/test_a.py::test_bad" = {{ until = {until}, reason = "moody" }}\n'
        '[tool.juncture.env]\nNAME = "declared"\n[tool.pytest.ini_options]\npythonpath = ["."]\n'
    )
    shards.extra["DJANGO_SETTINGS_MODULE"] = "settings"
    models = MODELS.replace("def test_refused(): User.objects.exists()", "")
    flaky = FLAKY.replace("def test_never(): assert 0", "def test_never(): pass")
    shards.write(settings=SETTINGS, test_a=ASYNC, test_b=models, test_c=flaky, test_d=MANY.format(wrong=-1))
    parted = shards.run("--timeout", "600", *way)
    assert (parted.codes, parted.merged.verdict, parted.problems) == ((0, 0), "passed", []), "\n".join(parted.outputs)
    assert [name for name, outcome in parted.outcomes.items() if outcome != "passed"] == ["test_a.py::test_bad"]
    assert len(parted.outcomes) == 2 + 3 + 4 + 7
    assert list(parted.suite.quarantined) == ["tests/test_a.py::test_bad"]
