"""What each declared service would be here, against what it is declared to be."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from juncture.providers.binaries import matches, short
from juncture.provisioning._facts import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from juncture.provisioning._facts import ServiceFacts

__all__ = ["findings"]

PROGRAM = re.compile(r"\d+(\.\d+)*")


def findings(services: Iterable[ServiceFacts]) -> Iterator[Finding]:
    """Yield the findings about each service."""
    for service in services:
        if service.error:
            fix = service.hint or "install it, or choose another provider"
            yield Finding(service.name, "problem", service.error, fix)
        elif service.provider == "docker":
            yield from _container(service)
        elif service.provider == "external":
            yield _external(service)
        elif not service.program:
            yield Finding(service.name, "ok", f"{service.kind}: a process of the project's own, started by each run")
        else:
            yield _embedded(service)


def _container(service: ServiceFacts) -> Iterator[Finding]:
    name, image = service.name, service.image
    if not image:
        yield Finding(name, "ok", f"{service.kind}, in a container of an image that is built here")
        return
    if service.present:
        yield Finding(name, "ok", f"{service.kind}, in a container of {image}")
    else:
        yield Finding(name, "note", f"{image} is not here: the first run pulls it", f"docker pull {image}")
    tag = PROGRAM.match(image.partition("@")[0].rpartition("/")[2].partition(":")[2])
    if tag and service.asked and not matches(tag[0], service.asked) and not matches(service.asked, tag[0]):
        text = f"asked for {service.kind} {service.asked}, but its image is {image}"
        yield Finding(name, "note", text, f'declare version = "{tag[0]}", or name another image')
    if not service.pinned and service.digest:
        text = f"{image} is not pinned: it may be something else tomorrow, or in CI"
        yield Finding(name, "note", text, f'digest = "{service.digest}" is what it is now')
    elif not service.pinned and not service.present:
        text = f"{image} is not pinned: it may be something else tomorrow, or in CI"
        yield Finding(name, "note", text, 'digest = "sha256:..."; when it is pulled, `juncture doctor` says which')


def _external(service: ServiceFacts) -> Finding:
    if not service.answers:
        fix = "start it, or unset the variables that name it"
        return Finding(service.name, "problem", f"{service.address} does not answer as {service.kind}", fix)
    text = f"{service.product} {short(service.version)}".strip() + f", which runs already at {service.address}"
    text += f" (named by {service.why})" if service.why else ""
    if service.asked and service.version and not matches(service.version, service.asked):
        fix = f'start {service.kind} {service.asked} there, or declare version = "{service.version.partition(".")[0]}"'
        return Finding(service.name, "note", f"{text}; asked for {service.kind} {service.asked}", fix)
    return Finding(service.name, "ok", text)


def _embedded(service: ServiceFacts) -> Finding:
    text = f"{service.product} {short(service.version)}, embedded" + (f" ({service.why})" if service.why else "")
    differs = []
    if service.product != service.kind:
        differs.append(f'kind = "{service.product}"')
    if not matches(service.version, service.asked):
        differs.append(f'version = "{service.version.partition(".")[0]}"')
    if not differs:
        return Finding(service.name, "ok", text)
    fix = f"put {service.program} {service.asked}".rstrip() + f" on the PATH, or declare {' and '.join(differs)}"
    return Finding(service.name, "note", f"{text}; asked for {service.kind} {service.asked}".rstrip(), fix)
