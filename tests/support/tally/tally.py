"""A program of three functions, so that there is something to measure."""


def add(one: int, other: int) -> int:
    """Return the sum."""
    return one + other


def double(number: int) -> int:
    """Return twice the number."""
    return add(number, number)


def unused(number: int) -> int:
    """Return the number: no test runs this line."""
    return number
