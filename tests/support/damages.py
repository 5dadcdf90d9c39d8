"""What may befall bundles between a job and the merge: random, and repeatable from a seed.

Each damage takes a generator of random numbers and the folder that holds the bundles, changes something in it, and
returns what it did in words.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from juncture.recording.packing import pack

__all__ = ["DAMAGES", "PACKED", "Damage", "damaged", "files_in"]

Damage: TypeAlias = Callable[[random.Random, Path], str]


def damaged(rng: random.Random, bundles: Sequence[Path], folder: Path) -> list[str]:
    """Copy bundles to a new folder and damage them, as folders or packed or both; return what was done."""
    folder.mkdir()
    for bundle in bundles:
        shutil.copytree(bundle, folder / bundle.name)
    how = rng.choice(("folders", "folders", "folders", "packed", "before packing"))
    if how == "packed":
        _pack_all(folder)
        return [f"packed: {_inflict(rng.choice(PACKED), rng, folder)}"]
    told = [_inflict(rng.choice(DAMAGES), rng, folder) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
    if how == "before packing":
        _pack_all(folder)
        told.append("then packed")
    return told


def _inflict(damage: Damage, rng: random.Random, folder: Path) -> str:
    """Do one damage; one that an earlier one has made impossible is half done."""
    try:
        return damage(rng, folder)
    except OSError as error:
        return f"{damage.__name__} as far as possible ({type(error).__name__})"


def _pack_all(folder: Path) -> None:
    for bundle in sorted(folder.iterdir()):
        if bundle.is_dir():
            pack(bundle)
            shutil.rmtree(bundle)


def files_in(folder: Path) -> list[Path]:
    """Return every file of every bundle, sorted."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _file(rng: random.Random, folder: Path) -> Path:
    found = files_in(folder)
    return rng.choice(found) if found else _made(folder)


def _made(folder: Path) -> Path:
    """Return a new file, where all the others are gone."""
    (folder / "left.txt").write_text("nothing else was left\n")
    return folder / "left.txt"


def _bundle(rng: random.Random, folder: Path) -> Path:
    found = sorted(path for path in folder.iterdir() if path.is_dir())
    return rng.choice(found) if found else folder


def _other(path: Path, folder: Path) -> Path:
    """Return another bundle's file of the same name, or the nearest there is."""
    same = [each for each in files_in(folder) if each.name == path.name and each != path]
    alike = [each for each in files_in(folder) if each.suffix == path.suffix and each != path]
    return (same or alike or [path])[0]


def _drop(rng: random.Random, folder: Path) -> str:
    path = _file(rng, folder)
    path.unlink()
    return f"{path.relative_to(folder)} dropped"


def _truncate(rng: random.Random, folder: Path) -> str:
    path = _file(rng, folder)
    data = path.read_bytes()
    size = rng.randrange(len(data)) if data else 0
    path.write_bytes(data[:size])
    return f"{path.relative_to(folder)} cut to {size} of {len(data)} bytes"


def _flip(rng: random.Random, folder: Path) -> str:
    path = _file(rng, folder)
    data = bytearray(path.read_bytes())
    places = [rng.randrange(len(data)) for _ in range(rng.randint(1, 8))] if data else []
    for place in places:
        data[place] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    return f"{path.relative_to(folder)} has bits flipped at {places}"


def _digits(rng: random.Random, folder: Path) -> str:
    """Change a digit: what is read stays JSON, and says something else."""
    path = _file(rng, folder)
    data = bytearray(path.read_bytes())
    places = [place for place, byte in enumerate(data) if chr(byte).isdigit()]
    place = rng.choice(places) if places else -1
    if places:
        data[place] = rng.choice(b"0123456789e.-")
        path.write_bytes(data)
    return f"{path.relative_to(folder)} has another digit at {place}"


def _duplicate(rng: random.Random, folder: Path) -> str:
    path = _file(rng, folder)
    copy = path.with_name(f"{path.stem}-2{path.suffix}")
    shutil.copy(path, copy)
    return f"{path.relative_to(folder)} copied to {copy.name}"


def _append(rng: random.Random, folder: Path) -> str:
    path = _file(rng, folder)
    more = rng.choice((b"\n", b"{}\n", b'{"event":"closed","time":1.0,"exit":0}\n', b"\x00" * 9, rng.randbytes(40)))
    with path.open("ab") as file:
        file.write(more)
    return f"{path.relative_to(folder)} has {more!r} appended"


def _reorder(rng: random.Random, folder: Path) -> str:
    path = _file(rng, folder)
    lines = path.read_bytes().split(b"\n")
    rng.shuffle(lines)
    path.write_bytes(b"\n".join(lines))
    return f"{path.relative_to(folder)} has its lines in another order"


def _lose_a_line(rng: random.Random, folder: Path) -> str:
    path = _file(rng, folder)
    lines = path.read_bytes().split(b"\n")
    at = rng.randrange(len(lines))
    del lines[at]
    path.write_bytes(b"\n".join(lines))
    return f"{path.relative_to(folder)} lost line {at + 1}"


