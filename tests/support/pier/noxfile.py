"""`nox -s unit` and `nox -s integration`; what stands after `--` goes to pytest."""

from juncture.sessions import register

register()
