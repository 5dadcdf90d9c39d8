"""The jobs of a project as values, the same for every platform: what a template then says in the platform's words."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import juncture
from juncture.errors import ConfigError
from juncture.provisioning.outside import variable
from juncture.rendering.containers import Container, as_container, reference_of, why_engine
from juncture.rendering.files import head
from juncture.rendering.lock import pinned
from juncture.services import kind as kind_of
from juncture.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from juncture.config import Config, Service
    from juncture.config.ci import Ci
    from juncture.rendering.lock import Lock

__all__ = ["Inside", "Layout", "Pipeline", "images_of", "pipeline_of"]


class Layout(Value, kw_only=True):
    """Where a project is in its repository, by relative paths with ``/``, empty for the repository's own folder.

    ``project`` is the folder of the declaration and ``nox`` that of the noxfile. ``unit`` and ``integration`` tell
    whether the project has such tests.
    """

    project: str = ""
    nox: str = ""
    unit: bool = True
    integration: bool = True


class Inside(Value):
    """A service that juncture starts in the job itself.

    ``image`` is pinned, empty where it is no container. ``needs_engine`` tells why it can be nothing but a container;
    empty where it can. ``program`` is then what has to be on the PATH, empty where a wheel has it.
    """

    name: str
    kind: str
    image: str = ""
    needs_engine: str = ""
    program: str = ""


class Pipeline(Value, kw_only=True):
    """All that templates are filled with.

    ``project`` is the project's name; empty where it has none, as its folder's may differ from checkout to checkout.
    ``reports`` is the folder of results as the repository sees it, ``own_reports`` as the project's sessions do.
    ``keeps_history`` tells that the times of earlier runs are handed from run to run by the platform, as no file of
    the repository has them. ``job_image`` is the pinned image that GitHub's jobs run in where they run in one,
    ``python_images`` those for each Python on platforms where every job runs in one; ``compares`` tells that the merge
    looks at the lines that changed, ``keeps_baseline`` that it compares with what the main branch covered, which the
    platform hands from run to run. ``compose`` is the file that services were read from. ``header`` is what a
    file begins with; ``checked`` tells that its jobs compare it with the declaration.
    """

    project: str
    layout: Layout
    shards: int
    pythons: tuple[str, ...]
    containers: tuple[Container, ...]
    inside: tuple[Inside, ...]
    keeps_history: bool
    reports: str
    own_reports: str
    job_image: str
    python_images: Mapping[str, str]
    compares: bool
    keeps_baseline: bool
    compose: str
    ci: Ci
    header: str
    checked: bool = True

    @property
    def nox(self) -> str:
        """The words that start Nox."""
        return f"nox -f {self.layout.nox}/noxfile.py" if self.layout.nox else "nox"

    @property
    def matrix(self) -> bool:
        """Whether there are several Pythons, each with suites of its own."""
        return len(self.pythons) > 1

    @property
    def plans(self) -> bool:
        """Whether a job divides the tests for others."""
        return self.layout.integration and self.shards > 1

    @property
    def checking(self) -> str:
        """The job that compares the rendered files with the declaration; empty for none."""
        if not self.checked:
            return ""
        return "unit" if self.layout.unit else "plan" if self.plans else "integration"

    @property
    def root_option(self) -> str:
        """The option that names the project's folder to juncture, with a blank before it, where it needs to be said."""
        return f" --root {self.layout.project}" if self.layout.project else ""

    @property
    def install(self) -> tuple[str, ...]:
        """The commands that bring Nox and juncture, with what reads the declaration: a compose file is YAML."""
        extras = "ci,compose" if self.compose else "ci"
        return self.ci.install or (f"python -m pip install 'juncture[{extras}]=={juncture.__version__}'",)

    @property
    def suites(self) -> tuple[tuple[str, int, str], ...]:
        """Every suite that a merge expects: its name, the number of its shards, and the job that runs it."""
        kinds = [("unit", 1)] * self.layout.unit + [("integration", self.shards)] * self.layout.integration
        ends = [f"-{python}" for python in self.pythons] if self.matrix else [""]
        return tuple((f"{name}{end}", number, name) for name, number in kinds for end in ends)

    @property
    def told_of_inside(self) -> str:
        """The sentences of a comment on the services that juncture starts in a job without an engine."""
        names = ", ".join(each.name for each in self.inside)
        programs = ", ".join(sorted({each.program for each in self.inside if each.program}))
        looks = f" It looks for {programs} on the PATH." if programs else ""
        return f"juncture starts these in the job itself: {names}.{looks}"

    def without_commands(self, why: str) -> Pipeline:
        """Return the jobs of a platform whose services have no command; ``why`` tells that of those that need one."""
        moved = [Inside(each.name, "container", each.image, why) for each in self.containers if each.needs_command]
        return replace(
            self,
            containers=tuple(each for each in self.containers if not each.needs_command),
            inside=tuple(sorted([*self.inside, *moved], key=lambda each: each.name)),
        )

    def endpoint(self, container: Container, *, by_name: bool) -> tuple[tuple[str, str], ...]:
        """Return the variables that tell tests where a container is: by its name in a network, else on this host."""
        name = container.name
        first, *others = container.ports
        places = [("HOST", name)] if by_name else []
        places.append(("PORT", str(first if by_name else self.outside(container, first))))
        places += [(f"PORT_{port}", str(port if by_name else self.outside(container, port))) for port in others]
        parts = (*places, *container.variables, ("DISPOSABLE", "true"))
        return tuple((variable(name, part), value) for part, value in parts)

    def outside(self, container: Container, port: int) -> int:
        """Return the host's port for one inside of a container: the same number, or the next one that is free."""
        taken: set[int] = set()
        for each in self.containers:
            for inside in each.ports:
                number = inside
                while number in taken:
                    number += 1
                taken.add(number)
                if (each.name, inside) == (container.name, port):
                    return number
        raise KeyError(container.name, port)


