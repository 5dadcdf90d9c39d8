"""Declarations at random, with up to two mistakes in each."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["mistaken"]

NAMES = st.sampled_from(["db", "cache", "web", "a-b", "x" * 32])
VARIABLES = st.sampled_from(["A", "B_1", "_c", "URL"])
TEXTS = st.sampled_from(
    ["x", "", "{db.url}", "{cache.url}{{}}", "{web.port}", "{db.database} {db.url}", "a\nb", "\u2003"]
)
PATHS = st.sampled_from(["tests/unit", "tests/integration", "a", "b/c", "./d", ".hidden", "e f"])
LISTS = st.lists(PATHS, max_size=2)
PERCENT = st.sampled_from([0, 100, 90.5])
SECONDS = st.one_of(st.sampled_from(["90s", " 0.5 h", "15m", "0"]), st.integers(0, 3600), st.just(0.5))
IMAGES = st.sampled_from(["redis", "localhost:5000/team/db:16-alpine", f"a/b@sha256:{'0a' * 32}"])
DIGESTS = st.just(f"sha256:{'0a' * 32}")
REUSE = st.sampled_from([True, "session", "run"])
WORDS = st.sampled_from(["run --port {port}", "'{url}' x", '"{db.url}"', "a\\ b"])
READY = st.sampled_from(
    [
        *("/", "/health?a=b", {"http": "/x"}, {"http": "/x", "port": 80}, {"http": "/", "port": 81}, {"tcp": 80}),
        *({"log": "read[yi]"}, {"log": "read["}, {"command": "pg_isready -q"}),
    ]
)
NASTY = st.sampled_from(
    [
        *({"http": "x"}, {"tcp": 0}, {"tcp": 80, "log": "x"}, {"log": ""}, {"log": "x", "port": 80}, {"command": "'"}),
        *({"tcp": True}, {"port": 80}, {"http": "/", "prot": 1}, [80, 80], [80, 0], ["80"], ["db"], ["nope"], ["a b"]),
        *("session", "always", "postgres:16", "Postgres", f"db@sha256:{'0' * 64}", f"sha256:{'f' * 64}", "{port_80}"),
        *(
            True,
            0,
            1,
            400,
            -1,
            0.5,
            16,
            100.5,
            [],
            {},
            [1],
            ["a", "a"],
            ["*.py"],
            ["../a"],
            {"kind": "redis"},
            {"A": "x"},
        ),
        *(
            "",
            " ",
            "a\0",
            "x",
            "16",
            "{",
            "{}",
            "{db}",
            "{url}",
            "{db.nope}",
            "{db.url",
            "{port}",
            "'",
            "\\",
            "/a",
            "/a b",
        ),
        *("c:/x", "~", "./ ", "1.5h", "169h", "25h", "1h\n", "postgres", "redis", "http", "oracle", "auto", "Auto"),
    ]
)
"""What is wrong nearly everywhere, and right somewhere."""
KEYS = st.sampled_from(
    [
        *("colour", "kind", "version", "migrate", "command", "env", "code", "service", "shards", "services", "budget"),
        *(
            "image",
            "build",
            "digest",
            "ports",
            "ready",
            "depends_on",
            "reuse",
            "http",
            "tcp",
            "port",
            "deny",
            "compose",
        ),
        *(
            "Db",
            "a_b",
            "",
            "y" * 33,
            "db\n",
            "9a",
            "A\n",
            "1A",
            "Ä",
            "JUNCTURE_X",
            "junctureX",
            "Juncture_",
            "a",
            "a b",
        ),
    ]
)
"""Names to give to a key: some fit somewhere, some nowhere."""


def tables(
    needed: Mapping[str, Any] | None = None, **keys: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    """Return tables that have the needed keys and some of the others."""
    return st.fixed_dictionaries(dict(needed or {}), optional=keys)


SERVICES = st.one_of(
    tables(
        {"kind": st.just("postgres")}, version=st.just("16"), migrate=WORDS, downgrade=WORDS, seed=LISTS, watch=LISTS
    ),
    tables({"kind": st.just("redis")}, version=st.just("9"), image=IMAGES, digest=DIGESTS, reuse=REUSE),
    tables(
        {"kind": st.just("container")},
        image=IMAGES,
        build=PATHS,
        digest=DIGESTS,
        ports=st.sampled_from([[80], [1, 65535]]),
        command=WORDS,
        env=st.dictionaries(VARIABLES, TEXTS, max_size=2),
        ready=READY,
        depends_on=st.lists(st.sampled_from(["db", "cache", "web"]), max_size=2, unique=True),
        shared=st.booleans(),
    ),
    tables({"kind": st.just("container"), "image": IMAGES, "ports": st.just([80])}, ready=READY, reuse=REUSE),
    tables(
        {"kind": st.just("http"), "command": WORDS},
        ready=st.sampled_from(["/", "/health?a=b"]),
        env=st.dictionaries(VARIABLES, TEXTS, max_size=2),
        cwd=PATHS,
        timeout=SECONDS,
    ),
)
FIXED = {"db": st.just({"kind": "postgres"}), "cache": st.just({"kind": "redis"})}
WEB = st.just({"kind": "http", "command": "run {port}"})
DECLARATIONS = tables(
    unit=LISTS,
    integration=LISTS,
    shards=st.integers(1, 256),
    provider=st.sampled_from(["auto", "docker"]),
    reports=st.sampled_from(["reports", "out/it", "/var/out"]),
    idle=SECONDS,
    budget=SECONDS,
    timeout=SECONDS,
    history=PATHS,
    deny=st.lists(st.sampled_from(["prod", "*.example.com", "b?-[x]"]), max_size=2, unique=True),
    compose=st.sampled_from(["compose.yml", "docker/compose.test.yml"]),
    services=st.one_of(
        st.dictionaries(NAMES, SERVICES, max_size=3), tables({**FIXED, "web": WEB}, **{"a-b": SERVICES})
    ),
    env=st.dictionaries(VARIABLES, TEXTS, max_size=3),
    points=st.dictionaries(
        NAMES,
        tables(
            {"code": st.lists(PATHS, min_size=1, max_size=2), "service": st.sampled_from(["db", "cache", "web"])},
            cover=PERCENT,
        ),
        max_size=2,
    ),
    gates=tables(coverage=PERCENT, points=PERCENT, changed=PERCENT, drop=PERCENT),
)
"""Declarations without a mistake, but for what relates two places."""


@st.composite
def mistaken(draw: st.DrawFn) -> dict[str, Any]:
    """Return a declaration in which up to two things were changed: a value, a key's name, or a key taken or added."""
    table = copy.deepcopy(draw(DECLARATIONS))
    for _ in range(draw(st.integers(0, 2))):
        container = draw(st.sampled_from(_containers(table)))
        places = list(container) if isinstance(container, dict) else list(range(len(container)))
        place = draw(st.sampled_from(places)) if places else None
        change = draw(st.sampled_from(["value", "value", "value", "name", "less", "more"]))
        if isinstance(container, dict) and (change == "more" or place is None):
            container[draw(KEYS)] = copy.deepcopy(draw(NASTY))
        elif place is None:
            container.append(copy.deepcopy(draw(NASTY)))
        elif isinstance(container, dict) and change == "name":
            container[draw(KEYS)] = container.pop(place)
        elif change == "less":
            del container[place]
        else:
            container[place] = copy.deepcopy(draw(NASTY))
    return table


def _containers(value: Any) -> list[Any]:
    """Return every table and list in a value, itself included."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    own = [value] if isinstance(value, dict | list) else []
    return own + [each for child in inner for each in _containers(child)]
