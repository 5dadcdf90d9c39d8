"""What was covered before: an earlier total to compare with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NO_BASELINE", "Baseline", "parse_baseline", "read_baseline"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """An earlier total in percent; ``problem`` says in a sentence why there is none."""

    percent: float | None = None
    problem: str = ""


NO_BASELINE = Baseline(problem="there is no baseline to compare with")


def read_baseline(path: Path | None) -> Baseline:
    """Read a baseline from a file; None, or what can't be read, is one with a problem."""
    if path is None:
        return NO_BASELINE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        return Baseline(problem=f"the baseline {path} can't be read: {error.strerror or error}")
    except ValueError:
        return Baseline(problem=f"the baseline {path} is no JSON")
    percent = parse_baseline(document)
    return Baseline(problem=f"the baseline {path} tells no total") if percent is None else Baseline(percent=percent)


def parse_baseline(document: Any) -> float | None:
    """Return the total that a document tells, or None.

    It is a ``coverage.json``, of a merge or of coverage itself, or a list of totals, the newest last: numbers, or
    tables with ``percent_covered``; also below the key ``history``.
    """
    if isinstance(document, dict) and isinstance(document.get("history"), list):
        document = document["history"]
    if isinstance(document, list):
        document = document[-1] if document else None
    if isinstance(document, dict):
        totals = document.get("totals", document)
        document = totals.get("percent_covered") if isinstance(totals, dict) else None
    number = isinstance(document, int | float) and not isinstance(document, bool)
    return float(document) if number and 0 <= document <= 100 else None  # noqa: PLR2004 - what percent means
