"""The lock: what is in it, how it is brought up to date, and that no digest is ever made up."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juncture.errors import ConfigError, ProviderError
from juncture.rendering.known_images import KNOWN
from juncture.rendering.lock import NOTHING, Lock, Locked, known, lock_text, parse_lock, pinned
from juncture.rendering.locking import locked

OLD, NEW = (f"sha256:{digit * 64}" for digit in "ab")
ENTRY = Locked(name="redis:8-alpine", digest=OLD, source="registry.example.org", date="2026-01-02")
WORDS = st.text(st.characters(codec="ascii", exclude_characters='"\\', min_codepoint=32, max_codepoint=126), min_size=1)


def answers(name: str) -> tuple[str, str]:
    """Return what a registry says of every image."""
    return NEW, f"registry of {name}"


def silent(_name: str) -> tuple[str, str]:
    """Fail as a registry does that can't be reached."""
    raise ProviderError("registry-1.docker.io does not tell the digest: Connection refused", where="ci.lock")


@given(st.lists(st.builds(Locked, name=WORDS, digest=st.just(OLD), source=WORDS, date=st.just("2026-11-30"))))
def test_text_and_lock_are_the_same(images: list[Locked]) -> None:
    """What is written is read as it was, sorted by name."""
    lock = Lock().with_images(images)
    assert parse_lock(lock_text(lock), where="juncture.lock") == lock
    assert [image.name for image in lock.images] == sorted({image.name for image in images})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version = ", "not valid TOML"),
        ("", "it is of version None, this juncture reads 1"),
        ('version = 1\n[[image]]\nname = "a"\n', "an image has other keys than"),
        (
            'version = 1\n[[image]]\nname = "a"\ndigest = "sha256:1"\nsource = "x"\ndate = 2026-01-01\n',
            "or a digest that is none",
        ),
    ],
)
def test_a_lock_that_is_none_is_an_error(text: str, message: str) -> None:
    """What juncture did not write is refused, with the way out."""
    with pytest.raises(ConfigError, match=message) as raised:
        parse_lock(text, where="juncture.lock")
    assert "juncture ci.lock" in raised.value.hint


def test_a_digest_comes_from_the_declaration_the_lock_or_what_is_known() -> None:
    """In this order; where none has it there is an error, and never a tag alone."""
    lock = Lock((ENTRY,))
    assert pinned(f"a/b@{NEW}", lock, where="x") == f"a/b@{NEW}"
    assert pinned("redis:8-alpine", lock, where="x") == f"redis:8-alpine@{OLD}"
    assert pinned("redis:8-alpine", NOTHING, where="x") == f"redis:8-alpine@{KNOWN['redis:8-alpine']}"
    with pytest.raises(ConfigError, match=r"x: no digest of the image redis:1 is known") as raised:
        pinned("redis:1", lock, where="x")
    assert "juncture ci.lock" in raised.value.hint


def test_what_is_known_is_real_digests() -> None:
    """Each is a digest of its own, and has a source and a day."""
    assert all(re.fullmatch("sha256:[0-9a-f]{64}", digest) for digest in KNOWN.values())
    entry = known("nats:2.12-alpine")
    assert entry
    assert entry.source
    assert entry.date
    assert known("nats:1") is None


def test_nothing_is_asked_where_nothing_changed() -> None:
    """A lock that has every image needs no network, and stays as it is."""
    lock, told = locked(["redis:8-alpine"], Lock((ENTRY,)), silent, today="2026-11-30")
    assert lock == Lock((ENTRY,))
    assert told == [("redis:8-alpine", "kept")]


def test_what_is_new_is_asked_for_and_what_nobody_needs_goes() -> None:
    """A new image comes with its registry and today's date."""
    lock, told = locked(["valkey/valkey:7"], Lock((ENTRY,)), answers, today="2026-11-30")
    entry = Locked(name="valkey/valkey:7", digest=NEW, source="registry of valkey/valkey:7", date="2026-11-30")
    assert lock == Lock((entry,))
    assert told == [("valkey/valkey:7", "from registry of valkey/valkey:7"), ("redis:8-alpine", "removed")]


def test_a_refresh_asks_for_everything() -> None:
    """A digest that changed is replaced; one that did not keeps its date."""
    lock, told = locked(["redis:8-alpine"], Lock((ENTRY,)), answers, today="2026-11-30", refresh=True)
    assert lock.digest("redis:8-alpine") == NEW
    assert told == [("redis:8-alpine", "from registry of redis:8-alpine")]
    again, told = locked(["redis:8-alpine"], lock, answers, today="2026-12-01", refresh=True)
    assert again == lock
    assert told == [("redis:8-alpine", "unchanged")]


def test_without_a_registry_what_is_known_is_taken() -> None:
    """A first lock can be made offline, and says how old what it took is."""
    for ask in (silent, None):
        lock, told = locked(["nats:2.12-alpine"], NOTHING, ask, today="2026-11-30")
        assert lock.images == (known("nats:2.12-alpine"),)
        assert told[0][1].startswith("as known on 2026-10-31")
        with pytest.raises(ProviderError):
            locked(["nats:1"], NOTHING, ask, today="2026-11-30")
    with pytest.raises(ProviderError):
        locked(["nats:2.12-alpine"], lock, silent, today="2026-11-30", refresh=True)
