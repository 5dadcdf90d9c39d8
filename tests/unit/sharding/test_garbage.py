"""The collector of cyclic garbage, paused."""

from __future__ import annotations

import gc

from juncture.sharding.garbage import undisturbed


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
