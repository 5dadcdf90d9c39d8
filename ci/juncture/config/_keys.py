"""The table of keys: the one place that says which keys there are, what they take and what they default to.

The parser walks it, the reference is tested against it, and a schema can be generated from it.
"""

from __future__ import annotations

from datetime import date
from types import MappingProxyType
from typing import Any, Final, Generic, Literal, NamedTuple, TypeVar

from juncture.config._containers import Names, Patterns, Ports, Readiness, Reused
from juncture.config._forms import (
    Choice,
    Command,
    Day,
    Digest,
    Duration,
    Form,
    Image,
    Percent,
    Switch,
    Table,
    Text,
    Version,
    Whole,
)
from juncture.config._paths import Folder, Folders, Globs, Inside
from juncture.config.types import Ready, Reset, Reuse

__all__ = [
    "BEHIND",
    "BUDGET",
    "BUILD",
    "CHANGED",
    "CODE",
    "COMMAND",
    "COMPOSE",
    "COVER",
    "COVERAGE",
    "CWD",
    "DENY",
    "DEPENDS_ON",
    "DIGEST",
    "DISPOSABLE",
    "DOWNGRADE",
    "DROP",
    "EACH_POINT",
    "GATES",
    "IDLE",
    "IMAGE",
    "INTEGRATION",
    "KIND",
    "MAY_SKIP",
    "MIGRATE",
    "OPTIONS",
    "POINT",
    "POOL",
    "PORTS",
    "PROVIDER",
    "QUARANTINE",
    "READY",
    "REASON",
    "REPORTS",
    "RESET",
    "REUSE",
    "SEED",
    "SERVICE",
    "SHARDS",
    "SHARED",
    "TABLES",
    "TEST_TIMEOUT",
    "TIMEOUT",
    "TOP",
    "UNIT",
    "UNTIL",
    "VARIABLES",
    "VERSION",
    "WATCH",
    "Key",
    "Provider",
]

T = TypeVar("T")
Provider = Literal["auto", "embedded", "docker", "external"]


class Key(NamedTuple, Generic[T]):
    """One key of the declaration.

    ``example`` is a value as TOML. ``variable`` is the environment variable that overrides the key, ``*`` in it stands
    for the service; a key that has one can be given on the command line too. The default of a ``required`` key means
    nothing; which options are required depends on the kind.
    """

    name: str
    form: Form[T]
    default: T
    example: str
    about: str
    variable: str = ""
    required: bool = False


_MOST_CLONES: Final = 16
_MOST_SHARDS: Final = 256
"""What one GitHub matrix can hold; a platform that allows fewer is the renderer's to check."""

_LONGEST_IDLE: Final = 7 * 24 * 3600
_LONGEST_START: Final = 3600
_LARGEST_BUDGET: Final = 24 * 3600

UNIT: Final = Key("unit", Folders(), ("tests/unit",), '["tests/unit"]', "The folders of the unit tests.")
INTEGRATION: Final = Key(
    "integration",
    Folders(),
    ("tests/integration",),
    '["tests/integration", "tests/contract"]',
    "The folders of the integration tests.",
)
SHARDS: Final = Key(
    "shards", Whole(1, _MOST_SHARDS), 1, "4", "How many CI jobs share the integration tests.", "JUNCTURE_SHARDS"
)
PROVIDER: Final[Key[Provider]] = Key(
    "provider",
    Choice[Provider]("auto", "embedded", "docker", "external"),
    "auto",
    '"embedded"',
    "How services are obtained.",
    "JUNCTURE_PROVIDER",
)
REPORTS: Final = Key("reports", Folder(), "reports", '"build/reports"', "The folder for results.", "JUNCTURE_REPORTS")
IDLE: Final = Key(
    "idle", Duration(_LONGEST_IDLE), 900.0, '"15m"', "How long a server that nothing uses is kept.", "JUNCTURE_IDLE"
)
BUDGET: Final = Key(
    "budget",
    Duration(_LARGEST_BUDGET),
    0.0,
    '"30s"',
    "The wall time that a run of the integration tests may take; 0 is no budget.",
    "JUNCTURE_BUDGET",
)
HISTORY: Final = Key(
    "history",
    Folder(),
    "",
    '"tests/history.json"',
    "The file with the times of earlier runs, by which shards are balanced.",
    "JUNCTURE_HISTORY",
)
DENY: Final = Key(
    "deny",
    Patterns(),
    (
        *("prod", "prod?", "prod??", "production", "prd", "prd?", "prd??", "live", "livedb"),
        *("*.rds.amazonaws.com", "*.cache.amazonaws.com", "*.database.windows.net", "*.database.azure.com"),
        *("*.cache.windows.net", "*cloudsql*"),
    ),
    '["prod", "billing-*"]',
    "Hosts and databases that are never touched.",
)
COMPOSE: Final = Key("compose", Inside(), "", '"docker-compose.test.yml"', "The compose file that has the services.")
MAY_SKIP: Final = Key(
    "may_skip",
    Globs(),
    (),
    '["tests/integration/windows/*.py"]',
    "Files of integration tests that may skip.",
)
TEST_TIMEOUT: Final = Key(
    "timeout",
    Duration(_LARGEST_BUDGET),
    30.0,
    '"60s"',
    "How long each phase of an integration test may take; 0 is as long as it likes.",
    "JUNCTURE_TIMEOUT",
)
TOP: Final[tuple[Key[Any], ...]] = (
    *(UNIT, INTEGRATION, SHARDS, PROVIDER, REPORTS, IDLE, BUDGET, HISTORY, DENY, COMPOSE, MAY_SKIP, TEST_TIMEOUT),
)
"""The keys of ``[tool.juncture]`` itself."""

