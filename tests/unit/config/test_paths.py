"""Tests of ``juncture.config._paths``."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juncture.config._paths import Folder, Folders, Globs, Inside
from juncture.config._problems import InvalidError


def test_patterns_keep_their_order_and_text() -> None:
    """A list of patterns comes back as it was written."""
    assert Globs().read(["seeds/b*.sql", "seeds/a?.sql", "./x/**"]) == ("seeds/b*.sql", "seeds/a?.sql", "./x/**")


def test_folders_are_normalized() -> None:
    """Folders that are spelled differently become the same."""
    assert Folders().read(["./tests//unit/", "."]) == ("tests/unit", ".")


def test_one_path_inside_is_normalized() -> None:
    """A file or a folder that is named alone is read as one in a list is."""
    assert Inside().read("./docker//compose.yml") == "docker/compose.yml"


@pytest.mark.parametrize("value", ["", "..", "/a", "a/../../b", "~/a", "*.yml", "a\\b", 5, ["a"]])
def test_path_outside_is_refused(value: object) -> None:
    """Anything but one path in the project is refused."""
    with pytest.raises(InvalidError):
        Inside().read(value)


@pytest.mark.parametrize(("written", "read"), [("build/reports/", "build/reports"), ("/tmp/r", "/tmp/r"), ("./r", "r")])  # noqa: S108 - never written to
def test_folder_to_write_may_be_absolute(written: str, read: str) -> None:
    """Results may go outside the project."""
    assert Folder().read(written) == read


def test_list_may_be_empty_unless_told() -> None:
    """A list without a least number may be empty; one with may not."""
    assert Globs().read([]) == ()
    with pytest.raises(InvalidError, match="must not be empty"):
        Globs(least=1).read([])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("seeds/*.sql", 'must be a list of strings, not a string; write ["seeds/*.sql"]'),
        (5, "must be a list of strings, not a number"),
        ([5], "must be a list of strings, but holds a number"),
        ([""], "holds an empty string"),
        ([" "], "holds an empty string"),
        (["a\0"], '"a\\u0000" holds a NUL character'),
        (["a\\b"], '"a\\\\b" has a backslash; write "/" between folders'),
        (["/etc"], '"/etc" is absolute; write it relative to the folder of pyproject.toml'),
        (["~/x"], '"~/x" is absolute; write it relative to the folder of pyproject.toml'),
        (["C:/x"], '"C:/x" is absolute; write it relative to the folder of pyproject.toml'),
        (["a/../b"], '"a/../b" may not have ".."; name something inside the project'),
        (["a", "a"], '"a" is there twice'),
    ],
)
@pytest.mark.parametrize("form", [Globs(), Folders()])
def test_wrong_list_is_told(form: Globs, value: object, message: str) -> None:
    """Each wrong list or item has its sentence."""
    with pytest.raises(InvalidError, match="^" + re.escape(message) + "$"):
        form.read(value)


def test_folder_spelled_twice_is_told() -> None:
    """The same folder in two spellings is there twice."""
    with pytest.raises(InvalidError, match='"tests/unit" is there twice'):
        Folders().read(["tests/unit", "./tests/unit/"])


def test_folder_is_no_pattern() -> None:
    """A pattern among folders is refused rather than never found."""
    with pytest.raises(InvalidError, match=re.escape('"tests/*" is a pattern; name each folder')):
        Folders().read(["tests/*"])


@pytest.mark.parametrize("folder", ["./~", "./C:/x", " /"])
def test_folder_is_judged_as_it_will_be_used(folder: str) -> None:
    """What is only wrong once ``./`` and slashes are gone is wrong."""
    with pytest.raises(InvalidError, match=r"is absolute|holds an empty string"):
        Folders().read([folder])


def test_every_wrong_item_is_told() -> None:
    """All problems of one list come together."""
    with pytest.raises(InvalidError) as raised:
        Globs().read(["/a", 5, "b", "../c"])
    assert len(raised.value.problems) == 3


@given(st.lists(st.text(alphabet="a./*\\~:\0 ", max_size=6)))
def test_accepted_folders_stay_inside(items: list[str]) -> None:
    """Whatever is accepted is relative, normalized, distinct and below the root."""
    try:
        folders = Folders().read(items)
    except InvalidError:
        return
    assert len(set(folders)) == len(folders)
    for folder in folders:
        assert not folder.startswith("/")
        assert ".." not in folder.split("/")
        assert Folders().read([folder]) == (folder,)
