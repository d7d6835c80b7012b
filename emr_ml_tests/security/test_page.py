"""The page on security names tests that exist, one at least for each of its claims."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from emr_ml.settings import ROOT

TESTS = ROOT / "emr_ml_tests"
PAGE = (ROOT / "docs" / "security.md").read_text()
KEPT = PAGE.split("## What is kept")[1].split("\n## ")[0]
CLAIMS = re.findall(r"^- (.*)$", KEPT, re.MULTILINE)
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")


@cache
def names_in(path: Path) -> frozenset[str]:
    found = ast.parse(path.read_text()).body
    return frozenset(each.name for each in found if isinstance(each, ast.FunctionDef))


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim[:40])
def test_a_claim_names_the_tests_that_hold_it(claim: str) -> None:
    named = NAMED.findall(claim)

    assert named
    for path, name in named:
        assert name.startswith("test_")
        assert name in names_in(TESTS / path), f"{path}::{name}"


def test_all_that_is_tested_here_is_on_the_page() -> None:
    here = {path.name for path in Path(__file__).parent.glob("test_*.py")} - {Path(__file__).name}

    assert {Path(path).name for path, _ in NAMED.findall(PAGE)} >= here
