"""The CI files of this repository, and the samples in templates/, are what juncture renders today."""

from __future__ import annotations

from pathlib import Path

from juncture.config import load
from juncture.rendering.render import render
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
