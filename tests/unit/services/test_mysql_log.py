"""Tests of ``juncture.services.mysql_log``."""

from __future__ import annotations

from juncture.services.mysql_log import about

LOG = """\
2026-11-30 13:47:37 0 [Note] InnoDB: Using AVX512 instructions
2026-11-30 13:47:37 0 [Note] mariadbd: ready for connections.
2026-11-30 13:47:38 7 [Warning] Aborted connection 7 to db: 'jn_shop_1f_db_x_gw0' user: 'root' (Got an error)
2026-11-30 13:47:38 8 [Warning] Aborted connection 8 to db: 'jn_shop_1f_db_x_gw1' user: 'root' (Got an error)
2026-11-30  9:47:39 0 [ERROR] mysqld got signal 6 ;
This could be because you hit a bug.""".splitlines()

OFFICIAL = [
    "2026-11-30T13:47:37.123456Z 0 [System] [MY-010116] [Server] mysqld (mysqld 8.4.0) starting as process 1",
    "2026-11-30T13:47:38.123456Z 0 [ERROR] [MY-010119] [Server] Aborting",
]


def test_lines_about_a_neighbour_are_left_out() -> None:
    """A database of ours that is named is that worker's; a line that names none is everybody's."""
    shown = about(LOG, {"jn_shop_1f_db_x_gw0"})
    assert shown == [
        "13:47:37  NOTE: mariadbd: ready for connections.",
        "13:47:38  WARNING: Aborted connection 7 to db: 'jn_shop_1f_db_x_gw0' user: 'root' (Got an error)",
        "09:47:39  ERROR: mysqld got signal 6 ;",
        "This could be because you hit a bug.",
    ]


def test_lines_of_earlier_are_left_out() -> None:
    """To the second, which is all that MariaDB tells."""
    assert about(LOG, set(), "2026-11-30 13:47:38.900") == []
    assert about(LOG[:2], set(), "2026-11-30 13:47:37.900") == ["13:47:37  NOTE: mariadbd: ready for connections."]


def test_lines_of_mysql_are_read_too() -> None:
    """It writes moments in another form, and a number behind the severity."""
    assert about(OFFICIAL, set())[-1] == "13:47:38  ERROR: [MY-010119] [Server] Aborting"
