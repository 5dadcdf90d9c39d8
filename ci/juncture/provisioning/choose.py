"""Choose how each service is obtained, and say why."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from juncture.errors import ProviderError
from juncture.host import engine as engines
from juncture.host.folders import home
from juncture.provisioning.handover import CHOSEN, WORKERS
from juncture.provisioning.outside import is_named, named, refuse_denied, variable
from juncture.services import kind
from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from juncture.config import Config, Service
    from juncture.host import leases
    from juncture.model import ProviderName
    from juncture.providers.docker.places import Place
    from juncture.providers.reservation import Reserved

__all__ = [
    "Choice",
    "Terms",
    "choose",
    "embedded_choice",
    "engine_place",
    "engine_problem",
    "idle_seconds",
    "may_be_embedded",
    "provider_of",
    "told",
    "wants_engine",
]


class Terms(Value, kw_only=True):
    """For whom a server is chosen.

    ``run`` is the run's id; ``kept`` names a namespace that outlives its users, ``passive`` says that this process only
    prepares what others use, ``tell`` gets lines of progress.
    """

    environ: Mapping[str, str]
    run: str = ""
    kept: str = ""
    passive: bool = False
    tell: Callable[[str], None] = lambda _: None


class Choice(Value, kw_only=True):
    """A reserved server, and the reason for its provider in a few words for people (empty where it was asked for).

    ``slot`` is the lease that goes with a server or namespace of one's own; ``shared`` says that the server is used by
    others of the run too. ``program`` is the server's own, where it is a file of this machine. ``obtain`` gets what it
    is started from, an image, where that is missing. ``facts`` are what another process of the run needs to make the
    same choice.
    """

    provider: ProviderName
    reserved: Reserved
    why: str = ""
    slot: leases.Lease | None = None
    shared: bool
    program: Path | None = None
    obtain: Callable[[bool], None] = lambda _: None
    facts: Callable[[], Mapping[str, Any]] = dict


def choose(config: Config, service: Service, terms: Terms) -> Choice:
    """Reserve a server for one declared service; start nothing.

    ``auto`` means: external where the environment names a server, else docker where an engine answers, else embedded.
    Raise `ProviderError` where the wanted provider can't give it, naming what can.
    """
    chosen = json.loads(terms.environ.get(CHOSEN) or "{}").get(service.name)
    if chosen:
        provider, why = chosen["provider"], chosen["why"]
    else:
        provider, why = provider_of(config, service, terms.environ)
    folder = home(terms.environ)
    try:
        if provider == "external":
            return _external(config, service, terms)
        if provider == "docker":
            return _docker(config, service, terms, why, chosen)
        return embedded_choice(config, service, terms, why)
    except OSError as error:
        raise ProviderError(
            f"juncture can't use its own folder: {error}",
            where=str(folder),
            hint="set JUNCTURE_HOME to a folder that you can write to",
        ) from error


def embedded_choice(config: Config, service: Service, terms: Terms, why: str) -> Choice:
    """Reserve an embedded server."""
    from juncture.providers import embedded  # noqa: PLC0415 - one provider of three

    reservation = embedded.reserve(
        service,
        kind(service.kind),
        home=home(terms.environ),
        environ=terms.environ,
        idle=idle_seconds(config, terms.environ),
        kept=terms.kept,
    )
    return Choice(
        provider="embedded",
        reserved=embedded.EmbeddedServer(reservation),
        why=why,
        slot=reservation.slot,
        shared=reservation.embedded.sharing == "host",
        program=reservation.binary.program,
    )


def told(choices: Iterable[tuple[str, Choice]]) -> str:
    """Return what the environment variable `CHOSEN` has to say for other processes of a run."""
    return json.dumps(
        {name: {"provider": choice.provider, "why": choice.why, **choice.facts()} for name, choice in choices}
    )


def wants_engine(config: Config, environ: Mapping[str, str]) -> bool:
    """Tell whether services may run in containers here: whoever runs the tests needs the Docker SDK then."""
    return config.provider == "docker" or (config.provider == "auto" and engines.locate(environ) is not None)


def may_be_embedded(config: Config, environ: Mapping[str, str]) -> tuple[Service, ...]:
    """Return the services that need a server's program here: no container, nor a server that runs, is sure for them."""
    if config.provider != "auto":
        return config.services if config.provider == "embedded" else ()
    inside = [service for service in config.services if not is_named(service, environ)]
    return tuple(service for service in inside if not _has_image(service, environ))


def idle_seconds(config: Config, environ: Mapping[str, str]) -> float:
    """Return how long an unused server is kept: as declared, but in a CI job nothing outlives the run by default."""
    in_ci = environ.get("CI", "").lower() not in {"", "0", "false"}
    return 0.0 if in_ci and config.sources["idle"].layer == "default" else config.idle


