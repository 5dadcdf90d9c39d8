"""Tests of ``juncture.testing.Recorder``; a real broker is in tests/integration/test_recorder.py."""

from __future__ import annotations

import asyncio
import threading

import pytest

from juncture.errors import UsageError
from juncture.testing import Recorder


@pytest.fixture
def recorder() -> Recorder[str]:
    """Return a recorder that got two words."""
    made = Recorder[str]()
    for word in ("new", "packed"):
        made(word)
    return made


def test_messages_are_kept_in_order(recorder: Recorder[str]) -> None:
    """What came before anybody waited is not lost."""
    assert (recorder.received, recorder.count) == (("new", "packed"), 2)
    assert recorder.wait_for("new", timeout=0) == "new"
    assert recorder.wait_for(lambda word: word.startswith("p"), timeout=0) == "packed"
    assert recorder.wait_for_count(2, timeout=0) == ("new", "packed")
    recorder.clear()
    assert recorder.received == ()


def test_failure_shows_what_came_instead(recorder: Recorder[str]) -> None:
    """Whoever reads the log sees what was wanted, and each message with its second."""
    with pytest.raises(AssertionError) as raised:
        recorder.wait_for("paid", timeout=0.01, message="the order is paid")
    head, wanted, *received = str(raised.value).splitlines()
    assert head == "the order is paid: not within 0.01 s; 2 others came"
    assert wanted == "  wanted      'paid'"
    assert [line.split(" s  ")[1] for line in received] == ["'new'", "'packed'"]
    assert received[0].startswith("  received    0.0")


def test_failure_of_a_function_names_it(recorder: Recorder[str]) -> None:
    """A predicate is told by its name; a lambda has none."""

    def is_paid(word: str) -> bool:
        return word == "paid"

    with pytest.raises(AssertionError, match="wanted      one that is_paid accepts"):
        recorder.wait_for(is_paid, timeout=0)
    with pytest.raises(AssertionError, match="wanted      one that the function accepts"):
        recorder.wait_for(lambda word: word == "paid", timeout=0)


def test_nothing_is_told_too() -> None:
    """Silence is another failure than the wrong words."""
    with pytest.raises(AssertionError) as raised:
        Recorder[str](name="the refund").wait_for_count(3, timeout=0)
    assert str(raised.value) == "the refund: not within 0.00 s; nothing came\n  wanted      3 messages"


def test_flood_is_cut_in_the_middle() -> None:
    """The first and the last messages tell most."""
    recorder = Recorder[int]()
    for number in range(100):
        recorder(number)
    with pytest.raises(AssertionError) as raised:
        recorder.wait_for(-1, timeout=0)
    lines = str(raised.value).splitlines()[2:]
    assert len(lines) == 11
    assert lines[4].strip() == "... 90 more ..."
    assert lines[-1].endswith(" 99")


def test_message_of_another_thread_ends_the_wait() -> None:
    """A consumer runs where its client has it run."""
    recorder = Recorder[str]()
    threading.Timer(0.02, recorder, ["late"]).start()
    assert recorder.wait_for("late") == "late"


