"""Keep folders in /store under a key, and bring them back, by the rules of actions/cache.

A key is written once and never changed; of the keys that begin with a restore key the newest is taken.
"""

from __future__ import annotations

import os
import shutil
import sys
from hashlib import sha256
from pathlib import Path

STORE = Path(os.environ.get("STORE", "/store"), "caches")


def main(action: str) -> None:
    """Save or restore what the variables say."""
    paths = [Path(line.strip()) for line in os.environ["PATHS"].splitlines() if line.strip()]
    key = os.environ["KEY"]
    if "," in key or len(key) > 512:
        sys.exit(f"Error: Key Validation Error: {key} is too long, or has a comma")
    STORE.mkdir(parents=True, exist_ok=True)
    (save if action == "save" else restore)(paths, key)


def save(paths: list[Path], key: str) -> None:
    """Keep the paths, unless the key is taken; a failure to save never fails a job."""
    folder = STORE / sha256(key.encode()).hexdigest()
    there = [path for path in paths if path.exists()]
    if folder.exists() or not there:
        print(f"Warning: the cache {key} is not saved: {'the key is taken' if there else 'there is no such path'}")
        return
    for path in there:
        target = folder / "files" / os.path.abspath(path).lstrip("/")  # noqa: PTH100
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if path.is_dir() else shutil.copyfile)(path, target)
    (folder / "key").write_text(key)
    print(f"Cache saved with key: {key}")


def restore(paths: list[Path], key: str) -> None:
    """Bring back the newest of what was kept under the key, or else under one that begins with a restore key."""
    kept = {folder.joinpath("key").read_text(): folder for folder in sorted(STORE.iterdir(), key=age, reverse=True)}
    prefixes = [line.strip() for line in os.environ.get("RESTORE_KEYS", "").splitlines() if line.strip()]
    found = key if key in kept else next((name for start in prefixes for name in kept if name.startswith(start)), "")
    if found:
        for path in paths:
            source = kept[found] / "files" / os.path.abspath(path).lstrip("/")  # noqa: PTH100
            if source.is_dir():
                shutil.copytree(source, path, dirs_exist_ok=True)
            elif source.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, path)
        print(f"Cache restored from key: {found}")
    elif os.environ.get("FAIL") == "true":
        sys.exit(f"Error: Failed to restore cache entry: {key}")
    else:
        print(f"Cache not found for input keys: {', '.join([key, *prefixes])}")
    with Path(os.environ["GITHUB_OUTPUT"]).open("a") as output:
        output.write(f"cache-hit={'true' if found == key else 'false' if found else ''}\ncache-matched-key={found}\n")


def age(folder: Path) -> int:
    """Return when it was kept."""
    return folder.stat().st_mtime_ns


main(sys.argv[1])
