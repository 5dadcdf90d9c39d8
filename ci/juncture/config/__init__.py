"""The declaration: ``[tool.juncture]`` read, checked and frozen.

``parse`` is pure (a mapping in, a ``Config`` out); ``load`` reads the file and calls it.
"""

from __future__ import annotations

from juncture.config._load import find_root, load
from juncture.config._parse import parse
from juncture.config.ci import Ci, Job
from juncture.config.types import (
    Config,
    Gates,
    KindSchema,
    Layer,
    Point,
    Quarantine,
    Ready,
    Reset,
    Reuse,
    Service,
    Source,
    Template,
)

__all__ = [
    "Ci",
    "Config",
    "Gates",
    "Job",
    "KindSchema",
    "Layer",
    "Point",
    "Quarantine",
    "Ready",
    "Reset",
    "Reuse",
    "Service",
    "Source",
    "Template",
    "find_root",
    "load",
    "parse",
]
