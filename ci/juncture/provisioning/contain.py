"""Choose how a container that only the declaration knows is obtained: from an engine, as it has no other form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from juncture.errors import ProviderError
from juncture.providers.docker import custom
from juncture.provisioning.choose import Choice, engine_place, provider_of
from juncture.provisioning.handover import CHOSEN
from juncture.provisioning.outside import variable

if TYPE_CHECKING:
    from juncture.config import Config, Service
    from juncture.providers.docker.blueprint import Site
    from juncture.provisioning.choose import Terms

__all__ = ["choose_container"]


def choose_container(
    config: Config, service: Service, terms: Terms, site: Site
) -> tuple[Choice, custom.CustomContainer]:
    """Reserve a container; start nothing. Raise `ProviderError` where the wanted provider can't give it."""
    chosen = json.loads(terms.environ.get(CHOSEN) or "{}").get(service.name)
    provider = chosen["provider"] if chosen else provider_of(config, service, terms.environ)[0]
    if provider != "docker":
        where = config.sources["provider"].where if config.provider == provider else ""
        raise ProviderError(
            f"the service {service.name} is a container, and the provider {provider!r} has none",
            where=where or f"service {service.name}",
            hint=f"set {variable(service.name, 'URL')} where it runs already, or use JUNCTURE_PROVIDER=docker",
        )
    with engine_place(config, service, terms) as place:
        reserved = custom.reserve(service, place=place, site=site, told=chosen)
    choice = Choice(provider="docker", reserved=reserved, shared=service.shared, facts=reserved.facts)
    return choice, reserved
