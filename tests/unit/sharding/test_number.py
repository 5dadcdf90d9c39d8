"""The shard's number as users write it."""

from __future__ import annotations

import pytest

from juncture.errors import UsageError
from juncture.sharding import ShardNumber


def test_number_comes_back_from_its_own_form() -> None:
    """``2/4`` is read, and written again, and said in words."""
    number = ShardNumber.parse(" 2/4\n", where="--juncture-shard")
    assert (number, number.slashed, str(number)) == (ShardNumber(2, 4), "2/4", "2 of 4")


@pytest.mark.parametrize("text", ["", "2", "/", "2/", "/4", "a/b", "2/4/6", "-1/4", "2.0/4", "٢/٤", "9999999999/1"])
def test_what_is_no_number_is_refused(text: str) -> None:
    """Anything but two whole numbers is a usage error that names the option and shows a right value."""
    with pytest.raises(UsageError) as caught:
        ShardNumber.parse(text, where="--juncture-shard")
    assert str(caught.value) == f'--juncture-shard: "{text}" is not I/N\n  the second of four shards is 2/4'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0/4", "X: there is no shard 0 of 4\n  the first is 1/4, the last 4/4"),
        ("5/4", "X: there is no shard 5 of 4\n  the first is 1/4, the last 4/4"),
        ("1/0", "X: there can be 1 to 256 shards, not 0"),
        ("1/257", "X: there can be 1 to 256 shards, not 257"),
    ],
)
def test_number_out_of_range_is_refused(text: str, message: str) -> None:
    """A shard that can't be there is told apart from a value that can't be read."""
    with pytest.raises(UsageError) as caught:
        ShardNumber.parse(text, where="X")
    assert str(caught.value) == message
