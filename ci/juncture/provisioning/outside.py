"""Servers that run already, as the environment names them: ``JUNCTURE_DB_URL``, or its parts."""

from __future__ import annotations

import re
from dataclasses import replace
from ipaddress import IPv6Address
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from juncture.config.deny import denied_by
from juncture.errors import ConfigError, ProviderError
from juncture.model import Endpoint
from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from juncture.config import Service
    from juncture.services.kinds import Address, Kind

__all__ = ["Named", "is_named", "named", "refuse_denied", "variable", "with_ports"]

HOST = "127.0.0.1"
"""Where a server is of which only the port is named: a CI job's service container, say."""

PARTS = ("HOST", "PORT", "USER", "DATABASE")
"""What a URL says too; a password may be beside it, because many platforms keep secrets in variables of their own."""

PLACED = frozenset({"host", "hostaddr", "port", "user", "username", "password", "dbname", "database", "db", "service"})
"""Parameters that would move a client to another place than the rest of the URL says."""

ENCODED = "a character such as @ / ? # % in a name or password is written as %40 %2F %3F %23 %25"


class Named(Value):
    """The servers of one service that the environment names, in its order; ``variable`` is where it does."""

    variable: str
    endpoints: tuple[Endpoint, ...]


def variable(service: str, part: str) -> str:
    """Return the name of the variable for a part of where a service is: ``JUNCTURE_ORDERS_DB_URL``."""
    return f"JUNCTURE_{service.upper().replace('-', '_')}_{part}"


def is_named(service: Service, environ: Mapping[str, str]) -> bool:
    """Tell whether the environment says where a server of this service is."""
    return any(environ.get(variable(service.name, part), "").strip() for part in ("URL", "HOST", "PORT"))


def named(service: Service, kind: Kind, environ: Mapping[str, str]) -> Named | None:
    """Return the servers that the environment names; None where it names none.

    Raise `ConfigError` with the variable's name where it makes no sense. No message has a value in it that may be, or
    hold, a password.
    """
    if not is_named(service, environ):
        return None
    if kind.address is None:
        what = f"a {kind.name} can't be a server that runs already"
        raise ConfigError(what, where=variable(service.name, "URL"), hint="unset it")
    values = {part: environ.get(variable(service.name, part), "") for part in ("URL", *PARTS, "PASSWORD")}
    known = {part: value if part == "PASSWORD" else value.strip() for part, value in values.items()}
    url, own = known["URL"], {part: variable(service.name, part) for part in known}
    if not url:
        where = own["HOST"] if known["HOST"] else own["PORT"]
        endpoint = _further(service, kind, _from_parts(service, kind, kind.address, known, own), environ)
        return Named(where, (_finished(endpoint, kind),))
    if beside := next((own[part] for part in PARTS if known[part]), ""):
        raise ConfigError(f"{own['URL']} is set too, and says where the server is", where=beside, hint="unset one")
    texts = [text.strip() for text in url.split(",")] if kind.address.several else [url]
    endpoints = []
    for text in texts:
        endpoint = _from_url(text, service, kind, kind.address, own["URL"])
        if known["PASSWORD"]:
            if endpoint.password:
                raise ConfigError(f"{own['URL']} has a password too", where=own["PASSWORD"], hint="name it once")
            endpoint = replace(endpoint, password=known["PASSWORD"])
        endpoint = _further(service, kind, endpoint, environ)
        endpoints.append(_finished(endpoint, kind, urlsplit(text).path))
    places = [(endpoint.host, endpoint.port) for endpoint in endpoints]
    if len(set(places)) < len(places):
        raise ConfigError("it names a server twice: each worker needs one of its own", where=own["URL"])
    return Named(own["URL"], tuple(endpoints))


