"""RabbitMQ as a local process: a node of its own, with an Erlang port mapper of its own, reachable from here alone."""

from __future__ import annotations

import hashlib
import re
import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from juncture.errors import StartError
from juncture.services.data_folder import write_private
from juncture.services.kinds import Embedded

if TYPE_CHECKING:
    from juncture.model import Endpoint
    from juncture.services.kinds import Setup

__all__ = ["EMBEDDED", "MANAGEMENT", "USER", "command", "prepare", "version"]

USER = "juncture"

MANAGEMENT, MAPPER, DISTRIBUTION = 15672, 4369, 25672
"""Ports, by their usual numbers: of the management API, of Erlang's port mapper, and between nodes."""

SETTINGS = {
    "loopback_users": "none",
    "log.console": "true",
    "log.console.use_colors": "off",
    "log.file": "false",
    "disk_free_limit.absolute": "16MB",
}

SCRIPT = r"""
cd "$1"; program=$2
export HOME="$1" ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT="$3" RABBITMQ_DIST_PORT="$4"
export PATH="$5:$PATH" RABBITMQ_NODENAME=juncture@localhost RABBITMQ_ALLOW_INPUT=1
export RABBITMQ_CONF_ENV_FILE="$1/env.conf" RABBITMQ_CONFIG_FILE="$1/server.conf"
export RABBITMQ_ADVANCED_CONFIG_FILE="$1/advanced.config" RABBITMQ_ENABLED_PLUGINS_FILE="$1/plugins"
export RABBITMQ_MNESIA_BASE="$1/data" RABBITMQ_LOG_BASE="$1/log" RABBITMQ_GENERATED_CONFIG_DIR="$1/generated"
export RABBITMQ_PID_FILE="$1/pid"
arguments='-noinput +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}'
export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="$arguments"
rm -f alive && mkfifo -m 600 alive
(epmd </dev/null & mapper=$!; cat <alive; kill $mapper; wait $mapper) &
exec >alive 2>&1
until epmd -names >/dev/null 2>&1; do sleep 0.02; done
exec "$program"
"""
"""Starts a port mapper that ends with the server, then becomes the server.

Erlang starts a mapper for the whole machine where it finds none, and leaves it running; with one at a port of its own,
two servers never meet. All that is written goes through a pipe, whose end is seen however the server ends. Its threads
sleep instead of waiting for work in a loop, and without RABBITMQ_ALLOW_INPUT a shell would stay between.
"""


def version(program: Path) -> str:
    """Return the version of a server's program: asked for it, it would start. Empty where that is no such program."""
    plugins = program.resolve().parent.parent / "plugins"
    found = [match[1] for path in plugins.glob("rabbit-*") if (match := re.match(r"rabbit-(\d+(\.\d+)+)", path.name))]
    return found[0] if found else ""


def prepare(setup: Setup) -> None:
    """Write the configuration, password included, and the cookie of its node where only the server's user can read."""
    management = dict(setup.ports)[MANAGEMENT]
    settings = SETTINGS | {
        "listeners.tcp.local": f"{setup.host}:{setup.port}",
        "management.tcp.ip": setup.host,
        "management.tcp.port": str(management),
        "default_user": USER,
        "default_pass": setup.password,
        "default_user_tags.administrator": "true",
    }
    cookie = hashlib.sha256(f"erlang {setup.password}".encode()).hexdigest()
    texts = {
        "server.conf": "".join(f"{name} = {value}\n" for name, value in settings.items()),
        "plugins": "[rabbitmq_management].\n",
        "env.conf": "",  # in place of the machine's
        ".erlang.cookie": cookie,
    }
    write_private(setup, texts)


def command(setup: Setup) -> tuple[str, ...]:
    """Return the arguments of a shell that becomes the server."""
    ports = dict(setup.ports)
    erlang = Path(shutil.which("erl") or "/usr/bin/erl").resolve().parent
    found = shutil.which("epmd")
    mapper = Path(found).parent if found else erlang
    words = (str(setup.data), str(setup.program), str(ports[MAPPER]), str(ports[DISTRIBUTION]), f"{mapper}:{erlang}")
    return ("/bin/sh", "-c", SCRIPT, "rabbitmq", *words)


def verify(endpoint: Endpoint) -> None:
    """Check nothing: a server that answered its probe has our user, and our password."""
    if not endpoint.ports:
        raise StartError("nothing says where its management API is", where=f"service {endpoint.service}")


EMBEDDED = Embedded(
    wheel=None,
    programs=("rabbitmq-server",),
    folders=("/usr/lib/rabbitmq/lib/rabbitmq_server-{major}.*/sbin",),
    version=version,
    ports=(MAPPER, DISTRIBUTION),
    sharing="host",
    unprivileged=True,
    stop_signal=signal.SIGTERM,
    crash_signal=signal.SIGKILL,
    settings=SETTINGS,
    prepare=prepare,
    command=command,
    verify=verify,
)
