"""A unit test: it needs no service, and starts none."""


def test_sum() -> None:
    """Adds."""
    assert sum([1, 2]) == 3
