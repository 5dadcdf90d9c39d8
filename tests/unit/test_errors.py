"""Every error has an exit code of its own, and a message in three parts."""

from __future__ import annotations

import pytest

import juncture.errors
from juncture.errors import JunctureError

CLASSES = [getattr(juncture.errors, name) for name in juncture.errors.__all__]


def test_one_root() -> None:
    """One ``except JunctureError`` catches whatever a user can meet."""
    assert all(issubclass(cls, JunctureError) for cls in CLASSES)


def test_exit_codes_are_unique() -> None:
    """The exit code alone tells what kind of error it was."""
    codes = {cls.__name__: cls.exit_code for cls in CLASSES}
    assert len(set(codes.values())) == len(CLASSES), codes


def test_exit_codes_fit_what_shells_and_pytest_mean() -> None:
    """No code claims success, pytest's "no tests", or a shell's own codes; all that pytest has mean the same here."""
    assert all(0 < cls.exit_code < 126 and cls.exit_code != 5 for cls in CLASSES)
    by_code = {cls.exit_code: cls.__name__ for cls in CLASSES}
    assert [by_code.get(code) for code in (1, 2, 3, 4)] == ["FailedTestsError", None, "JunctureError", "UsageError"]


@pytest.mark.parametrize("cls", CLASSES)
def test_message_says_where_what_and_next(cls: type[JunctureError]) -> None:
    """The place comes first, and the next step stands on a line of its own."""
    error = cls("unknown key", where="pyproject.toml: tool.juncture.unti", hint='did you mean "unit"?')
    assert str(error) == 'pyproject.toml: tool.juncture.unti: unknown key\n  did you mean "unit"?'


def test_message_without_a_part() -> None:
    """A part that is not there leaves no punctuation behind."""
    assert str(JunctureError("it broke")) == "it broke"
    assert str(JunctureError("it broke", where="here")) == "here: it broke"
    assert str(JunctureError("it broke", hint="mend it")) == "it broke\n  mend it"


def test_every_public_error_is_exported() -> None:
    """A new class can't be forgotten in ``__all__``."""
    defined = {
        name
        for name, value in vars(juncture.errors).items()
        if isinstance(value, type) and value.__module__ == "juncture.errors"
    }
    assert defined == set(juncture.errors.__all__)