def pipeline_of(config: Config, lock: Lock, layout: Layout) -> Pipeline:
    """Return the jobs of a declaration, whose tables may have any order.

    Raise `ConfigError` where an image has no digest, or a path is of no use.
    """
    if posixpath.isabs(config.reports) or config.reports.split("/")[0] == "..":
        raise ConfigError(
            f"jobs hand on what is in {config.reports}, and that is outside of the project",
            where="pyproject.toml: tool.juncture.reports",
            hint="name a folder relative to the project",
        )
    job_image = _job_image(config, lock)
    containers, inside = [], []
    for service in sorted(config.services, key=lambda each: each.name) if layout.integration else ():
        image = _pinned(service, lock)
        container = as_container(service, image) if image or service.build else None
        if container:
            containers.append(container)
        else:
            inside.append(Inside(service.name, service.kind, image, why_engine(service), _program(service)))
    return Pipeline(
        project=config.project if config.named else "",
        layout=layout,
        shards=config.shards,
        pythons=config.ci.python,
        containers=tuple(containers),
        inside=tuple(inside),
        keeps_history=not config.history,
        reports=posixpath.normpath(posixpath.join(layout.project, config.reports)),
        own_reports=config.reports,
        job_image=job_image,
        python_images=MappingProxyType(
            {python: job_image or python_image(python, lock) for python in config.ci.python}
        ),
        compares=config.gates.changed is not None,
        keeps_baseline=config.gates.drop is not None,
        compose=config.compose,
        ci=_in_order(config.ci),
        header=head(posixpath.join(layout.project, "pyproject.toml")),
    )


def _in_order(ci: Ci) -> Ci:
    jobs = tuple(sorted(ci.jobs, key=lambda job: job.name))
    return replace(ci, env=tuple(sorted(ci.env)), permissions=tuple(sorted(ci.permissions)), jobs=jobs)


def images_of(config: Config) -> tuple[str, ...]:
    """Return the references of all images that rendered jobs may name and that the declaration does not pin, sorted."""
    references = {reference_of(service) for service in config.services if not service.build}
    references |= {config.ci.container} if config.ci.container else {f"python:{each}-slim" for each in config.ci.python}
    return tuple(sorted(each for each in references if each and "@" not in each))


def _program(service: Service) -> str:
    """Return what juncture looks for on the PATH to start a service without an engine; empty where a wheel has it."""
    embedded = kind_of(service.kind).embedded
    return embedded.programs[0] if embedded and not embedded.wheel else ""


def _job_image(config: Config, lock: Lock) -> str:
    where = "pyproject.toml: tool.juncture.ci.container"
    return pinned(config.ci.container, lock, where=where) if config.ci.container else ""


def python_image(python: str, lock: Lock) -> str:
    """Return the pinned image for a version of Python."""
    return pinned(f"python:{python}-slim", lock, where="pyproject.toml: tool.juncture.ci.python")


def _pinned(service: Service, lock: Lock) -> str:
    reference = "" if service.build else reference_of(service)
    named = f"tool.juncture.services.{service.name}"
    return pinned(reference, lock, where=f"pyproject.toml: {named}") if reference else ""
