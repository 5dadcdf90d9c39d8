"""Pytest's fixtures by which tests tell more of themselves, recorded too.

Pytest's own do nothing without ``--junit-xml``, nor in an xdist worker (pytest-dev/pytest#7767). What
``record_property`` is told needs none of this: it is in the reports.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from juncture.recording.journal import Journal

__all__ = ["told_by_tests"]


def told_by_tests(journal: Journal, bare: Callable[[str], str], keep: Callable[[str], str]) -> ModuleType:
    """Return a plugin module with fixtures around pytest's own of the same names, that write into ``journal``.

    ``bare`` gives a node id as the journal has it, ``keep`` what may be kept of a text.
    """

    @pytest.fixture
    def record_xml_attribute(
        record_xml_attribute: Callable[[str, object], None], request: pytest.FixtureRequest
    ) -> Callable[[str, object], None]:
        """Add an XML attribute to the test's case: ``record_xml_attribute(name, value)``."""

        def record(name: str, value: object) -> None:
            record_xml_attribute(name, value)
            journal.write("attribute", test=bare(request.node.nodeid), name=str(name), value=keep(str(value)))

        return record

    @pytest.fixture(scope="session")
    def record_testsuite_property(
        record_testsuite_property: Callable[[str, object], None],
    ) -> Callable[[str, object], None]:
        """Add a property to the whole suite: ``record_testsuite_property(name, value)``."""

        def record(name: str, value: object) -> None:
            __tracebackhide__ = True
            record_testsuite_property(name, value)
            journal.write("property", name=name, value=keep(str(value)))

        return record

    module = ModuleType("juncture_told", "What tests tell of themselves.")
    vars(module).update(record_xml_attribute=record_xml_attribute, record_testsuite_property=record_testsuite_property)
    return module
