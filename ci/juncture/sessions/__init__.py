"""The Nox front end: two lines of a noxfile give a project its ``unit`` and ``integration`` sessions.

.. code-block:: python

    from juncture.sessions import register

    register()

The other names are for sessions of your own: what they need is installed and fetched as for juncture's.
"""

from __future__ import annotations

from juncture.sessions._environment import declaration, fetch_servers, install_once
from juncture.sessions._nox import register

__all__ = ["declaration", "fetch_servers", "install_once", "register"]