TABLES: Final = ("services", "env", "points", "quarantine", "gates", "ci")
"""The tables in it; the keys of all but the last two are names that the user chooses."""

KIND: Final = Key("kind", Text(), "", '"postgres"', "What the service is.", required=True)
VERSION: Final = Key("version", Version(), "", '"16"', "The version to run.", "JUNCTURE_*_VERSION")
IMAGE: Final = Key(
    "image", Image(), "", '"postgres:16-alpine"', "The container image, in place of the usual one.", "JUNCTURE_*_IMAGE"
)
DIGEST: Final = Key("digest", Digest(), "", f'"sha256:{"0123456789abcdef" * 4}"', "The digest that pins the image.")
BUILD: Final = Key("build", Inside(), "", '"services/search"', "The folder with the Dockerfile to build an image from.")
REUSE: Final[Key[Reuse]] = Key(
    "reuse", Reused(), "always", '"session"', "Whether later runs, runs at the same time, or no other run may use it."
)
DISPOSABLE: Final = Key(
    "disposable",
    Switch(),
    default=False,
    example="true",
    about="Whether a server that juncture did not start may be written to and cleaned.",
    variable="JUNCTURE_*_DISPOSABLE",
)
MIGRATE: Final = Key("migrate", Text(), "", '"alembic upgrade head"', "The command that makes the schema.")
DOWNGRADE: Final = Key(
    "downgrade",
    Text(),
    "",
    '"python manage.py migrate shop zero"',
    "The command that undoes `migrate`, for tests of the migrations.",
)
SEED: Final = Key(
    "seed", Globs(), (), '["seeds/*.sql"]', "SQL files to apply and functions to call after `migrate`, in this order."
)
WATCH: Final = Key("watch", Globs(), (), '["shop/models.py"]', "Further files that `migrate` reads.")
RESET: Final[Key[Reset]] = Key(
    "reset", Choice("auto", "none"), "auto", '"none"', "Whether a test begins with what migrate and seed made."
)
POOL: Final = Key("pool", Whole(1, _MOST_CLONES), 3, "5", "How many copies of the database are kept ready at most.")
COMMAND: Final = Key(
    "command",
    Command(),
    "",
    '"python -m uvicorn shop.billing.app:app --port {port}"',
    "The command that starts the process, or replaces that of the image.",
)
PORTS: Final[Key[tuple[int, ...]]] = Key("ports", Ports(), (), "[8025, 1025]", "The ports inside the container.")
READY: Final = Key(
    "ready", Readiness(), Ready("http", "/"), '"/health"', "The path that is asked until it answers below 500."
)
VARIABLES: Final = Key(
    "env", Table(), MappingProxyType({}), '{ LEDGER_URL = "{ledger.url}" }', "Variables for the process alone."
)
CWD: Final = Key("cwd", Folder(), ".", '"services/billing"', "The folder that the process starts in.")
TIMEOUT: Final = Key("timeout", Duration(_LONGEST_START), 30.0, '"60s"', "How long the process may take to be ready.")
DEPENDS_ON: Final[Key[tuple[str, ...]]] = Key(
    "depends_on", Names(), (), '["db"]', "Services that have to be ready before this one starts."
)
SHARED: Final = Key("shared", Switch(), default=False, example="true", about="One container for all workers.")
OPTIONS: Final[tuple[Key[Any], ...]] = (
    *(IMAGE, DIGEST, BUILD, REUSE, DISPOSABLE),
    *(MIGRATE, DOWNGRADE, SEED, WATCH, RESET, POOL),
    *(COMMAND, PORTS, READY, VARIABLES, CWD, TIMEOUT, DEPENDS_ON, SHARED),
)
"""The keys that a service has where its kind allows them."""

SERVICE: Final[tuple[Key[Any], ...]] = (KIND, VERSION, *OPTIONS)
"""The keys of ``[tool.juncture.services.NAME]``."""

CODE: Final = Key(
    "code", Globs(least=1), (), '["shop/orders/*.py"]', "The files that cross the boundary.", required=True
)
BEHIND: Final = Key("service", Text(), "", '"db"', "The declared service behind it.", required=True)
COVER: Final = Key("cover", Percent(), None, "95", "The least of its lines that integration tests run, in percent.")
POINT: Final[tuple[Key[Any], ...]] = (CODE, BEHIND, COVER)
"""The keys of ``[tool.juncture.points.NAME]``."""

UNTIL: Final = Key("until", Day(), date.max, "2026-12-31", "The last day on which a failure is excused.", required=True)
REASON: Final = Key("reason", Text(), "", '"the relay sends twice"', "Why, for the result's readers.", required=True)
QUARANTINE: Final[tuple[Key[Any], ...]] = (UNTIL, REASON)
"""The keys of ``[tool.juncture.quarantine."NODE ID"]``."""

COVERAGE: Final = Key("coverage", Percent(), None, "90.0", "The least that is covered in all, in percent.")
EACH_POINT: Final = Key(
    "points", Percent(), None, "80", "The least of each point's lines that integration tests run, in percent."
)
CHANGED: Final = Key("changed", Percent(), None, "90", "The least of the changed lines that is covered, in percent.")
DROP: Final = Key("drop", Percent(), None, "0.5", "The most that the total may lose, in points of percent.")
GATES: Final[tuple[Key[Any], ...]] = (COVERAGE, EACH_POINT, CHANGED, DROP)
"""The keys of ``[tool.juncture.gates]``."""
