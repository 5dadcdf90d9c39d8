"""Where the sources lay on the runners that measured them."""

from __future__ import annotations

import pytest

from juncture.merging.coverage.paths import elsewhere, is_absolute, roots_elsewhere

HERE = frozenset({"shop/orders.py", "shop/users.py", "shop/db/base.py", "conftest.py", "random.py"})


@pytest.mark.parametrize(
    ("name", "absolute"),
    [
        ("/builds/x/y/shop/orders.py", True),
        (r"D:\a\shop\shop\orders.py", True),
        ("C:/a/orders.py", True),
        (r"\\host\share\orders.py", True),
        ("shop/orders.py", False),
        (r"shop\orders.py", False),
        ("c:orders.py", False),
    ],
)
def test_absolute_names_of_every_system(name: str, absolute: bool) -> None:  # noqa: FBT001 - a row of the table
    """A name is absolute where its own system says so."""
    assert is_absolute(name) is absolute


def test_names_of_here_are_not_elsewhere() -> None:
    """What is relative, or below the root, needs no other one; a folder that begins alike is another."""
    assert elsewhere(["shop/a.py", "/srv/shop/a.py", "/srv2/a.py"], "/srv") == ["/srv2/a.py"]


@pytest.mark.parametrize(
    ("names", "roots"),
    [
        (["/builds/x/y/shop/orders.py", "/builds/x/y/shop/users.py"], ["/builds/x/y"]),
        (["/__w/shop/shop/shop/orders.py"], ["/__w/shop/shop"]),
        ([r"D:\a\shop\shop\orders.py", r"D:\a\shop\shop\db\base.py"], [r"D:\a\shop"]),
        (["/app/shop/orders.py", r"C:\w\shop\users.py"], ["/app", r"C:\w"]),
        (["/app/shop/orders.py", "/app/conftest.py"], ["/app"]),
        (["/app/shop/orders.py", "/app/build/generated.py"], []),
        (["/app/shop/orders.py", "/app/shop/users.py", "/app/build/generated.py"], ["/app"]),
        (["/usr/lib/python3.11/random.py"], []),
        (["/elsewhere/entirely.py"], []),
        ([], []),
    ],
)
def test_roots_are_found_by_what_exists_here(names: list[str], roots: list[str]) -> None:
    """A root is what most names below it begin with before a path that exists here, of more than a file's name."""
    assert roots_elsewhere(names, HERE.__contains__) == roots


def test_nearest_root_wins() -> None:
    """The longest path that exists here decides, so that a folder of the same name twice is taken once."""
    assert roots_elsewhere(["/b/shop/shop/orders.py"], {"shop/orders.py", "shop/shop/orders.py"}.__contains__) == ["/b"]
