"""Which runs and tests need services, in real pytest processes: all others start none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.host import keeper

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_unit_run_starts_nothing(small: pytest.Pytester, home: Path) -> None:
    """Without an integration test no server is started, whatever the paths."""
    before = {server.pid for server in keeper.running(home)}
    (small.path / "tests" / "unit").mkdir(parents=True)
    (small.path / "tests" / "unit" / "test_sum.py").write_text("def test_sum(): assert 1 + 1 == 2")
    for arguments in (("tests/unit",), (), ("-k", "sum")):
        result = small.runpytest_subprocess(*arguments)
        result.assert_outcomes(passed=1)
        assert "services" not in result.stdout.str()
    assert {server.pid for server in keeper.running(home)} <= before


@pytest.mark.parametrize(
    "options",
    [
        ("--ignore", "tests/integration"),
        ("--ignore=tests/integration/test_it.py", "-n", "1"),
        ("--ignore-glob=*/integration/*",),
        ("--deselect", "tests/integration"),
        ("--markers",),
        ("--cache-show",),
        ("--fixtures-per-test",),
        ("--setup-plan",),
        ("--setup-plan", "-n", "1"),
    ],
    ids=" ".join,
)
def test_what_runs_no_integration_test_starts_nothing(
    small: pytest.Pytester,
    integration: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    options: tuple[str, ...],
) -> None:
    """Options that leave all of them out, and those that only list something, also where nothing could be started."""
    monkeypatch.setenv("JUNCTURE_HOME", str(tmp_path / "home"))
    integration("def test_it(services): assert services")
    (small.path / "tests" / "test_unit.py").write_text("def test_unit(): pass")
    result = small.runpytest_subprocess(*options)
    assert result.ret == pytest.ExitCode.OK
    assert "services  " not in result.stdout.str()
    assert keeper.running(tmp_path / "home") == []


SKIPPED = """
import pytest
@pytest.mark.skip(reason="of no use")
def test_skip(): pass
@pytest.mark.skipif("1 < 2", reason="always")
def test_skipif(): pass
@pytest.mark.xfail(run=False, reason="it hangs")
def test_not_run(): pass
"""


def test_a_test_that_its_marks_skip_needs_no_service(
    small: pytest.Pytester, integration: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is skipped for its own reason where nothing can be had, and the one beside it fails without a chain."""
    monkeypatch.setenv("JUNCTURE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", "/nowhere")
    integration(SKIPPED)
    result = small.runpytest_subprocess("-rsx", "-k", "test")
    result.assert_outcomes(skipped=2, xfailed=1)
    result.stdout.fnmatch_lines(["SKIPPED * of no use", "SKIPPED * always", "XFAIL * it hangs"])
    integration(f"{SKIPPED}\ndef test_it(): pass")
    result = small.runpytest_subprocess("-k", "test")
    result.assert_outcomes(skipped=2, xfailed=1, errors=1)
    result.stdout.fnmatch_lines(["juncture: service *: found no program for an embedded *"])
    result.stdout.no_fnmatch_line("*During handling*")


def test_unit_tests_need_no_provider(
    small: pytest.Pytester, integration: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a service can't be had, the tests that need one fail for it, and no other."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{small.path}/docker.sock")
    monkeypatch.setenv("JUNCTURE_PROVIDER", "docker")
    integration("def test_both(): pass")
    small.mkdir("unit")
    (small.path / "unit" / "test_unit.py").write_text("def test_one(): pass")
    small.runpytest_subprocess("unit").assert_outcomes(passed=1)
    small.runpytest_subprocess("--collect-only", "tests").stdout.fnmatch_lines(["*test_both*"])
    result = small.runpytest_subprocess("-k", "both or one", "-p", "no:cacheprovider", "unit", "tests")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*juncture: JUNCTURE_PROVIDER*: no Docker engine is at unix://*", "*start one*"])