def with_ports(
    service: Service, endpoint: Endpoint, environ: Mapping[str, str], numbers: Sequence[int] = ()
) -> Endpoint:
    """Return the endpoint with all ports of a service: ``JUNCTURE_MAIL_PORT_1025`` names the one that leads to 1025.

    ``numbers`` are those inside, by default the declared ones. The first is the endpoint's own; another that is not
    named has the number that it has inside.
    """
    numbers = numbers or service.ports
    pairs = [(inside, endpoint.port) for inside in numbers[:1]]
    for inside in numbers[1:]:
        where = variable(service.name, f"PORT_{inside}")
        text = environ.get(where, "").strip()
        pairs.append((inside, _port(text, where) if text else inside))
    return replace(endpoint, ports=tuple(pairs))


def _further(service: Service, kind: Kind, endpoint: Endpoint, environ: Mapping[str, str]) -> Endpoint:
    """Return the endpoint with all ports of a kind that has several."""
    first = kind.image.port if kind.image else endpoint.port
    return with_ports(service, endpoint, environ, (first, *kind.ports)) if kind.ports else endpoint


def refuse_denied(where: Named, kind: Kind, deny: Iterable[str]) -> None:
    """Raise `ProviderError` where the name of a host or database is one that no test may touch."""
    deny = tuple(deny)
    for endpoint in where.endpoints:
        names = {"host": endpoint.host}
        if kind.address and kind.address.path == "database":
            names["database"] = endpoint.database
        for what, name in names.items():
            if pattern := denied_by(name, deny):
                raise ProviderError(
                    f'{where.variable} names the {what} "{name}", which "{pattern}" in `deny` keeps tests off',
                    where=f"service {endpoint.service}",
                    hint="name a server that is for tests; no `disposable` and no marker overrules `deny`",
                )


def _finished(endpoint: Endpoint, kind: Kind, path: str = "") -> Endpoint:
    """Return the endpoint with its URL, as each provider spells it."""
    prefix = path.rstrip("/") if kind.address and kind.address.path == "prefix" else ""
    return replace(endpoint, url=kind.url(endpoint) + prefix)


def _from_parts(
    service: Service, kind: Kind, address: Address, known: Mapping[str, str], own: Mapping[str, str]
) -> Endpoint:
    for part, value in known.items():
        if re.search(r"[\x00-\x1f\x7f]", value):
            raise ConfigError("it has a control character in it, an end of line perhaps", where=own[part])
    host = known["HOST"].removeprefix("[").removesuffix("]") or HOST
    if "://" in host or "@" in host:
        raise ConfigError("it is a URL and no host", where=own["HOST"], hint=f"set {own['URL']} instead")
    _check_host(host, own["HOST"])
    port = _port(known["PORT"], own["PORT"]) if known["PORT"] else _usual_port(service, address)
    for part, fits in (("USER", address.path != "prefix"), ("PASSWORD", address.path != "prefix")):
        if known[part] and not fits:
            raise ConfigError(f"a {kind.name} has none", where=own[part], hint="unset it")
    return _endpoint(
        service,
        kind,
        host=host,
        port=port,
        user=known["USER"] or address.user,
        password=known["PASSWORD"],
        database=_database(known["DATABASE"], address, kind, own["DATABASE"]),
    )


def _from_url(text: str, service: Service, kind: Kind, address: Address, where: str) -> Endpoint:
    parts = _split(text, address, where)
    hint = f"write {_example(address)}; {ENCODED}"
    if parts.fragment or ("@" not in parts.netloc and "@" in text):
        raise ConfigError("it can't be read: a # / or ? in it begins another part", where=where, hint=hint)
    if not parts.hostname:
        raise ConfigError("it names no host", where=where, hint=hint)
    _check_host(parts.hostname, where)
    try:
        port = _usual_port(service, address) if parts.port is None else parts.port
    except ValueError:  # whose message repeats what may be a part of a password
        port = 0
    if not port:
        raise ConfigError("its port is no whole number from 1 to 65535", where=where, hint=hint)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if re.search(r"[\x00-\x1f\x7f]", f"{user}{password}{unquote(parts.path)}"):
        raise ConfigError("it has a control character in it", where=where, hint=hint)
    if address.path == "prefix" and (user or password or parts.query):
        raise ConfigError("it may have a host, a port and a path only", where=where, hint=hint)
    _check_parameters(parts.query, address, where)
    return _endpoint(
        service,
        kind,
        host=parts.hostname,
        port=port,
        user=user or address.user,
        password=password,
        database=_database(unquote(parts.path.removeprefix("/")), address, kind, where),
        parameters=parts.query,
    )


