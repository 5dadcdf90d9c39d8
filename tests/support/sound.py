"""The facts of a machine on which nothing is wrong, and what is found where they are changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from juncture.provisioning.doctor import DockerFacts, EnvironmentFacts, Facts, HomeFacts, ServiceFacts, findings

__all__ = ["HOME", "SOUND", "service", "told"]

HOME = HomeFacts(path="/var/cache/juncture", writable=True, mine=True, free=10**10, locks=True, keeper=None)
SOUND = Facts(
    root="/shop",
    idle=900.0,
    services=(
        ServiceFacts(name="db", kind="postgres", asked="18", product="postgres", version="18.6.3", program="postgres"),
    ),
    docker=DockerFacts(address="/var/run/docker.sock", state="absent"),
    memory_path="/memory",
    memory=(8 * 10**9, 4 * 10**9),
    user="ann",
    home=HOME,
    environments=(
        EnvironmentFacts(name="python", python="3.11.7", versions={"pytest": "9.2.0", "coverage": "7.17.3"}),
    ),
    minima={"pytest": "8.2", "pytest-xdist": "3.6", "coverage": "7.13.1"},
)


def told(topic: str, **changes: Any) -> list[tuple[str, str, str]]:
    """Return level, text and fix of each finding on a topic, where the sound machine is changed."""
    found = findings(replace(SOUND, **changes))
    return [(finding.level, finding.text, finding.fix) for finding in found if finding.topic == topic]


def service(**changes: Any) -> tuple[ServiceFacts, ...]:
    """Return the facts of one service, changed."""
    return (replace(SOUND.services[0], **changes),)
