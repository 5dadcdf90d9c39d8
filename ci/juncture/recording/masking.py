"""Secrets, and texts without them: what is recorded, or shown of a service's log, is read by more people than may know.

A secret is what the workspace's endpoints, the declared variables and the run's environment say is one. Node ids are
left as they are, because everything else refers to tests by them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from juncture.isolation.workspace import Workspace
    from juncture.model import Endpoint

__all__ = ["MASK", "SHORTEST", "Secrets", "masked", "secrets_in", "secrets_of"]

MASK = "***"

SHORTEST = 6
"""Characters from which on a secret is masked wherever it is; a shorter one is where it stands as a word of its own."""

TELLING = (
    r"(?i)TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|PRIVATE_?KEY|API_?KEY|ACCESS_?KEY"
    r"|(?:^|_)(?:PASS|PAT)$|_PWD$"  # PWD and OLDPWD are folders
)
"""What the name of a variable has in it whose value is a secret."""

USERINFO = r"(://[^\s/?#:@]*:)([^\s/?#@]+)@"
"""The password in a URL, between what is before it and the @."""


class Secrets:
    """The secrets of one process's run; nothing is looked for until a text is to be masked."""

    def __init__(self, workspace: Workspace) -> None:
        """Know what the environment said when the workspace was reserved, and what its endpoints say by then."""
        self._workspace = workspace
        self._given: frozenset[str] | None = None

    def masked(self, text: str) -> str:
        """Return the text without them, and without the password of any URL."""
        workspace = self._workspace
        if self._given is None:
            self._given = frozenset(secrets_in(workspace.environ))
        known = set(self._given)
        if workspace.namespaces:
            servers = (server.endpoint for server in workspace.servers.values())
            known.update(secrets_of([*workspace.endpoints.values(), *servers]))
            known.update(secrets_in(workspace.environment))
        return masked(text, known)


def secrets_of(endpoints: Sequence[Endpoint]) -> set[str]:
    """Return all passwords, and the telling parameters of URLs."""
    parameters = "&".join(endpoint.parameters for endpoint in endpoints).split("&")
    pairs = (pair.partition("=") for pair in parameters)
    found = {unquote(value) for name, _, value in pairs if re.search(TELLING, name)}
    return found.union(endpoint.password for endpoint in endpoints) - {""}


def secrets_in(variables: Mapping[str, str]) -> Iterator[str]:
    """Give the values of variables with telling names, their lines too, and the passwords of URLs in all others."""
    for name, value in variables.items():
        if re.search(TELLING, name):
            found = [value, *value.splitlines()]
        elif "://" in value:
            found = [unquote(match[2]) for match in re.finditer(USERINFO, value)]
        else:
            continue
        yield from (secret for each in found if len(secret := each.strip()) >= SHORTEST)


def masked(text: str, secrets: Iterable[str]) -> str:
    """Return the text without secrets, as they are and as URLs and ``repr`` have them, nor passwords of any URL."""
    text = re.sub(USERINFO, rf"\1{MASK}@", text)
    forms = {form for secret in secrets for form in (secret, quote(secret, safe=""), repr(secret)[1:-1])}
    for form in sorted(forms, key=len, reverse=True):  # one may be the beginning of another one
        if len(form) < SHORTEST:
            text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", MASK, text)
        else:
            text = text.replace(form, MASK)
    return text
