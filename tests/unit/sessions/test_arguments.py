"""What a user wrote after ``--``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from juncture.errors import UsageError
from juncture.sessions._arguments import Adopted, Arguments, split

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a project in a monorepo, with a test."""
    project = tmp_path / "services" / "shop"
    (project / "tests" / "api").mkdir(parents=True)
    (project / "tests" / "api" / "test_orders.py").touch()
    (project / "settings.toml").touch()
    return project


def read(root: Path, *words: str) -> Arguments:
    """Split words that were written in the monorepo's top folder."""
    return split(words, root=root, invoked_from=root.parents[1])


def test_no_words_select_nothing(root: Path) -> None:
    """Without words the suite's own folders run, with all defaults."""
    expected = Arguments(
        words=(),
        selection=(),
        narrowing=(),
        asks_only=False,
        alone=False,
        workers="",
        shard="",
        rerun=(),
        strict_budget=False,
        coverage=Adopted(),
    )
    assert read(root) == expected


@pytest.mark.parametrize(
    "word",
    [
        "tests/api",
        "tests/api/test_orders.py",
        "tests/api/test_orders.py::test_x",
        "tests/api/test_orders.py::T::test_x[a::b]",
    ],
)
def test_paths_and_node_ids_select(root: Path, word: str) -> None:
    """A folder, a file and a node id each take the place of the suite's folders."""
    arguments = read(root, "-x", word)
    assert arguments.selection
    assert arguments.words == ("-x", word)


def test_path_from_where_nox_was_called(root: Path) -> None:
    """A path that a shell completed in the monorepo's top folder reaches pytest as one in the project."""
    arguments = read(root, "services/shop/tests/api/test_orders.py::test_x")
    assert arguments.words == ("tests/api/test_orders.py::test_x",)
    assert arguments.selection


def test_path_in_root_comes_first(root: Path) -> None:
    """Where both folders have the path, the project's own is meant."""
    (root.parents[1] / "tests" / "api").mkdir(parents=True)
    assert read(root, "tests/api").words == ("tests/api",)


@pytest.mark.parametrize(
    "words",
    [("-k", "tests"), ("-m", "tests"), ("--ignore", "tests/api"), ("--deselect", "tests/api/test_orders.py::test_x")],
)
def test_value_of_an_option_selects_nothing(root: Path, words: tuple[str, str]) -> None:
    """A value that looks like a path is left to its option."""
    arguments = read(root, *words)
    assert not arguments.selection
    assert arguments.words == words


def test_file_that_is_no_test_selects_nothing(root: Path) -> None:
    """A file of another kind is the value of some plugin's option."""
    assert not read(root, "--plugin-settings", "settings.toml").selection


def test_unknown_option_may_have_a_missing_file(root: Path) -> None:
    """A missing file after an option that juncture does not know is that option's business."""
    assert not read(root, "--plugin-output", "made_later.py").selection


@pytest.mark.parametrize("word", ["tests/api/test_order.py", "tests/nowhere/test_x.py::test_y", "::test_y"])
def test_missing_path_is_an_error(root: Path, word: str) -> None:
    """A mistyped path is named, with the folder that it counts from."""
    with pytest.raises(UsageError) as caught:
        read(root, "-v", word)
    assert str(caught.value) == f"after --: there is no {word.split('::', maxsplit=1)[0]}\n  a path counts from {root}"


@pytest.mark.parametrize(
    ("words", "workers"),
    [
        (("-n", "3"), "3"),
        (("-n3",), "3"),
        (("--numprocesses=auto",), "auto"),
        (("--numprocesses", "2"), "2"),
        (("-n", "3", "-n", "0"), "0"),
        (("-k", "n"), ""),
    ],
)
def test_number_of_workers(root: Path, words: tuple[str, ...], workers: str) -> None:
    """Every spelling of xdist's option is seen, and the last one counts."""
    assert read(root, *words).workers == workers


@pytest.mark.parametrize("words", [("--pdb",), ("--trace",), ("-p", "no:xdist"), ("-pno:xdist",)])
def test_some_options_need_one_process(root: Path, words: tuple[str, ...]) -> None:
    """A debugger, and a run without xdist, have no workers."""
    assert read(root, *words).alone


@pytest.mark.parametrize(
    ("words", "narrowing"),
    [
        (("-k", "orders"), ("-k",)),
        (("-korders", "-x"), ("-korders",)),
        (("-m", "not slow", "--lf"), ("-m", "--lf")),
        (("--deselect=tests/a.py::test_b", "--ignore", "tests/old"), ("--deselect=tests/a.py::test_b", "--ignore")),
        (("-x", "--ff", "--maxfail=1", "-o", "-kept=1", "-n", "2"), ()),
    ],
)
def test_some_options_leave_tests_out(root: Path, words: tuple[str, ...], narrowing: tuple[str, ...]) -> None:
    """A run with one of them is not the whole suite; an order, or an end at the first failure, is."""
    assert read(root, *words).narrowing == narrowing


@pytest.mark.parametrize("word", ["--collect-only", "--co", "--fixtures", "--help", "--version"])
def test_some_options_run_no_test(root: Path, word: str) -> None:
    """A question to pytest is told from a run."""
    assert read(root, word).asks_only


@pytest.mark.parametrize(
    ("words", "rest", "adopted"),
    [
        ("--cov", "", Adopted(options=("--cov",))),
        ("--cov=shop -x", "-x", Adopted(options=("--cov=shop",), source=("shop",))),
        ("--cov shop --cov=other", "", Adopted(options=("--cov", "shop", "--cov=other"), source=("shop", "other"))),
        ("--cov -x", "-x", Adopted(options=("--cov",))),
        ("--cov-branch -q", "-q", Adopted(options=("--cov-branch",), branch=True)),
        ("--cov-report term -q", "-q", Adopted(options=("--cov-report", "term"))),
        ("--cov-report=xml:c.xml", "", Adopted(options=("--cov-report=xml:c.xml",))),
        ("--cov-fail-under 80", "", Adopted(options=("--cov-fail-under", "80"), fail_under="80")),
        ("--cov-config=c.ini", "", Adopted(options=("--cov-config=c.ini",), config="c.ini")),
        ("--no-cov", "", Adopted(options=("--no-cov",), off=True)),
        ("--no-cov-on-fail --cov-append", "", Adopted(options=("--no-cov-on-fail", "--cov-append"))),
    ],
)
def test_options_of_pytest_cov_are_taken_over(root: Path, words: str, rest: str, adopted: Adopted) -> None:
    """What pytest-cov was asked for never reaches pytest: there is one owner of coverage."""
    arguments = read(root, *words.split())
    assert arguments.coverage == adopted
    assert arguments.words == tuple(rest.split())


def test_option_that_only_looks_like_pytest_cov(root: Path) -> None:
    """Another plugin's option that begins with the same letters is left alone."""
    assert read(root, "--covert").words == ("--covert",)


def test_each_bundle_to_run_again_is_heard(root: Path) -> None:
    """The option may come more than once, in either form; a folder after it selects no tests."""
    arguments = read(root, "--juncture-rerun", "tests/api", "-x", "--juncture-rerun=two")
    assert arguments.rerun == ("tests/api", "two")
    assert not arguments.selection
