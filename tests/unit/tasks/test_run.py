"""What ``run`` makes of its words."""

from __future__ import annotations

from juncture.tasks._run import exact_words


def test_exact_words_come_back_from_both_programs() -> None:
    """Plain Invoke's joined remainder is looked up in argv; the program's quoted one is split."""
    words = ["sh", "-c", "echo 'a  b'", ""]
    argv = ["inv", "run", "--", *words]
    assert exact_words(" ".join(words), argv) == words
    assert exact_words("sh -c 'echo '\"'\"'a  b'\"'\"'' ''", argv) == words
    assert exact_words("", ["inv", "run"]) == []