def _has_image(service: Service, environ: Mapping[str, str]) -> bool:
    from juncture.providers.docker import images  # noqa: PLC0415 - not for those who chose another provider

    image = kind(service.kind).image
    engine = engines.locate(environ)
    try:
        return bool(engine and image and engine.image(images.reference_of(service, image)))
    except (engines.EngineError, OSError):
        return False


def provider_of(config: Config, service: Service, environ: Mapping[str, str]) -> tuple[ProviderName, str]:
    """Return the provider of a service, and why it is none that would have come first."""
    if config.provider != "auto":
        return config.provider, ""
    if is_named(service, environ):
        return "external", ""
    if kind(service.kind).embedded is None:
        return "docker", ""
    why = engine_problem(service, environ)
    return ("embedded", why) if why else ("docker", "")


def engine_problem(service: Service, environ: Mapping[str, str]) -> str:
    """Return why a service can't run in a container here, in a few words; empty where it can."""
    from juncture.providers.docker import images, sdk  # noqa: PLC0415 - not for those who chose another provider

    engine = engines.locate(environ)
    if engine is None:
        return "no Docker engine"
    try:
        image = kind(service.kind).image
        if engine.image(images.reference_of(service, image)) is None and not sdk.is_installed():
            return "the Docker SDK is not installed"
    except PermissionError:
        return "no right to use the Docker engine"
    except engines.EngineError:
        return "the Docker engine does not answer"
    return "" if sdk.is_installed() else "the Docker SDK is not installed"


def _docker(config: Config, service: Service, terms: Terms, why: str, chosen: Mapping[str, Any] | None) -> Choice:
    from juncture.providers.docker import server  # noqa: PLC0415 - one provider of three

    with engine_place(config, service, terms) as place:
        reserved = server.reserve(service, kind(service.kind), place=place, kept=terms.kept, told=chosen)
    return Choice(
        provider="docker",
        reserved=reserved,
        why=why or place.reach.apart,
        slot=reserved.lease,
        shared=reserved.shared,
        obtain=lambda promised: reserved.obtain(promised=promised),
        facts=reserved.facts,
    )


@contextmanager
def engine_place(config: Config, service: Service, terms: Terms) -> Iterator[Place]:
    """Give the place where containers of a service are made.

    Raise `ProviderError` where there is no engine or no SDK, or where the engine may not be used.
    """
    from juncture.providers.docker import places, sdk  # noqa: PLC0415 - one provider of three
    from juncture.providers.docker.reach import reach_of  # noqa: PLC0415

    only = kind(service.kind).embedded is None
    otherwise = "; it can be nothing but a container" if only else ", or use JUNCTURE_PROVIDER=embedded"
    where = config.sources["provider"].where if "provider" in config.sources and not only else f"service {service.name}"
    engine = engines.locate(terms.environ)
    if engine is None:
        address = engines.address_of(terms.environ)
        hint = f"start one (`dockerd`, Docker Desktop){otherwise}"
        raise ProviderError(f"no Docker engine is at {address}", where=where, hint=hint)
    if not sdk.is_installed():
        raise ProviderError("the Docker SDK for Python is not installed", where=where, hint=f"`{sdk.INSTALL}`")
    try:
        yield places.Place(
            home=home(terms.environ),
            engine=engine,
            environ=terms.environ,
            idle=idle_seconds(config, terms.environ) if service.reuse == "always" else 0.0,
            run=terms.run,
            tell=terms.tell,
            reach=reach_of(engine),
        )
    except engines.EngineError as error:
        raise places.engine_failed(engine, service.name, error) from None
    except PermissionError:
        raise ProviderError(
            f"you may not use the Docker engine at {engine.address}",
            where=where,
            hint=f"`sudo usermod -aG docker $USER` and a new login{otherwise}",
        ) from None


def _external(config: Config, service: Service, terms: Terms) -> Choice:
    from juncture.providers import external  # noqa: PLC0415 - one provider of three

    what = kind(service.kind)
    found = named(service, what, terms.environ)
    if found is None or what.outside is None:
        where = config.sources["provider"].where if "provider" in config.sources else ""
        url = variable(service.name, "URL")
        raise ProviderError(f"nothing says where the server of {service.name} runs", where=where, hint=f"set {url}")
    refuse_denied(found, what, config.deny)
    place = external.Place(
        home=home(terms.environ),
        variable=found.variable,
        flag=variable(service.name, "DISPOSABLE"),
        kept=terms.kept,
        workers=int(terms.environ.get(WORKERS) or 0),
        passive=terms.passive,
        tell=terms.tell,
    )
    reserved = external.reserve(service, what, what.outside, found.endpoints, place=place)
    return Choice(provider="external", reserved=reserved, why=found.variable, slot=reserved.lease, shared=True)
