"""What a merge is told of suites."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.errors import UsageError
from juncture.provisioning import declare
from juncture.tasks._suites import declared_shards, expected_shards, job_results

if TYPE_CHECKING:
    from pathlib import Path


def test_expected_shards_are_counted_by_suite() -> None:
    """``--expect suite=N`` states the number of shards of each suite."""
    assert expected_shards(["integration=4", "unit=1"]) == {"integration": 4, "unit": 1}


@pytest.mark.parametrize("text", ["integration", "integration=", "=4", "integration=0", "integration=-1", "a=b"])
def test_expectation_that_says_nothing_is_refused(text: str) -> None:
    """An expectation without a suite or a positive number is a usage error that shows a right one."""
    with pytest.raises(UsageError, match=f'"{text}" is not SUITE=N\n.*--expect integration=4'):
        expected_shards([text])


def test_expectation_is_given_once_per_suite() -> None:
    """Two expectations of one suite contradict each other, even where the numbers agree."""
    with pytest.raises(UsageError, match='the suite "unit" is given twice'):
        expected_shards(["unit=1", "unit=1"])


def test_results_of_jobs_are_the_platforms_words() -> None:
    """``--job suite=result`` says what became of each suite's jobs."""
    assert job_results(["integration=failure", "unit=success"]) == {"integration": "failure", "unit": "success"}
    with pytest.raises(UsageError, match=r'"green" is no result of a job\n.*One of: success, failure'):
        job_results(["unit=green"])


def test_services_ask_for_integration_tests(project: Path) -> None:
    """Their folder may have been renamed, or not checked out: that is no reason to expect nothing of them."""
    assert declared_shards(declare(project, environ={})) == {"integration": 4}
    (project / "tests" / "unit").mkdir(parents=True)
    assert declared_shards(declare(project, environ={})) == {"unit": 1, "integration": 4}
    assert declared_shards(None) == {}
