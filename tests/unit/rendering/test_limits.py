"""What a platform can't do is an error of the declaration, before a file is written."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from pipelines import LOCK

from juncture.config import Config, parse
from juncture.errors import ConfigError
from juncture.rendering.pipeline import Layout
from juncture.rendering.render import render
from juncture.services import schemas

SEARCH = '[services.search]\nkind = "container"\nbuild = "search"\nports = [7700]\n'
MAIL = '[services.mail]\nkind = "container"\nimage = "axllent/mailpit:v1.20"\nports = [1025]\n'
SERVING = f"{MAIL}shared = true\ncommand = 'serve'\n"
DB = '[services.db]\nkind = "postgres"\n'
JOBS = ("github", "github-reusable", "gitlab", "gitlab-include", "gitlab-component", "kubernetes")
TWO_PYTHONS = 'shards = 2\n[ci]\ncontainer = "python:3.13-slim"\npython = ["3.12", "3.13"]'


def declare(text: str) -> Config:
    """Return the declaration that the text of ``[tool.juncture]`` makes."""
    return parse(tomllib.loads(text), root=Path("/project"), kinds=schemas(), project="shop")


TOO_MUCH = [
    ("github", 'shards = 200\n[ci]\npython = ["3.12", "3.13"]', "200 shards for each of 2 Pythons are 400 jobs"),
    ("gitlab", "shards = 201", "201 shards are 201 jobs, and `parallel` of GitLab has 200 at most"),
    ("github-reusable", 'shards = 86\n[ci]\npython = ["3.11", "3.12", "3.13"]', "a matrix of GitHub has 256 at most"),
    ("github", 'reports = "re:ports"', "re:ports is part of commands and of artifacts' paths"),
    ("gitlab", 'reports = "my reports"', "my reports is part of commands and of artifacts' paths"),
    ("github", 'reports = "build/.reports"', "GitHub's artifacts leave out hidden files, and build/.reports is hidden"),
    ("github", 'reports = "/tmp/reports"', "reports, and that is outside of the project"),
    ("gitlab", 'reports = "../out"', "../out, and that is outside of the project"),
    ("gitlab", SEARCH, "(it is built from search), and no engine answers in there"),
    ("github", f'{SEARCH}[ci]\ncontainer = "python:3.13-slim"', "it can't be a service container of a job with a `con"),
    ("kubernetes", f'shards = 2\n{SEARCH}[ci]\ncontainer = "python:3.13-slim"', "a service container of a pod"),
    ("gitlab", MAIL, "(each worker has one of its own, as it is not `shared`), and no engine answers in there"),
    ("github", f'{SERVING}[ci]\ncontainer = "python:3.13-slim"', "(it has a `command`, and a service of GitHub has"),
    ("kubernetes", "shards = 2", "a Job needs an image with the project, Nox and juncture in it"),
    ("kubernetes", '[ci]\ncontainer = "python:3.13-slim"', "they have one shard"),
    *(
        (platform, TWO_PYTHONS, "a job has one Python, that of its `container`, and 2 are declared")
        for platform in JOBS
    ),
    (
        "kubernetes",
        f'shards = 2\n{DB}[services.other]\nkind = "postgres"\n[ci]\ncontainer = "python:3.13-slim"',
        "the containers of a pod share their ports, and db, other all listen on 5432",
    ),
    *(
        (platform, f'[ci.jobs.{name}]\nrun = ["make"]', f"a job of GitLab can't have the name {name}")
        for platform, name in (
            *(("gitlab", each) for each in ("image", "services", "default", "stages", "variables", "cache", "include")),
            *(("gitlab", each) for each in ("workflow", "spec", "pages", "nil", "true", "null", "yes", "off", "n")),
            ("gitlab-include", "image"),
            ("gitlab-component", "pages"),
        )
    ),
    ("github", '[ci.jobs.true]\nrun = ["make"]', "a job of GitHub can't have the name true"),
    ("github-reusable", '[ci.jobs.null]\nrun = ["make"]', "a job of GitHub can't have the name null"),
    *(
        (platform, '[ci]\nbranches = ["release/*", "main"]', "the history is kept from one branch, and release/* is a")
        for platform in ("github", "github-reusable", "gitlab", "gitlab-include", "gitlab-component")
    ),
    ("compose", "", "no declared service is a container"),
    ("compose", MAIL, "no declared service is a container for all workers"),
    ("github", DB.replace("postgres", "valkey") + 'version = "7"', "no digest of the image valkey/valkey:7-alpine is"),
    ("gitlab", '[ci]\npython = ["3.10"]', "no digest of the image python:3.10-slim is known"),
]


@pytest.mark.parametrize(("platform", "text", "message"), TOO_MUCH)
def test_too_much_is_refused(platform: str, text: str, message: str) -> None:
    """The message says what is too much and for whom, and has a next step."""
    with pytest.raises(ConfigError) as raised:
        render(declare(text), LOCK, Layout(), [platform])
    assert message in raised.value.what
    assert raised.value.where.startswith("pyproject.toml: tool.juncture")
    assert raised.value.hint


@pytest.mark.parametrize("platform", JOBS)
def test_a_project_without_tests_has_no_jobs(platform: str) -> None:
    """A merge of nothing would be red, or no valid file at all."""
    with pytest.raises(ConfigError, match="neither unit nor integration tests"):
        render(declare("shards = 2"), LOCK, Layout(unit=False, integration=False), [platform])


@pytest.mark.parametrize(
    ("platform", "text"),
    [
        ("github", 'shards = 64\n[ci]\npython = ["3.11", "3.12", "3.13", "3.14"]'),  # 256, what a matrix has
        ("github", SERVING),  # by an engine in the job
        ("gitlab", SERVING),  # whose services have commands
        ("gitlab", 'shards = 100\n[ci]\npython = ["3.12", "3.13"]'),
        ("github", SEARCH),  # on a runner an engine answers
        ("github", '[ci.jobs.image]\nrun = ["make"]'),  # GitLab alone has a word of its own there
    ],
)
def test_as_much_as_there_is_room_for(platform: str, text: str) -> None:
    """The limit itself is allowed."""
    assert render(declare(text), LOCK, Layout(), [platform])


@pytest.mark.parametrize("platform", ["compose", "kubernetes"])
def test_a_folder_gives_no_name(platform: str) -> None:
    """What is rendered would differ from checkout to checkout; other platforms need no name."""
    table = tomllib.loads(f'shards = 2\n{DB}[ci]\ncontainer = "python:3.13-slim"')
    config = parse(table, root=Path("/checkout-1"), kinds=schemas(), project="checkout-1", named=False)
    with pytest.raises(ConfigError, match=rf"what {platform} makes .* no name of its own") as raised:
        render(config, LOCK, Layout(), [platform])
    assert raised.value.where == "pyproject.toml: project.name"
    assert raised.value.hint
    for file in render(config, LOCK, Layout(), [name for name in JOBS if name != "kubernetes"]):
        assert "checkout-1" not in file.text


def test_a_compose_file_is_not_rendered_over_itself() -> None:
    """Services that are read from the very file would be written over."""
    with pytest.raises(ConfigError, match=r"the services are read from docker-compose.test.yml"):
        render(declare(f'compose = "./docker-compose.test.yml"\n{DB}'), LOCK, Layout(), ["compose"])


def test_a_merge_needs_no_more_jobs_than_gitlab_counts() -> None:
    """Up to 50 jobs are named in `needs`; with more the stages alone decide, so that the pipeline can be created."""
    few, many = (render(declare(f"shards = {n}\n"), LOCK, Layout(), ["gitlab"])[0].text for n in (49, 50))
    assert "  needs:\n    - unit\n    - integration\n" in few
    assert "needs:\n    - unit" not in many
    (include,) = render(declare("shards = 50\n"), LOCK, Layout(), ["gitlab-include"])
    assert "  stage: .post\n" in include.text
