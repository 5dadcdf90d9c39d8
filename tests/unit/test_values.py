"""Tests of ``juncture.values``: what a value does as a frozen dataclass would."""

from __future__ import annotations

import copy
import pickle
from dataclasses import asdict, fields, is_dataclass, replace
from typing import Any

import pytest

from juncture.values import Value


class Place(Value):
    """Two fields, of which one may be left out."""

    host: str
    port: int = 80


class Account(Value, kw_only=True, hidden=frozenset({"password"})):
    """Fields with a default before one without."""

    user: str = "me"
    password: str

    @property
    def greeting(self) -> str:
        """Return something made from a field."""
        return f"hello {self.user}"


class Same(Value, eq=False):
    """A value that is equal to itself alone."""

    names: dict[str, str]


def test_fields_are_given_in_order_or_by_name() -> None:
    """What is not given has its default."""
    assert Place("h") == Place(host="h") == Place("h", port=80) == Place("h", 80)
    assert Account(password="x").greeting == "hello me"


@pytest.mark.parametrize(
    ("args", "given"),
    [((), {}), (("h", 1, 2), {}), (("h",), {"host": "x"}), (("h",), {"prt": 1}), ((), {"port": 1})],
)
def test_other_fields_are_refused(args: tuple[Any, ...], given: dict[str, Any]) -> None:
    """The message names the fields that there are, and what is wrong."""
    with pytest.raises(TypeError, match="Place takes host, port; wrong here: "):
        Place(*args, **given)


def test_what_goes_by_name_is_refused_by_position() -> None:
    """The order of such fields is nobody's business."""
    with pytest.raises(TypeError, match="wrong here: 2 positional arguments"):
        Account("me", "x")  # type: ignore[call-arg] # what is tested


def test_value_is_frozen() -> None:
    """No field can be changed, added or removed."""
    place = Place("h")
    for name in ("port", "other"):
        with pytest.raises(AttributeError, match=f"Place is frozen: {name} can't be set"):
            setattr(place, name, 1)
    with pytest.raises(AttributeError, match="Place is frozen: port can't be deleted"):
        del place.port
    assert place == Place("h", 80)


def test_equal_values_are_of_one_class_and_hash_alike() -> None:
    """Another class with the same fields is something else."""

    class Other(Value):
        host: str
        port: int

    assert hash(Place("h", 1)) == hash(Place("h", 1))
    assert Place("h", 1) != Place("h", 2)
    assert len({Place("h", 1), Other("h", 1), Place("h", 1)}) == 2
    with pytest.raises(TypeError, match="unhashable"):
        hash(Place([]))  # type: ignore[arg-type] # what is tested


def test_value_without_equality_is_itself_alone() -> None:
    """It can be a key, whatever its fields are."""
    one, other = Same({}), Same({})
    assert one != other
    assert len({one, other, one}) == 2


def test_hidden_fields_are_not_shown() -> None:
    """What is shown would make the value again."""
    assert repr(Place("h", 1)) == "Place(host='h', port=1)"
    assert repr(Account(password="secret")) == "Account(user='me')"


def test_values_are_dataclasses_to_others() -> None:
    """The module `dataclasses` finds the fields of each class."""
    account = Account(password="x")
    assert is_dataclass(account)
    assert [field.name for field in fields(account)] == ["user", "password"]
    assert replace(account, user="you") == Account(user="you", password="x")
    assert replace(Place("h"), port=1) == Place("h", 1)
    assert asdict(account) == {"user": "me", "password": "x"}


def test_values_can_be_copied_and_sent() -> None:
    """A copy is equal to what it was made from."""
    place = Place("h", 1)
    assert copy.copy(place) == copy.deepcopy(place) == pickle.loads(pickle.dumps(place)) == place  # noqa: S301 - ours
