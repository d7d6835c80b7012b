"""Java's regular expressions, as Python reads them."""

import re

import pytest

from emr_ml.export.regular_expressions import python_pattern


@pytest.mark.parametrize(
    ("java", "text", "matches"),
    [
        (r"\p{L}+", "Straße漢", True),
        (r"\p{L}+", "a1", False),
        (r"[\p{L}\p{N}]+", "x½\u0663", True),
        (r"[^\p{L}]", "a", False),
        (r"\d+", "\u0661", False),
        (r"\w+", "é", False),
        (r"a.b", "a\u2028b", False),
        (r"a.b", "a\tb", True),
        (r"(?s)a.b", "a\nb", True),
        (r"(?s:a.)b.", "a\nb\n", False),
        (r"[.]x", ".x", True),
        (r"[]x]", "]", True),
        (r"\.", "x", False),
        (r"a\z", "a", True),
    ],
)
def test_it_matches_what_java_matches(java: str, text: str, *, matches: bool) -> None:
    assert bool(re.fullmatch(python_pattern(java), text, re.ASCII)) == matches


@pytest.mark.parametrize(("text", "found"), [("a\n", True), ("a\r\n", True), ("a\n\n", False)])
def test_the_end_is_before_a_last_line_break(text: str, *, found: bool) -> None:
    assert bool(re.search(python_pattern("a$"), text, re.ASCII)) == found
    assert bool(re.search(python_pattern(r"a\Z"), text, re.ASCII)) == found