def _split(text: str, address: Address, where: str) -> SplitResult:
    """Return the parts of a URL that has one of our schemes."""
    scheme, colon, _ = text.partition("://")
    example = f"write {_example(address)}"
    if not colon or re.search(r"[\s\x00-\x1f\x7f]", text) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme):
        raise ConfigError("it is no URL", where=where, hint=example)
    plain = scheme.lower().partition("+")[0]  # SQLAlchemy's name its driver after a +
    if plain in address.encrypted:
        raise _encrypted(where, f"{scheme}://")
    if plain not in address.schemes:
        known = " or ".join(f"{each}://" for each in address.schemes)
        raise ConfigError(f"it begins with {scheme}://, and not with {known}", where=where, hint=example)
    try:
        return urlsplit(text)
    except ValueError:
        raise ConfigError("it is no URL", where=where, hint=f"{example}; an address of IPv6 has [] around it") from None


def _check_parameters(query: str, address: Address, where: str) -> None:
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name.lower() in PLACED:
            what = f"its parameter {name} belongs in front of the ?"
            raise ConfigError(what, where=where, hint=f"write {_example(address)}")
        if value in address.encrypting.get(name, ()):
            raise _encrypted(where, f"{name}={value}")


def _port(text: str, where: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):  # noqa: PLR2004 - what a port can be
        raise ConfigError("it is no port: a whole number from 1 to 65535", where=where)
    return int(text)


def _usual_port(service: Service, address: Address) -> int:
    return service.ports[0] if service.ports else address.port


def _check_host(host: str, where: str) -> None:
    if "/" in host or host.startswith("%2"):
        raise ConfigError("it names a socket's file: connections go over TCP", where=where, hint="name a host")
    if "," in host:
        raise ConfigError("it names several servers: a service of this kind has one", where=where)
    try:
        sound = bool(IPv6Address(host)) if ":" in host else re.fullmatch(r"[\w.-]+", host)
    except ValueError:
        sound = False
    if not sound:
        raise ConfigError("its host is no name and no address", where=where, hint=ENCODED)


def _database(text: str, address: Address, kind: Kind, where: str) -> str:
    match address.path:
        case "database":
            return text or address.database
        case "number" if text not in {"", "0"}:
            what = "it names a database, and juncture chooses those: each worker needs one of its own"
            raise ConfigError(what, where=where, hint="leave it out; database 0 is never touched")
        case "nothing" if text:
            raise ConfigError(f"it names a database, and a {kind.name} has none", where=where, hint="leave it out")
        case "prefix" if text and where.endswith("_DATABASE"):
            raise ConfigError(f"a {kind.name} has none", where=where, hint="unset it")
    return address.database


def _encrypted(where: str, what: str) -> ConfigError:
    return ConfigError(
        f"it asks for TLS ({what}), which juncture does not speak",
        where=where,
        hint="name a server, or a port of it, without TLS: a service container of the job, say",
    )


def _example(address: Address) -> str:
    before = {"database": "user:password@", "number": ":password@", "nothing": "user:password@", "prefix": ""}
    behind = {"database": "/database", "number": "", "nothing": "", "prefix": "/path"}
    return f"{address.schemes[0]}://{before[address.path]}host:{address.port}{behind[address.path]}"


def _endpoint(  # noqa: PLR0913 - an address has this many parts
    service: Service,
    kind: Kind,
    *,
    host: str,
    port: int,
    user: str,
    password: str,
    database: str,
    parameters: str = "",
) -> Endpoint:
    return Endpoint(
        service=service.name,
        kind=kind.name,
        provider="external",
        product=kind.name,
        version="",
        host=host,
        port=port,
        user=user,
        password=password,
        database=database,
        shared=not (kind.address and kind.address.several),
        parameters=parameters,
    )
