"""What of the same declaration each platform starts, in its own words."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import yaml
from pipelines import LOCK

from juncture.config import parse
from juncture.rendering.pipeline import Layout
from juncture.rendering.render import render
from juncture.services import schemas

STORE = """
[services.store]
kind = "container"
image = "axllent/mailpit:v1.20"
ports = [9000]
shared = true
"""


ODD = r"""
[services.store.env]
URL = "{store.url} http://{store.host}:{store.port_9000}"
BRACES = "{{x}}"
DOLLARS = "$5 $$ ${{HOME}} $(id)"
EXPRESSION = "${{{{ github.token }}}}"
MINUS = "-1"
RATE = "-1.50"
"""
MEANT = {
    "URL": "http://store:9000 http://store:9000",
    "BRACES": "{x}",
    "DOLLARS": "$5 $$ ${HOME} $(id)",
    "EXPRESSION": "${{ github.token }}",
    "MINUS": "-1",
    "RATE": "-1.50",
}


def job_of(platform: str, text: str) -> Any:
    """Return the integration job that a platform has for the text of ``[tool.juncture]``; for compose, the file."""
    config = parse(tomllib.loads(text), root=Path("/project"), kinds=schemas(), project="shop")
    (file,) = render(config, LOCK, Layout(), [platform])
    document = list(yaml.safe_load_all(file.text))[-1]
    jobs = {"github": document.get("jobs"), "gitlab": document}.get(platform)
    return jobs["integration"] if jobs else document


def with_variables(text: str) -> str:
    """Return what compose, GitLab and Kubernetes make of a text; a variable in it is told by its place."""
    return re.sub(r"\$(.?)", lambda found: "$" if found[1] == "$" else f"<{found[0]} is a variable>", text)


def with_expressions(text: str) -> str:
    """Return what GitHub makes of a text whose expressions are literals."""
    return re.sub(r"\$\{\{ *'(.*?)' *\}\}", r"\1", text)


def test_a_command_reaches_every_platform_that_has_commands() -> None:
    """On GitHub, where services have none, juncture starts the container in the job, of the pinned image."""
    text = f"{STORE}command = 'serve \"a b\"'\n"
    assert job_of("gitlab", text)["services"][0]["command"] == ["serve", "a b"]
    assert job_of("compose", text)["services"]["store"]["command"] == ["serve", "a b"]
    job = job_of("github", text)
    assert "services" not in job
    (test,) = [step for step in job["steps"] if step["name"] == "Test"]
    assert test["env"]["JUNCTURE_STORE_IMAGE"].startswith("axllent/mailpit:v1.20@sha256:")


def test_variables_of_a_service_are_what_the_declaration_means() -> None:
    """Its own fields are filled, braces are single, and no platform finds a variable or an expression of its own."""
    text = f"{STORE}{ODD}"
    on_github = job_of("github", text)["services"]["store"]["env"]
    assert {name: with_expressions(value) for name, value in on_github.items()} == MEANT
    pod = job_of("kubernetes", f'shards = 2\n{text}[ci]\ncontainer = "python:3.13-slim"\n')["spec"]["template"]["spec"]
    assert pod["hostAliases"] == [{"ip": "127.0.0.1", "hostnames": ["store"]}]
    for variables in (
        job_of("gitlab", text)["services"][0]["variables"],
        job_of("compose", text)["services"]["store"]["environment"],
        {each["name"]: each["value"] for each in pod["initContainers"][0]["env"]},
    ):
        assert {name: with_variables(value) for name, value in variables.items()} == MEANT


def test_commands_of_a_service_are_what_the_declaration_means() -> None:
    """Compose and Kubernetes fill variables in a command, and compose in a health check; GitLab in neither."""
    text = f"""{STORE}command = "serve {{port}} '$HOME {{{{}}}}'"\nready = {{ command = "test $HOME" }}\n"""
    words = ["serve", "9000", "$HOME {}"]
    assert job_of("gitlab", text)["services"][0]["command"] == words
    pod = job_of("kubernetes", f'shards = 2\n{text}[ci]\ncontainer = "python:3.13-slim"\n')["spec"]["template"]["spec"]
    (container,) = pod["initContainers"]
    assert list(map(with_variables, container["args"])) == words
    assert container["startupProbe"]["exec"]["command"] == ["sh", "-c", "test $HOME"]
    store = job_of("compose", text)["services"]["store"]
    assert list(map(with_variables, store["command"])) == words
    assert list(map(with_variables, store["healthcheck"]["test"])) == ["CMD-SHELL", "test $HOME"]
