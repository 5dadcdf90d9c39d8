"""The measure as values, and as ``coverage.json``."""

from __future__ import annotations

from juncture.merging.coverage.measured import FileLines, as_document, share


def test_share_is_exact_where_it_can_be() -> None:
    """No share of two whole numbers is a little less than it is; nothing of nothing is everything."""
    assert all(share(part, 100) == part for part in range(101))
    assert share(0, 0) == 100.0


def test_document_has_totals_and_files() -> None:
    """Totals and files are named as in coverage's own report, and files are sorted."""
    files = {
        "b.py": FileLines(executed=(1, 2), missing=(3,), branches=2, taken=1),
        "a.py": FileLines(executed=(), missing=(1,)),
    }
    document = as_document(files)
    assert list(document["files"]) == ["a.py", "b.py"]
    assert document["files"]["b.py"]["executed_lines"] == [1, 2]
    assert document["files"]["b.py"]["missing_lines"] == [3]
    assert document["files"]["b.py"]["summary"]["percent_covered"] == 60.0
    assert document["totals"] == {
        "covered_lines": 2,
        "missing_lines": 2,
        "num_statements": 4,
        "num_branches": 2,
        "covered_branches": 1,
        "percent_covered": 50.0,
    }
