"""What a journal keeps of a run that handles secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest
    from recorded import Recorded

LEAKY = """
import os, sys, warnings
import pytest
TOKEN = os.environ["DEPLOY_TOKEN"]
@pytest.fixture(scope="session")
def bad(): raise OSError(f"401 for {TOKEN}")
def test_fails(record_property, record_testsuite_property, record_xml_attribute):
    print("out", TOKEN); print("err", TOKEN, file=sys.stderr)
    record_property("used", TOKEN); record_testsuite_property("all", TOKEN); record_xml_attribute("one", TOKEN)
    warnings.warn(f"old {TOKEN}")
    url = "postgresql://shop:" + "hunter2" + "@db/shop"
    assert url == TOKEN, f"no {TOKEN}"
def test_error(bad): pass
def test_skips(): pytest.skip(f"for {TOKEN}")
@pytest.mark.xfail(reason=f"since {TOKEN}")
def test_xfails(): raise ValueError
def test_subtests(subtests):
    with subtests.test(token=TOKEN): assert 0
def test_exits(): pytest.exit(f"enough of {TOKEN}")
"""


def test_no_secret_is_in_a_journal(record: Callable[..., Recorded], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test told of it: message, text, output, property, warning, reason; the text around it stays."""
    monkeypatch.setenv("DEPLOY_TOKEN", "s3cr3t/t0ken'value")
    run = record(LEAKY, "-W", "ignore::pytest.PytestExperimentalApiWarning")
    raw = "".join(path.read_text() for path in run.bundle.glob("journal-*"))
    for form in ("s3cr3t", "t0ken", "hunter2"):
        assert form not in raw.replace('"hunter2"', "").replace('\\"hunter2\\"', "")
    for around in ("out ***", "err ***", "no ***", "401 for ***", "for ***", "since ***", "old ***", "enough of ***"):
        assert around in raw, around
    assert "postgresql://shop:***@db/shop" in raw


def test_no_half_of_a_secret_is_left_where_a_warning_is_cut(
    record: Callable[..., Recorded], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a secret is can only be seen in the whole text."""
    monkeypatch.setenv("DEPLOY_TOKEN", "s3cr3t-t0ken")
    warn = "[warnings.warn(more + os.environ['DEPLOY_TOKEN'] * 999) for more in ('', 'x')]"
    run = record(f"import os, warnings\ndef test_it(): {warn}")
    assert [len(told) for told in run.record.warned] == [1000, 1000]
    assert not any("s3c" in told or told.endswith("s") for told in run.record.warned)


def test_password_of_an_endpoint_is_in_no_journal(
    small: pytest.Pytester, integration: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nor that in the declared variables, where a failure shows them."""
    monkeypatch.setenv("JUNCTURE_BUNDLE", str(tmp_path / "bundle"))
    integration(
        "import os\ndef test_it(services):\n"
        "    print('is', services['db'].password, os.environ['DATABASE_URL'])\n"
        "    open(os.environ['SEEN'], 'w').write(services['db'].password)\n    assert services['db'].url == ''"
    )
    monkeypatch.setenv("SEEN", str(tmp_path / "password"))
    small.runpytest_subprocess().assert_outcomes(failed=1)
    password = (tmp_path / "password").read_text()
    raw = (tmp_path / "bundle" / "journal-main.jsonl").read_text()
    assert len(password) > 10
    assert "is ***" in raw
    assert password not in raw
