"""The collector of cyclic garbage, paused."""

from __future__ import annotations

import gc

from juncture.sharding.garbage import settle, undisturbed


def test_collector_is_as_it_was_afterwards() -> None:
    """Who had switched it off finds it off."""
    before = gc.isenabled()
    try:
        for enabled in (True, False):
            (gc.enable if enabled else gc.disable)()
            with undisturbed():
                assert not gc.isenabled()
            assert gc.isenabled() == enabled
    finally:
        (gc.enable if before else gc.disable)()


def test_collector_passes_over_what_was_settled() -> None:
    """What stays to the end is not walked through in each of the collector's rounds."""
    kept = [object()]
    try:
        settle()
        assert not any(each is kept for each in gc.get_objects())
    finally:
        gc.unfreeze()
    assert any(each is kept for each in gc.get_objects())
