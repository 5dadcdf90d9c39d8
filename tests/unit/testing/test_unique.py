"""Ids: readable, unique, and inside every service's limits."""

from __future__ import annotations

import os
import re
import threading
import time
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from juncture.testing import unique
from juncture.testing._unique import name_in, spelled

if TYPE_CHECKING:
    from types import FrameType

    import pytest
    from _typeshed import TraceFunction

FORM = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
"""What S3, DNS, RabbitMQ, Kafka, NATS and JetStream all take."""


def test_id_names_prefix_test_worker_process_and_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person who finds a queue knows whose it is."""
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "tests/test_pay.py::TestRefund::test_refund[eur-1] (call)")
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw1")
    first, second = unique("Order_Events"), unique("Order_Events")
    assert re.fullmatch(r"order-events-test-refund-eur-1-gw1-[0-9a-f]{8}-1", first)
    assert second == f"{first[:-1]}2"


def test_id_outside_of_tests_and_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a test, a worker or a prefix the id is shorter and as good."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST", raising=False)
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    assert re.fullmatch(r"main-[0-9a-f]{8}-\d+", unique())


@given(st.lists(st.tuples(st.text(max_size=80), st.sampled_from(["tests/a.py::test_a[x] (call)", ""])), max_size=20))
def test_ids_differ_and_keep_the_form(asked: list[tuple[str, str]]) -> None:
    """Whatever prefixes are asked for, every id is new and can name a bucket."""
    before = os.environ.get("PYTEST_CURRENT_TEST", "")
    made = []
    try:
        for prefix, current in asked:
            os.environ["PYTEST_CURRENT_TEST"] = current
            made.append(unique(prefix))
    finally:
        os.environ["PYTEST_CURRENT_TEST"] = before
    assert len(set(made)) == len(made)
    assert all(FORM.fullmatch(each) and len(each) <= 63 for each in made)


def test_long_id_keeps_its_beginning_and_all_of_its_end() -> None:
    """What is too long gives way to a hash of it, so that two long heads stay apart."""
    ids = [spelled(f"{'order-events-' * 6}{end}", "gw12", "5e0c7f3a", 1) for end in "ab"]
    assert [len(each) for each in ids] == [63, 63]
    assert ids[0] != ids[1]
    assert all(re.fullmatch(r"order-events-order-events-[a-z-]*-[0-9a-f]{8}-gw12-5e0c7f3a-1", each) for each in ids)
    assert spelled("a" * 46, "gw1", "5e0c7f3a", 1) == f"{'a' * 46}-gw1-5e0c7f3a-1"


def test_parameters_may_look_like_a_node_id() -> None:
    """The name of a test ends where its parameters end, whatever they hold."""
    assert name_in("tests/a.py::TestA::test_b[x::y-z (call)]") == "test_b[x::y-z (call)]"
    assert name_in("tests/a.py::test_b") == "test_b"
    assert name_in("") == ""


def test_forked_child_makes_ids_of_its_own() -> None:
    """A child that was forked does not repeat what its parent gives out next."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.write(writer, unique("fork").encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        assert stream.read() != unique("fork")


def test_threads_get_different_ids() -> None:
    """Whatever of the count another thread comes between."""
    given: list[str] = []
    barrier = threading.Barrier(4)

    def ask() -> None:
        barrier.wait()
        given.extend(unique("same") for _ in range(50))

    def trace(_frame: FrameType, _event: str, _argument: object) -> TraceFunction:
        time.sleep(0)  # let another thread come, at each line
        return trace

    before = threading.gettrace()
    threads = [threading.Thread(target=ask) for _ in range(4)]
    threading.settrace(trace)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        threading.settrace(before)
    assert len(set(given)) == 200


def test_fixture_gives_every_worker_ids_of_its_own(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin's fixture works without a service, in fixtures of any scope, and in workers."""
    for name in ("CI", "JUNCTURE_RUN", "JUNCTURE_BUNDLE", "JUNCTURE_SUITE", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)
    pytester.makefile(".toml", pyproject="[tool.juncture]\n")
    pytester.makepyfile(
        """
        import pathlib, pytest

        @pytest.fixture(scope="module")
        def bucket(unique):
            return unique("bucket")

        @pytest.mark.parametrize("number", range(4))
        def test_it(unique, bucket, number):
            made = [bucket, unique("queue"), unique()]
            pathlib.Path(f"made-{number}.txt").write_text("\\n".join(made))
        """
    )
    pytester.runpytest_subprocess("-n", "2", "-p", "xdist").assert_outcomes(passed=4)
    made = [path.read_text().split() for path in sorted(pytester.path.glob("made-*.txt"))]
    assert len({name for _, *names in made for name in names}) == 8
    assert len({bucket for bucket, *_ in made}) == 2
    assert all(re.fullmatch(r"queue-test-it-\d-gw[01]-[0-9a-f]{8}-1", queue) for _, queue, _ in made)
