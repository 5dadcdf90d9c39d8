"""Keep files as an artifact in /store, by the rules of actions/upload-artifact 4 and newer.

A name is taken once per attempt (409); some characters are banned in it and in what it holds; hidden files are left out
unless they are asked for; where one folder is named, or several paths, their nearest common folder is the root.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from glob import glob
from pathlib import Path

STORE = os.environ.get("STORE", "/store")
BANNED = r'[":<>|*?\r\n]'


def main() -> None:
    """Upload what the variables say."""
    name = os.environ["NAME"]
    if not name or re.search(BANNED, name) or re.search(r"[\\/]", name):
        sys.exit(f"Error: The artifact name is not valid: {name}")
    patterns = [line.strip() for line in os.environ["PATTERNS"].splitlines() if line.strip()]
    hidden = os.environ["HIDDEN"] == "true"
    files = sorted({path for pattern in patterns for path in found(pattern, hidden=hidden)})
    if not files:
        message = f"No files were found with the provided path: {' '.join(patterns)}. No artifacts will be uploaded."
        print(message)
        sys.exit(f"Error: {message}" if os.environ["IF_NONE"] == "error" else 0)
    if bad := [path for path in files if re.search(BANNED, str(path))]:
        sys.exit(f"Error: The path for one of the files in artifact is not valid: {bad[0]}")
    folder = Path(STORE, "artifacts", os.environ.get("ATTEMPT") or "1", name)
    if folder.exists() and os.environ["OVERWRITE"] != "true":
        sys.exit("Error: Failed to CreateArtifact: (409) Conflict: an artifact with this name already exists")
    shutil.rmtree(folder, ignore_errors=True)
    root = Path(os.path.commonpath([base(pattern) for pattern in patterns]))
    for path in files:
        target = folder / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)  # an artifact keeps no rights
    print(f"Artifact {name} has been successfully uploaded: {len(files)} files")


def base(pattern: str) -> str:
    """Return the folder from which on a path's parts are kept."""
    path = os.path.abspath(pattern)  # noqa: PTH100 - of a pattern
    if "*" in path:
        return os.path.dirname(path.partition("*")[0] + "x")  # noqa: PTH120
    return path if Path(path).is_dir() else os.path.dirname(path)  # noqa: PTH120


def found(pattern: str, *, hidden: bool) -> list[Path]:
    """Return the files that a path or a pattern stands for."""
    files = []
    for start in glob(os.path.abspath(pattern), recursive=True, include_hidden=hidden):  # noqa: PTH100, PTH207
        below = Path(start).rglob("*") if Path(start).is_dir() else [Path(start)]
        files += [path for path in below if path.is_file() and (hidden or not is_hidden(path, Path(start)))]
    return files


def is_hidden(path: Path, start: Path) -> bool:
    """Tell whether a part below the named folder, or a named file, begins with a dot."""
    parts = path.relative_to(start).parts or (path.name,)
    return any(part.startswith(".") for part in parts)


main()