def test_many_threads_lose_nothing() -> None:
    """Each message is counted once."""
    recorder = Recorder[int]()

    def consume() -> None:
        for each in range(200):
            recorder(each)

    threads = [threading.Thread(target=consume) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert len(recorder.wait_for_count(1600)) == 1600
    for thread in threads:
        thread.join()


def test_event_loop_goes_on_while_it_is_waited() -> None:
    """A message that comes on the same loop ends the wait, and so does one of another thread."""

    async def both() -> tuple[str, str]:
        recorder = Recorder[str]()
        loop = asyncio.get_running_loop()
        loop.call_later(0.01, recorder, "loop")
        first = await recorder.wait_for_async("loop")
        threading.Timer(0.01, recorder, ["thread"]).start()
        second = await recorder.wait_for_async("thread")
        await recorder.callback("coroutine")
        assert recorder.count == 3
        with pytest.raises(AssertionError, match=r"not within 0\.02 s; 3 others came"):
            await recorder.wait_for_async("never", timeout=0.02)
        return first, second

    assert asyncio.run(both()) == ("loop", "thread")


def test_message_after_those_that_were_forgotten_ends_the_wait(recorder: Recorder[str]) -> None:
    """As many may have come since as had come before, by the time that the waiting thread runs again."""

    def replace() -> None:
        with recorder._changed:  # so that no thread runs between
            recorder.clear()
            recorder("late")
            recorder("later")

    threading.Timer(0.02, replace).start()
    assert recorder.wait_for("late", timeout=1.0) == "late"


def test_message_after_those_that_were_forgotten_ends_the_wait_of_a_loop(recorder: Recorder[str]) -> None:
    """A callback of the loop forgets and receives before the waiting task goes on."""

    def replace() -> None:
        recorder.clear()
        recorder("late")

    async def wait() -> str:
        asyncio.get_running_loop().call_later(0.02, replace)
        return await recorder.wait_for_async("late", timeout=1.0)

    assert asyncio.run(wait()) == "late"


def test_callback_comes_once(recorder: Recorder[str]) -> None:
    """Where the message is there already, it comes at once; else with the message."""
    called: list[str] = []
    recorder.when("new", called.append)
    recorder.when(lambda word: word == "paid", called.append)
    for _ in range(2):
        recorder("paid")
    assert called == ["new", "paid"]


def test_function_of_when_that_raises_does_so_in_the_waits() -> None:
    """The client's thread goes on, the others are called, the message counts, and what it raised is not lost."""
    recorder, called = Recorder[dict[str, str]](), list[object]()
    recorder.when(lambda message: message["kind"] == "paid", called.append)
    recorder.when(lambda message: "what" in message, called.append)
    recorder({"what": "apple"})
    assert (called, recorder.count) == ([{"what": "apple"}], 1)
    for _ in range(2):
        with pytest.raises(KeyError, match="kind"):
            recorder.wait_for({"what": "apple"}, timeout=0)
        with pytest.raises(KeyError, match="kind"):
            recorder.wait_for_count(1, timeout=0)
    recorder.clear()
    recorder({"kind": "paid"})
    assert recorder.wait_for_count(1) == ({"kind": "paid"},)
    assert called == [{"what": "apple"}, {"kind": "paid"}]


def test_function_of_when_that_raises_wakes_who_waits() -> None:
    """Threads and event loops hear of it at once, and not at the end of their time."""
    recorder = Recorder[str]()
    recorder.when(lambda word: bool(1 // (len(word) - 4)), print)

    async def wait() -> None:
        asyncio.get_running_loop().call_later(0.02, recorder, "four")
        with pytest.raises(ZeroDivisionError):
            await recorder.wait_for_async("other", timeout=6.0)

    asyncio.run(asyncio.wait_for(wait(), 10.0))
    recorder.clear()
    for wait_of in (lambda: recorder.wait_for("other", timeout=6.0), lambda: recorder.wait_for_count(9, timeout=60.0)):
        recorder.clear()
        threading.Timer(0.02, recorder, ["four"]).start()
        with pytest.raises(ZeroDivisionError):
            wait_of()


def test_arguments_are_read() -> None:
    """Clients call back with what they like."""
    recorder = Recorder[bytes](lambda _channel, _method, _properties, body: body)
    recorder(1, 2, 3, b"body")
    assert recorder.received == (b"body",)


def test_arguments_that_nobody_reads_are_an_error() -> None:
    """The message says what to give it."""
    with pytest.raises(UsageError, match="called with 4 arguments, and nothing says which of them is the message"):
        Recorder[bytes]()(1, 2, 3, b"body")


def test_message_may_be_false() -> None:
    """None, 0 and the empty text are messages like others."""
    recorder = Recorder[object]()
    for value in (None, 0, ""):
        recorder(value)
    assert recorder.wait_for(None, timeout=0) is None
    assert recorder.wait_for(lambda value: value == 0, timeout=0) == 0


@pytest.mark.parametrize("timeout", [-1.0, float("inf"), float("nan")])
def test_timeout_is_a_number_of_seconds(recorder: Recorder[str], timeout: float) -> None:
    """A wait that can't end is a mistake."""
    with pytest.raises(UsageError, match="is no number of seconds"):
        recorder.wait_for("new", timeout=timeout)
