"""Each guarantee in docs/security.md names at least one test, and every named test exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from emr_ml.project import ROOT

TESTS = ROOT / "emr_ml_tests"
PAGE = (ROOT / "docs" / "security.md").read_text()
SECTION = PAGE.split("## What is guaranteed")[1].split("\n## ")[0]
GUARANTEES = re.findall(r"^- (.*)$", SECTION, re.MULTILINE)
TEST_REFERENCE = re.compile(r"`([\w/]+\.py)::(\w+)`")


@cache
def functions_in(path: Path) -> frozenset[str]:
    statements = ast.parse(path.read_text()).body
    return frozenset(each.name for each in statements if isinstance(each, ast.FunctionDef))


@pytest.mark.parametrize("guarantee", GUARANTEES, ids=lambda guarantee: guarantee[:40])
def test_a_guarantee_names_existing_tests(guarantee: str) -> None:
    references = TEST_REFERENCE.findall(guarantee)

    assert references
    for path, name in references:
        assert name.startswith("test_")
        assert name in functions_in(TESTS / path), f"{path}::{name}"


def test_every_security_test_module_is_named_on_the_page() -> None:
    modules = {path.name for path in Path(__file__).parent.glob("test_*.py")}

    named = {Path(path).name for path, _ in TEST_REFERENCE.findall(PAGE)}
    assert named >= modules - {Path(__file__).name}
