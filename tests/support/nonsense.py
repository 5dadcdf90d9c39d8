"""Values of a wrong kind, put into what is JSON in bundles: at random, and repeatable from a seed."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING, Any

from damages import files_in

from juncture.errors import IncompleteError
from juncture.recording.bundle import seal

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["nonsense"]


def nonsense(rng: random.Random, bundles: Sequence[Path], folder: Path) -> str:
    """Copy bundles to a new folder and put a value of a wrong kind somewhere, sealed or not; return what was done."""
    for bundle in bundles:
        shutil.copytree(bundle, folder / bundle.name)
    path = rng.choice([path for path in files_in(folder) if path.suffix in {".json", ".jsonl"}])
    lines = path.read_text().splitlines()
    at = rng.choice((0, len(lines) - 1, rng.randrange(len(lines)))) if path.suffix == ".jsonl" else 0
    document = json.loads(lines[at] if path.suffix == ".jsonl" else path.read_text())
    value = rng.choice(NONSENSE)
    key = _put(rng, document, value)
    if path.name == "manifest.json":
        del document["checksum"]
        text = json.dumps(document, sort_keys=True, separators=(",", ":"))
        path.write_text(json.dumps({**document, "checksum": hashlib.sha256(text.encode()).hexdigest()}))
        how = "with a checksum that fits"
    else:
        lines[at] = json.dumps(document)
        path.write_text("\n".join([*lines, ""]) if path.suffix == ".jsonl" else lines[at])
        how = _seal_or_not(rng, path.parent)
    return f"{path.relative_to(folder)}, line {at + 1}: {key} is {value!r}, {how}"


def _put(rng: random.Random, document: Any, value: object) -> str:
    """Put a value somewhere into a document; return where."""
    keys = list(document) if isinstance(document, dict) else list(range(len(document)))
    key = rng.choice(keys)
    inner = document[key]
    if isinstance(inner, dict | list) and inner and rng.random() < 0.7:
        return f"{key}.{_put(rng, inner, value)}"
    document[key] = value
    return str(key)


def _seal_or_not(rng: random.Random, bundle: Path) -> str:
    match rng.choice(("sealed again", "unsealed", "as it was sealed")):
        case "sealed again":
            try:
                seal(bundle, {})
            except IncompleteError as error:
                return f"not to be sealed: {error.what}"
            return "sealed again"
        case "unsealed":
            (bundle / "manifest.json").unlink()
            return "unsealed"
        case how:
            return how


NONSENSE: tuple[object, ...] = (
    *(None, True, 0, -1, 7, 1.5, -1e300, 1e300, 10**30, float("nan"), float("inf"), "", "x", "\ud800", "a\x00b"),
    *([], [[]], [1], {}, {"a": 1}, "closed", "controller", "started", "failed", "tests/unit/test_add.py::test_add[0]"),
)
"""Values of every kind, wherever another kind is expected."""
