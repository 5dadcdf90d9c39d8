"""The schedule, command by command."""

from __future__ import annotations

from juncture.sharding.costs import PlannedTest
from juncture.sharding.history import NO_HISTORY, FixtureKey, History, KnownFixture, timed
from juncture.sharding.schedule import Close, Command, Schedule, Send, Steal
from juncture.sharding.work import Work, work_of

SECOND = 1_000_000


def work(*modules: list[float], fixture: float = 0.0, marked: tuple[int, ...] = ()) -> Work:
    """Return the work of modules, by the seconds of their tests; each has a fixture of its own, if any.

    Those with the numbers in ``marked`` are groups by a mark.
    """
    tests, times, fixtures = [], {}, {}
    for number, seconds in enumerate(modules):
        file = f"test_{number}.py"
        key = FixtureKey(file, "thing", "module", "", file)
        fixtures[key] = KnownFixture(0, round(fixture * SECOND))
        for test, time in enumerate(seconds):
            group = f"mark {number}" if number in marked else file
            tests.append(PlannedTest(f"{file}::test_{test}", group, number in marked, (key,)))
            times[f"{file}::test_{test}"] = timed(round(time * SECOND))
    return work_of(tests, History(times, fixtures))


def sent(commands: list[Command]) -> dict[str, list[int]]:
    """Return which tests each worker is sent."""
    return {command.worker: list(command.tests) for command in commands if isinstance(command, Send)}


def test_the_longest_group_comes_first() -> None:
    """Not the first one, and not the one with most tests."""
    commands = Schedule(work([0.1, 0.1, 0.1], [2, 2], [0.5, 0.5])).add(["a"])
    assert sent(commands) == {"a": [3, 4]}


def test_a_worker_holds_one_more_short_test_than_it_needs() -> None:
    """Between short tests nobody waits for a message; a long one is not sent before it must be."""
    assert sent(Schedule(work([0.1] * 9)).add(["a"])) == {"a": [0, 1, 2]}
    assert sent(Schedule(work([1.0] * 9)).add(["a"])) == {"a": [0, 1]}


def test_many_tiny_tests_are_sent_at_once() -> None:
    """About 20 ms of them."""
    (tests,) = sent(Schedule(work([0.001] * 100)).add(["a"])).values()
    assert 10 <= len(tests) <= 20


def test_a_lone_test_is_sent_with_the_word_that_nothing_follows() -> None:
    """Else the worker would wait for the next one; the other worker stays open, in case somebody dies."""
    schedule = Schedule(work([1]))
    assert schedule.add(["a", "b"]) == [Send("a", (0,)), Close("a")]
    assert schedule.is_done


def test_equal_calls_give_equal_commands() -> None:
    """The schedule throws no dice."""
    first, second = (Schedule(work([1, 2, 3], [0.1] * 5, [4])) for _ in range(2))
    for schedule in (first, second):
        schedule.add(["a", "b"])
    assert first.finished("a", first.held("a")[0], SECOND) == second.finished("a", second.held("a")[0], SECOND)


def test_a_whole_group_is_taken_over_before_one_is_parted() -> None:
    """Worker b is through with its group at once, and takes a's last group, which has not begun."""
    schedule = Schedule(work([3, 3], [2, 2], [1, 1], fixture=0.5))
    assert sent(schedule.add(["a", "b"])) == {"a": [0, 1], "b": [2, 3]}
    schedule.finished("b", 2, 1000)
    assert schedule.held("b") == (3, 4)
    assert sent(schedule.finished("b", 3, 1000)) == {"b": [5]}


def test_an_expensive_fixture_is_not_set_up_again_for_little() -> None:
    """Half of ten tests of 20 ms is not worth 3 s; half of ten of 2 s is."""
    assert list(sent(Schedule(work([0.02] * 10, fixture=3)).add(["a", "b"]))) == ["a"]
    assert list(sent(Schedule(work([2] * 10, fixture=3)).add(["a", "b"]))) == ["a", "b"]


