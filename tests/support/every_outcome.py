"""A small suite in which a test comes to every outcome that pytest knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["TESTS", "write_every_outcome"]

TESTS = 70
"""How many tests the suite has at least; fewer would mean that a file is not collected."""

SOURCES = {
    "conftest.py": """
import pytest

@pytest.fixture(scope="session")
def costly():
    yield "costly"

@pytest.fixture
def bad_setup():
    raise ValueError("setup <&> broke")

@pytest.fixture
def bad_teardown():
    yield
    raise ValueError("teardown broke")

@pytest.fixture
def skipping():
    pytest.skip("the fixture <skips>")

@pytest.fixture
def skipping_at_the_end():
    yield
    pytest.skip("too late")
""",
    "test_plain.py": """
import sys
import pytest

def test_passes(costly): pass

def test_fails(): assert {"a": [1, 2]} == {"a": [1, 3]}, "not <equal> & more"

def test_raises(): raise RuntimeError("one\\ntwo\\nthree")

def test_long_message(): raise RuntimeError("x" * 600)

def test_long_lines(): raise RuntimeError("\\n".join(["y" * 99] * 9))

def test_chained():
    try:
        {}["key"]
    except KeyError as error:
        raise RuntimeError("second") from error

def test_group(): raise ExceptionGroup("several", [ValueError("one"), TypeError("two")])

def test_recursion():
    def again(): again()
    again()

def test_without_a_reason(): pytest.fail()

def test_without_a_traceback(): pytest.fail("no trace\\x00 \\x7f", pytrace=False)

def test_exits(): sys.exit("left")

def test_bad_setup(bad_setup): pass

def test_bad_teardown(bad_teardown): pass

def test_fails_and_bad_teardown(bad_teardown): assert False, "the call"

def test_bad_setup_and_teardown(bad_teardown, bad_setup): pass

def test_missing_fixture(nowhere): pass

def test_prints():
    print("<out> \\x1b[31m")
    print("err", file=sys.stderr)

def test_prints_and_fails():
    print("out of the failure")
    assert False

def test_prints_and_bad_teardown(bad_teardown): print("before the teardown")
""",
    "test_skips.py": """
import unittest
import pytest

@pytest.mark.skip
def test_mark(): pass

@pytest.mark.skip(reason="a <reason> & more")
def test_mark_with_reason(): pass

@pytest.mark.skipif("1 < 2", reason="always")
def test_condition(): pass

def test_inside():
    print("before the skip")
    pytest.skip("inside")

def test_by_unittest(): raise unittest.SkipTest("of unittest")

def test_import(): pytest.importorskip("nowhere_to_be_found")

def test_fixture(skipping): pass

def test_teardown(skipping_at_the_end): pass

def test_fails_and_skips(skipping_at_the_end): assert False

def test_skip_and_bad_teardown(bad_teardown): pytest.skip("and then")
""",
    "test_module_skipped.py": "import pytest\npytest.skip('the whole module', allow_module_level=True)\n",
    "test_xfails.py": """
import pytest

@pytest.mark.xfail
def test_plain(): assert False

@pytest.mark.xfail(reason="known <bug>")
def test_reason(): assert False

@pytest.mark.xfail(raises=KeyError)
def test_other_error(): assert False

@pytest.mark.xfail(run=False, reason="crashes")
def test_not_run(): assert False

@pytest.mark.xfail(reason="late")
def test_xpass(): pass

@pytest.mark.xfail(reason="mended", strict=True)
def test_strict_xpass(): pass

@pytest.mark.xfail(reason="setup")
def test_setup(bad_setup): pass

@pytest.mark.xfail(reason="teardown")
def test_teardown(bad_teardown): pass

def test_inside(): pytest.xfail("given up")
""",
    "test_parameters.py": """
import pytest

ODD = ["<&>\\"'", "a::b", "a[b]", "]", "[", "ünï 店 🎉", "\\x07\\x1b\\x7f", "tab\\tline\\nend", "]]>", "", " "]

@pytest.mark.parametrize("text", ODD)
def test_odd(text): assert text != "ünï 店 🎉"

class TestIn:
    @pytest.mark.parametrize("one", ["x.y", "p/q.py"])
    @pytest.mark.parametrize("two", [None, 1.5])
    def test_both(self, one, two): assert two

    class TestNested:
        def test_deep(self): pass
        def test_deep_fails(self): assert 0

class TestOther:
    def test_deep(self): pass

class TestBase:
    def test_inherited(self): pass

class TestChild(TestBase):
    pass
""",
    "test_properties.py": """
def test_record(record_property):
    record_property("key", "<value>")
    record_property("key", 2)

def test_record_twice(record_property, bad_teardown):
    record_property("number", 1)
    assert False

def test_attribute(record_xml_attribute):
    record_xml_attribute("classname", "my.own")
    record_xml_attribute("assertions", 3)

def test_suite(record_testsuite_property):
    record_testsuite_property("ARCH", "<PPC>")
""",
    "test_subtests.py": """
import unittest
import pytest

def test_pass(subtests):
    for number in range(3):
        with subtests.test(number=number): pass

def test_some_fail(subtests):
    for number in range(4):
        with subtests.test("odd <ones>", number=number): assert number % 2

def test_fail_itself(subtests):
    with subtests.test(): assert False, "inner"
    assert False, "outer"

def test_skip(subtests):
    with subtests.test("here"): pytest.skip("one of them")
    with subtests.test("there"): pytest.xfail("known")

def test_fail_and_bad_teardown(subtests, bad_teardown):
    with subtests.test("first"): assert False

class TestUnit(unittest.TestCase):
    def test_subs(self):
        for number in range(3):
            with self.subTest(number=number): self.assertEqual(number % 2, 0)
""",
    "test_unittest.py": """
import unittest

class TestCase(unittest.TestCase):
    def setUp(self): print("set up")
    def tearDown(self): print("tear down")
    def test_passes(self): pass
    def test_fails(self): self.assertEqual(1, 2)
    def test_raises(self): raise ValueError("x")
    @unittest.skip("why not")
    def test_skipped(self): pass
    @unittest.expectedFailure
    def test_expected(self): self.fail("as expected")
    @unittest.expectedFailure
    def test_unexpected(self): pass

class TestBroken(unittest.TestCase):
    @classmethod
    def setUpClass(cls): raise OSError("no class")
    def test_one(self): pass
    def test_two(self): pass
""",
    "test_documents.txt": ">>> 1 + 1\n2\n>>> 1 + 1\n3\n",
    "test_documented.py": 'def three():\n    """Give three.\n\n    >>> three()\n    3\n    """\n    return 3\n',
    "test_broken_import.py": "import nowhere_to_be_found\n",
    "test_broken_syntax.py": "def test_never(:\n",
}


def write_every_outcome(folder: Path, *, settings: str = "") -> None:
    """Write the suite into a folder with a project that declares no service; ``settings`` are further ones of pytest.

    Not all of it can be collected: pytest needs ``--continue-on-collection-errors``.
    """
    for name, text in SOURCES.items():
        (folder / "tests").mkdir(exist_ok=True)
        (folder / "tests" / name).write_text(text, encoding="utf-8")
    (folder / "pyproject.toml").write_text(
        '[project]\nname = "every-outcome"\nversion = "1"\n[tool.juncture]\n[tool.pytest.ini_options]\n'
        'addopts = ["--continue-on-collection-errors"]\n'
        f"disable_test_id_escaping_and_forfeit_all_rights_to_community_support = true\n{settings}",
        encoding="utf-8",
    )
