"""Tests of ``juncture.providers.docker.log`` without an engine."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from juncture.host.engine import Engine
from juncture.providers.docker.log import EngineLog, _pieces, tail
from juncture.providers.reservation import FileLog

if TYPE_CHECKING:
    from pathlib import Path


def frame(output: int, text: bytes) -> bytes:
    """Return a piece of a log as an engine sends it."""
    return bytes([output, 0, 0, 0]) + len(text).to_bytes(4, "big") + text


def test_both_outputs_are_read_in_their_order() -> None:
    """The frames around the pieces are taken off."""
    assert b"".join(_pieces(frame(1, b"one\n") + frame(2, b"two\n") + frame(1, b"three\n"))) == b"one\ntwo\nthree\n"


def test_terminal_s_output_has_no_frames() -> None:
    """It is returned as it came."""
    assert b"".join(_pieces(b"hello\r\n")) == b"hello\r\n"
    assert b"".join(_pieces(b"")) == b""


def test_piece_that_was_cut_off_is_read_as_far_as_it_goes() -> None:
    """An engine that ends in the middle leaves no traceback."""
    assert b"".join(_pieces(frame(1, b"whole") + frame(1, b"cut off")[:-4])) == b"wholecut"
    assert b"".join(_pieces(frame(1, b"whole") + b"\1\0")) == b"whole"


def test_engine_that_is_gone_has_no_log(tmp_path: Path) -> None:
    """Whoever shows a log next to a failure does not fail because of it."""
    log = EngineLog(Engine(f"unix://{tmp_path}/nobody"), "x")
    assert log.since(0, 100) == b""
    assert abs(log.mark() - time.time()) < 5
    assert tail(log) == ""


def test_tail_is_the_last_lines_for_a_message(tmp_path: Path) -> None:
    """They are indented, and what is no text is replaced."""
    path = tmp_path / "log"
    path.write_bytes(b"1\n2\n3 \xff\n")
    assert tail(FileLog(path), 2) == "  | 2\n  | 3 \ufffd"
