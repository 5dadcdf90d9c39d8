"""A compose file as the source of declared services.

Imported only where the key ``compose`` is used: nothing else of juncture needs PyYAML.
"""

from __future__ import annotations

from juncture.config._compose._read import read_compose

__all__ = ["read_compose"]