def _swap(rng: random.Random, folder: Path) -> str:
    one = _file(rng, folder)
    other = _other(one, folder)
    ours, theirs = one.read_bytes(), other.read_bytes()
    one.write_bytes(theirs)
    other.write_bytes(ours)
    return f"{one.relative_to(folder)} and {other.relative_to(folder)} changed places"


def _rename(rng: random.Random, folder: Path) -> str:
    path = _file(rng, folder)
    name = rng.choice((f"{path.name}.bak", f"x{path.name}", "journal-gw7.jsonl", "plan.json", "manifest.json"))
    path.replace(path.with_name(name))
    return f"{path.relative_to(folder)} renamed to {name}"


def _move(rng: random.Random, folder: Path) -> str:
    path, bundle = _file(rng, folder), _bundle(rng, folder)
    path.replace(bundle / path.name)
    return f"{path.relative_to(folder)} moved into {bundle.name}"


def _move_manifest(rng: random.Random, folder: Path) -> str:
    found = [path for path in files_in(folder) if path.name == "manifest.json"]
    if not found:
        return "no manifest was left to move"
    one = rng.choice(found)
    other = _bundle(rng, folder) / "manifest.json"
    if other != one:
        shutil.copy(one, other)
        one.unlink()
    return f"{one.relative_to(folder)} moved to {other.relative_to(folder)}"


def _empty_file(rng: random.Random, folder: Path) -> str:
    path = _file(rng, folder)
    path.write_bytes(b"")
    return f"{path.relative_to(folder)} emptied"


def _to_folder(rng: random.Random, folder: Path) -> str:
    path = _file(rng, folder)
    path.unlink()
    path.mkdir()
    return f"{path.relative_to(folder)} made a folder"


def _to_link(rng: random.Random, folder: Path) -> str:
    path = _file(rng, folder)
    path.unlink()
    # To itself or to nothing, and never out of the folder: what is done next is done through the link.
    path.symlink_to(rng.choice((path.name, "gone.txt")))
    return f"{path.relative_to(folder)} made a link to {path.readlink()}"


def _drop_bundle(rng: random.Random, folder: Path) -> str:
    bundle = _bundle(rng, folder)
    shutil.rmtree(bundle, ignore_errors=True)
    folder.mkdir(exist_ok=True)
    return f"{bundle.name} dropped"


def _empty_bundle(rng: random.Random, folder: Path) -> str:
    bundle = _bundle(rng, folder)
    shutil.rmtree(bundle, ignore_errors=True)
    bundle.mkdir()
    return f"{bundle.name} emptied"


def _copy_bundle(rng: random.Random, folder: Path) -> str:
    bundle = _bundle(rng, folder)
    if bundle == folder:
        return "no bundle was left to copy"
    shutil.copytree(bundle, folder / f"{bundle.name}-copy", symlinks=True, dirs_exist_ok=True)
    return f"{bundle.name} copied"


def _rename_bundle(rng: random.Random, folder: Path) -> str:
    bundle = _bundle(rng, folder)
    if bundle == folder:
        return "no bundle was left to rename"
    bundle.rename(folder / f"other-{rng.randrange(1000)}")
    return f"{bundle.name} renamed"


def _pour_together(rng: random.Random, folder: Path) -> str:
    """Put all bundles into one folder, as a download that merges artifacts does."""
    bundles = [path for path in folder.iterdir() if path.is_dir()]
    rng.shuffle(bundles)
    for bundle in bundles[1:]:
        shutil.copytree(bundle, bundles[0], symlinks=True, dirs_exist_ok=True)
        shutil.rmtree(bundle)
    return f"{len(bundles)} bundles poured together"


def _drop_hidden(_: random.Random, folder: Path) -> str:
    """Delete what upload actions take for hidden: nothing of a bundle's."""
    hidden = [path for path in folder.rglob(".*") if path.is_file()]
    for path in hidden:
        path.unlink()
    return f"{len(hidden)} hidden files dropped"


def _rename_pack(rng: random.Random, folder: Path) -> str:
    path = _file(rng, folder)
    path.replace(path.with_suffix(rng.choice((".ZIP", ".part", ""))))
    return f"{path.name} has another suffix"


def _prepend(rng: random.Random, folder: Path) -> str:
    path = _file(rng, folder)
    path.write_bytes(rng.randbytes(30) + path.read_bytes())
    return f"{path.name} begins with something else"


DAMAGES: tuple[Damage, ...] = (
    *(_drop, _truncate, _flip, _flip, _digits, _digits, _duplicate, _append, _reorder, _lose_a_line, _swap, _rename),
    *(_move, _move_manifest, _empty_file, _to_folder, _to_link, _drop_bundle, _empty_bundle, _copy_bundle),
    *(_rename_bundle, _pour_together, _drop_hidden),
)
"""What happens to bundles as folders."""

PACKED: tuple[Damage, ...] = (_truncate, _flip, _flip, _flip, _duplicate, _append, _swap, _drop, _rename_pack, _prepend)
"""What happens to packed ones."""
