"""Durations as people write them: ``90s``, ``15m``, ``2h``, or plain seconds."""

from __future__ import annotations

import re

from juncture.config._problems import InvalidError
from juncture.config._wording import shown

__all__ = ["parse_duration"]

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600}


def parse_duration(value: object, *, longest: int) -> float:
    """Return a duration in seconds, from 0 to ``longest``.

    Takes a number of seconds, or a text of a decimal number and one unit; raises ``InvalidError`` for anything else.
    """
    advice = 'write seconds or a text such as "90s", "15m" or "2h"'
    if isinstance(value, str):
        match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?([smh]?)", value.strip())
        if match is None:
            raise InvalidError(f"{shown(value)} is not a duration; {advice}")
        number: int | float = float(match[1])
        unit = _SECONDS[match[2]]
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number, unit = value, 1
    else:
        raise InvalidError(f"must be a duration, not {shown(value)}; {advice}")
    # An int may be too large for a float and a float may be nan: this comparison is safe for both.
    if not 0 <= number * unit <= longest:
        raise InvalidError(f"must be from 0 to {longest // 3600}h, not {shown(value)}")
    return float(number * unit)
