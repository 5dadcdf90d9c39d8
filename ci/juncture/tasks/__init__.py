"""Invoke front end: the collection behind ``inv`` and the ``juncture`` program.

A user's tasks.py is ``from juncture.tasks import namespace`` and whatever tasks the project has itself.
"""

from __future__ import annotations

from invoke.collection import Collection

from juncture.tasks import _ci, _configuration, _database, _doctor, _history, _junit, _merge, _plan, _run, _services

__all__ = ["namespace"]

namespace = Collection(
    _run.run,
    _plan.plan,
    _merge.seal,
    _merge.merge,
    _doctor.doctor,
    services=Collection(
        up=_services.up,
        down=_services.down,
        status=_services.status,
        logs=_services.logs,
        env=_services.env,
        prune=_services.prune,
    ),
    db=Collection(
        migrate=_database.migrate,
        seed=_database.seed,
        reset=_database.reset,
        shell=_database.shell,
    ),
    history=Collection(_history.show, _history.import_, _history.prune),
    junit=Collection(merge=_junit.merge),
    ci=Collection(render=_ci.render, lock=_ci.lock),
    config=Collection(show=_run.show, schema=_configuration.print_schema),
)
"""Every task of juncture; ``inv --list`` shows them under the names that ``juncture --help`` shows."""
