"""``python -m juncture`` and the ``juncture`` command."""

from __future__ import annotations

import sys

from juncture import __version__

__all__ = ["main"]

_TITLE = "integration tests with real services, the same on a laptop and in CI"


def main() -> None:
    """Run the command line and exit."""
    if sys.argv[1:] in (["--version"], ["-V"]):
        sys.stdout.write(f"juncture {__version__}\n")
        return
    # Invoke takes longer to import than everything else here.
    from juncture.program import Program  # noqa: PLC0415
    from juncture.tasks import namespace  # noqa: PLC0415

    Program(namespace, version=__version__, title=_TITLE).run()


if __name__ == "__main__":
    main()