def test_a_marked_group_is_not_parted() -> None:
    """However long it is."""
    assert list(sent(Schedule(work([2] * 10, marked=(0,))).add(["a", "b"]))) == ["a"]


def stuck() -> tuple[Schedule, Steal]:
    """Return a schedule in which a's first test, of six that were thought to be tiny, takes long, and b is through."""
    schedule = Schedule(work([0.001] * 6, [0.5, 0.001], marked=(1,)))
    assert sent(schedule.add(["b", "a"])) == {"b": [6, 7], "a": [0, 1, 2, 3, 4, 5]}
    (steal,) = schedule.finished("b", 6, SECOND // 2)
    assert isinstance(steal, Steal)
    return schedule, steal


def test_what_was_sent_is_asked_back_when_it_takes_longer_than_thought() -> None:
    """All but the test that runs and the next one, which can't be had; the one who waits gets it."""
    schedule, steal = stuck()
    assert steal == Steal("a", (2, 3, 4, 5))
    assert sent(schedule.returned("a", steal.tests)) == {"b": [2, 3, 4, 5]}


def test_a_steal_that_came_too_late_is_no_harm() -> None:
    """Where nothing is given back, as some tests had begun, less is asked for; in the end who waits is closed."""
    schedule, steal = stuck()
    for test in (0, 1, 2):
        assert schedule.finished("a", test, 1000) == []
    assert schedule.returned(steal.worker, ()) == [Steal("a", (5,))]
    schedule.finished("a", 3, 1000)
    assert schedule.returned("a", ()) == [Close("b")]
    assert schedule.held("a") == (4, 5)


def test_a_worker_that_dies_before_it_gives_back_leaves_all_to_others() -> None:
    """What was asked for comes back with the rest."""
    schedule, _ = stuck()
    assert sent(schedule.gone("a", [0])) == {"b": [1, 2, 3, 4, 5]}


def test_what_is_given_back_for_a_dead_worker_goes_to_the_living() -> None:
    """Here to the one that gave it back."""
    schedule, steal = stuck()
    schedule.gone("b", [7])
    schedule.returned("a", steal.tests)
    assert schedule.held("a") == (0, 1, 2, 3, 4, 5)


def test_what_a_dead_worker_had_left_goes_to_the_others() -> None:
    """All but what is done with; the others get it where they are not closed."""
    schedule = Schedule(work([1] * 6, [1] * 6))
    schedule.add(["a", "b"])
    first, *_ = schedule.held("a")
    schedule.gone("a", [first])
    assert schedule.workers == ["b"]
    assert schedule.unfinished == [test for test in range(12) if test != first]


def test_a_replacement_gets_what_waits() -> None:
    """Where nobody is left, tests wait for a worker."""
    schedule = Schedule(work([1, 1, 1]))
    schedule.add(["a"])
    assert schedule.gone("a", [0]) == []
    assert not schedule.is_done
    assert sent(schedule.add(["b"])) == {"b": [1, 2]}


def test_a_worker_that_was_closed_by_others_is_sent_nothing() -> None:
    """Its plan goes to who is left."""
    schedule = Schedule(work([1] * 4, [1] * 4))
    schedule.add(["a", "b"])
    schedule.closed("a")
    test = schedule.held("a")[0]
    assert "a" not in sent(schedule.finished("a", test, SECOND))


def test_a_test_can_be_run_again_on_demand() -> None:
    """A plugin may ask for what was in flight; by itself the schedule never does."""
    schedule = Schedule(work([1, 1, 1]))
    schedule.add(["a"])
    schedule.gone("a", [0])
    schedule.again(0)
    assert schedule.unfinished == [0, 1, 2]


def test_no_test_is_no_work() -> None:
    """An empty shard is done before it begins."""
    schedule = Schedule(work_of([], NO_HISTORY))
    assert schedule.add(["a", "b"]) == []
    assert schedule.is_done
