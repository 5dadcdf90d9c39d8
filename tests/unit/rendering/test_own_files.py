"""The CI files of this repository, and the samples in templates/, are what juncture renders today."""

from __future__ import annotations

import re
from pathlib import Path

import juncture
from juncture.config import load
from juncture.rendering.render import render
from juncture.rendering.samples import samples
from juncture.rendering.writing import check, layout_of, read_lock
from juncture.services import schemas

CHECKOUT = Path(__file__).parents[3]


def test_own_jobs_are_rendered_from_the_declaration() -> None:
    """The shop's declaration says what the CI does; `juncture ci.render --root examples/shop` writes it."""
    config = load(CHECKOUT / "examples" / "shop", kinds=schemas())
    assert config.ci.platforms == ("github", "gitlab")
    files = render(config, read_lock(config.root), layout_of(config, CHECKOUT), config.ci.platforms)
    check(files, CHECKOUT)


def test_own_digests_are_locked() -> None:
    """Each image in this repository's jobs has an entry in the lock, with its source and its date."""
    config = load(CHECKOUT / "examples" / "shop", kinds=schemas())
    lock = read_lock(config.root)
    files = render(config, lock, layout_of(config, CHECKOUT), config.ci.platforms)
    pinned = {word for file in files for word in file.text.split() if "@sha256:" in word}
    assert pinned == {f"{image.name}@{image.digest}" for image in lock.images}
    assert all(image.source and image.date for image in lock.images)


def test_hook_in_the_docs_is_of_this_version() -> None:
    """A hook of another version would call files wrong that this one rendered."""
    guide = (CHECKOUT / "docs" / "how-to" / "run-in-github.md").read_text()
    assert f'additional_dependencies: ["juncture[ci]=={juncture.__version__}"]' in guide


def test_samples_are_rendered_today() -> None:
    """Each sample in templates/ is current, and there is no other; `inv samples` writes them."""
    folder = CHECKOUT / "templates"
    assert {path.relative_to(folder).as_posix() for path in folder.glob("samples/*/*")} == {
        file.path for file in samples()
    }
    for file in samples():
        assert (folder / file.path).read_text() == file.text


def test_samples_say_what_to_adapt() -> None:
    """What a sample tells to adapt is in it, and it does not compare itself with a declaration that nobody wrote."""
    for file in samples():
        head, _, jobs = file.text.partition("\nname:" if "/github/" in file.path else "\nstages:")
        assert "To adapt:" in head
        assert "ci.render" not in jobs
        for item in (line for line in head.splitlines() if line.startswith("#   - ")):
            for word in re.findall(r"[`/-][^ ,:]+", item.removeprefix("#   - ").partition(": ")[0]):
                assert word.strip("`") in jobs, (file.path, word)
