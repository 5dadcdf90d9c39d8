"""Bring artifacts of /store back, by the rules of actions/download-artifact 4 and newer.

A name that must be there and is not fails; a pattern that finds nothing does not. Of a name the newest attempt's is
taken. Those of an earlier attempt are listed, and fetched only with a token and the run's id
(actions/download-artifact#486).
"""

from __future__ import annotations

import os
import shutil
import sys
from fnmatch import fnmatch
from pathlib import Path

STORE = os.environ.get("STORE", "/store")


def main() -> None:
    """Download what the variables say."""
    attempt = os.environ.get("ATTEMPT") or "1"
    name, pattern = os.environ["NAME"], os.environ["PATTERN"]
    newest: dict[str, Path] = {}
    for folder in sorted(Path(STORE, "artifacts").glob("*/*"), key=lambda path: int(path.parent.name)):
        newest[folder.name] = folder
    wanted = {key: newest[key] for key in sorted(newest) if (key == name if name else fnmatch(key, pattern or "*"))}
    if name and not wanted:
        sys.exit(f"Error: Unable to download artifact(s): Artifact not found for name: {name}")
    for key, folder in wanted.items():
        if folder.parent.name != attempt and not (os.environ["TOKEN"] and os.environ["RUN"]):
            sys.exit("Error: Failed to GetSignedArtifactURL: (404) Not Found: workflow run not found")
        flat = name or os.environ["MERGE"] == "true"
        target = Path(os.environ["TARGET"] or ".")
        shutil.copytree(folder, target if flat else target / key, dirs_exist_ok=True)
        print(f"Artifact {key} of attempt {folder.parent.name} is downloaded to {target}")


main()
